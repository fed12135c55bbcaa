using System.Net.Sockets;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>What the machine offers the tests. A missing requirement is a sentence that says what to install or set.</summary>
public static class TestMachine
{
    private static readonly Lazy<bool> LazyDocker = new(DockerAnswers);

    /// <summary>With <c>CI=true</c> a missing requirement fails the tests instead of skipping them.</summary>
    public static bool IsCi => Environment.GetEnvironmentVariable("CI") is "true" or "1";

    /// <summary>The directory of the solution.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The build configuration of this assembly, which is that of the projects it references.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Connection string of a Postgres to test on, instead of a private one. Its user may create databases.</summary>
    public static string? TestPostgres => Setting("TEST_POSTGRES");

    /// <summary>StackExchange.Redis configuration of a Redis to test on, instead of a private one. Databases 1 to 15 are flushed.</summary>
    public static string? TestRedis => Setting("TEST_REDIS");

    /// <summary>
    /// A directory with <c>ApiService</c> and <c>Worker</c>, as <c>dotnet publish</c> leaves them: tests start these processes, and
    /// not those of the build. What is shipped has lost all of the framework that seems not to be reached (docs/decisions/0020).
    /// </summary>
    public static string? TestProcesses => Setting("TEST_PROCESSES") is { } directory ? Path.GetFullPath(directory, RepositoryRoot) : null;

    /// <summary>The directory of <c>postgres</c> and <c>initdb</c>: on PATH, or the newest of Debian's versioned directories.</summary>
    public static string? PostgresDirectory
    {
        get
        {
            if (FindOnPath("postgres") is { } postgres && FindOnPath("initdb") is { } initdb
                && Path.GetDirectoryName(postgres) == Path.GetDirectoryName(initdb))
            {
                return Path.GetDirectoryName(postgres);
            }

            return !Directory.Exists("/usr/lib/postgresql")
                ? null
                : Directory.GetDirectories("/usr/lib/postgresql")
                    .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
                    .Select(version => Path.Combine(version, "bin"))
                    .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "postgres")) && File.Exists(Path.Combine(bin, "initdb")));
        }
    }

    public static string? RedisServerPath => FindOnPath("redis-server");

    public static string? ChromiumPath =>
        Setting("CHROMIUM_PATH") is { } configured
            ? File.Exists(configured) ? configured : null
            : FindOnPath("chromium") ?? FindOnPath("chromium-browser") ?? FindOnPath("google-chrome");

    public static bool HasDocker => LazyDocker.Value;

    /// <param name="ownServer">The test stops and restarts the server: <c>TEST_POSTGRES</c> does not do.</param>
    /// <returns>What is missing, or null.</returns>
    public static string? MissingPostgres(bool ownServer = false) =>
        (!ownServer && TestPostgres is not null) || PostgresDirectory is not null || HasDocker
            ? null
            : "needs Postgres: install the package postgresql" + (ownServer ? "" : ", set TEST_POSTGRES,") + " or start Docker";

    /// <inheritdoc cref="MissingPostgres"/>
    public static string? MissingRedis(bool ownServer = false) =>
        (!ownServer && TestRedis is not null) || RedisServerPath is not null || HasDocker
            ? null
            : "needs Redis: install the package redis-server" + (ownServer ? "" : ", set TEST_REDIS,") + " or start Docker";

    public static string? MissingBrowser() =>
        ChromiumPath is not null ? null : "needs Chromium: install the package chromium or set CHROMIUM_PATH to an executable";

    public static string? MissingNpm() =>
        FindOnPath("node") is not null && FindOnPath("npm") is not null ? null : "needs Node.js: install the packages nodejs and npm";

    public static string? MissingShell() =>
        FindOnPath("bash") is not null && FindOnPath("curl") is not null && FindOnPath("jq") is not null ? null : "needs a shell's tools: install the packages bash, curl and jq";

    /// <returns>The full path of an executable on PATH, or null.</returns>
    public static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, name))
        .FirstOrDefault(File.Exists);

    private static string? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static bool DockerAnswers()
    {
        if (Setting("DOCKER_HOST") is { } host && !host.StartsWith("unix://", StringComparison.Ordinal))
        {
            return true;
        }

        var path = Setting("DOCKER_HOST")?["unix://".Length..] ?? "/var/run/docker.sock";
        if (!File.Exists(path))
        {
            return false;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string FindRepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "ChatOrchestrator.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No ChatOrchestrator.sln above {AppContext.BaseDirectory}.");
    }
}
