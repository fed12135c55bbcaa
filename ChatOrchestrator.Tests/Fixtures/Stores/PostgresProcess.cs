using System.Diagnostics;
using System.Globalization;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.Fixtures.Stores;

/// <summary>
/// A Postgres from the machine's binaries, durable as in production (fsync and synchronous_commit on), small in memory. It
/// listens on loopback only and trusts whoever connects.
/// </summary>
internal sealed class PostgresProcess : IStoreBackend
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly string _directory;
    private readonly string? _user;
    private OwnedProcess? _process;

    private PostgresProcess(string binaries, string directory, string? user, int port)
    {
        (_binaries, _directory, _user, Port) = (binaries, directory, user, port);
    }

    public int Port { get; }

    public string? Failure => _process is { HasExited: true } process ? process.Output : null;

    /// <summary>Makes a new, empty cluster in a directory of its own.</summary>
    public static async Task<PostgresProcess> CreateAsync(string binaries)
    {
        var directory = Reaper.Shared.CreateDirectory("postgres");
        var postgres = new PostgresProcess(binaries, directory, UnprivilegedUser(), FreePort.Next());
        if (postgres._user is { } user)
        {
            await RunAsync(new ProcessStartInfo("chown", [user, directory]));
        }

        // --no-sync: it is the cluster's creation that is not flushed, not the work of the server.
        await RunAsync(postgres.Command(
            "initdb", "-D", postgres.Data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"));
        return postgres;
    }

    public Task StartAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = _directory,
            ["max_connections"] = "200",
            ["shared_buffers"] = "64MB",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
        };
        // Fast shutdown rolls back and disconnects; the default at the end of the run is the one that leaves nothing behind.
        _process = OwnedProcess.Start(
            Command("postgres", ["-D", Data, .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })]),
            endSignal: UnixSignal.Quit);
        return Task.CompletedTask;
    }

    // https://www.postgresql.org/docs/current/server-shutdown.html: SIGINT is "fast", SIGQUIT "immediate" (recovery at the next start).
    public async Task StopAsync(bool immediately)
    {
        if (_process is { } process)
        {
            await process.StopAsync(immediately ? UnixSignal.Quit : UnixSignal.Interrupt, Deadline);
        }
    }

    public Task FreezeAsync() => throw new NotSupportedException("A Postgres is many processes; stop it instead.");

    public Task ThawAsync() => throw new NotSupportedException("A Postgres is many processes; stop it instead.");

    public async ValueTask DisposeAsync()
    {
        await StopAsync(immediately: true);
        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Postgres refuses to run as root: its package's own user, or nobody.</summary>
    private static string? UnprivilegedUser() =>
        Environment.IsPrivilegedProcess
            ? File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody"
            : null;

    private ProcessStartInfo Command(string binary, params IEnumerable<string> arguments)
    {
        var path = Path.Combine(_binaries, binary);
        // setpriv replaces itself with the command, so that its process id and signals are the command's.
        return _user is null
            ? new ProcessStartInfo(path, arguments) { WorkingDirectory = _directory }
            : new ProcessStartInfo("setpriv", ["--reuid", _user, "--regid", GroupOf(_user), "--clear-groups", path, .. arguments])
            {
                WorkingDirectory = _directory,
            };
    }

    /// <summary>The user's primary group, as a number.</summary>
    private static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(fields => fields[0] == user)[3];

    private static async Task RunAsync(ProcessStartInfo start)
    {
        var (exitCode, output) = await OwnedProcess.RunAsync(start, Deadline);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {exitCode}:\n{output}");
        }
    }
}
