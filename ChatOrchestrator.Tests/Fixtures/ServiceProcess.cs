using System.Diagnostics;
using System.Globalization;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>The processes of the solution that tests start for real.</summary>
public enum ServiceHost
{
    ApiService,
    Worker,
    Simulator,

    /// <summary>The command <c>chat</c>; it serves nothing.</summary>
    Cli,
}

/// <summary>
/// One of our hosts as a process of its own, from the build output of this build, on a free loopback port. Its working
/// directory is an empty temporary one; its content root is the project, as with <c>dotnet run</c>. With
/// <c>TEST_PROCESSES</c> it is what was published there, with the content root that it has in its image.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan DefaultStartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultStopDeadline = TimeSpan.FromSeconds(40);

    // What the developer's shell may have set and a test must not inherit. Two underscores: a configuration key.
    private static readonly string[] NotInherited =
        ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS", "OPENAI_API_KEY", "PublicUrl", "OTEL_EXPORTER_OTLP_ENDPOINT"];

    private readonly OwnedProcess _process;

    private ServiceProcess(ServiceHost host, OwnedProcess process, int port)
    {
        (Host, _process, Port) = (host, process, port);
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
        Client = new HttpClient { BaseAddress = Address };
    }

    public ServiceHost Host { get; }

    public int Id => _process.Id;

    public int Port { get; }

    public Uri Address { get; }

    /// <summary>A client with <see cref="Address"/> as its base; belongs to this process object.</summary>
    public HttpClient Client { get; }

    /// <summary>The last lines it wrote, for failure messages.</summary>
    public string Output => _process.Output;

    public bool HasExited => _process.HasExited;

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts a host and waits until it is alive.</summary>
    /// <param name="host">Which.</param>
    /// <param name="environment">Added to the test's environment (configuration keys with <c>__</c>); null removes a variable.</param>
    /// <param name="port">The port of an earlier process, to take its place; else a free one.</param>
    /// <param name="livePath">What is asked until it answers with success.</param>
    /// <param name="isLive">What counts as success, if not a 2xx status.</param>
    /// <param name="deadline">60 s unless said otherwise.</param>
    /// <param name="hear">Gets every line that it writes, one at a time; <see cref="Output"/> has only the first and the last.</param>
    /// <exception cref="InvalidOperationException">It ended at its start; the message has its output.</exception>
    /// <exception cref="TimeoutException">It was not alive at the deadline; the message has its output.</exception>
    public static async Task<ServiceProcess> StartAsync(
        ServiceHost host,
        IReadOnlyDictionary<string, string?>? environment = null,
        int? port = null,
        string livePath = "/health/live",
        Func<HttpResponseMessage, bool>? isLive = null,
        TimeSpan? deadline = null,
        Action<string>? hear = null)
    {
        var listenOn = port ?? FreePort.Next();
        var start = StartInfo(host, [], environment);
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{listenOn}");
        var service = new ServiceProcess(host, OwnedProcess.Start(start, hear: hear), listenOn);
        try
        {
            await service.WaitUntilLiveAsync(livePath, isLive ?? (response => response.IsSuccessStatusCode), deadline ?? DefaultStartDeadline);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>A start that nobody waits for, and that may never come to anything.</summary>
    internal static OwnedProcess Launch(ServiceHost host, IReadOnlyDictionary<string, string?> environment)
    {
        var start = StartInfo(host, [], environment);
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        return OwnedProcess.Start(start);
    }

    /// <summary>Runs a host's command (<c>migrate</c>, <c>validate-config</c>), or a start that is expected to fail, to its end.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static Task<(int ExitCode, string Output)> RunAsync(
        ServiceHost host, string[] arguments, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? deadline = null)
    {
        var start = StartInfo(host, arguments, environment);
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        return OwnedProcess.RunAsync(start, deadline ?? DefaultStartDeadline);
    }

    /// <summary>SIGKILL: the process ends on the spot and tidies nothing.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>SIGTERM, as every orchestrator does: the process ends in order.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It did not end within the deadline (40 s unless said otherwise); it has been killed.</exception>
    public Task<int> StopAsync(TimeSpan? deadline = null) => _process.StopAsync(UnixSignal.Terminate, deadline ?? DefaultStopDeadline);

    /// <summary>SIGSTOP: the process stands still with its connections open, like a machine that hangs.</summary>
    public Task FreezeAsync() => _process.FreezeAsync();

    /// <summary>SIGCONT: it goes on as if nothing had happened.</summary>
    public void Thaw() => _process.Thaw();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Client.Dispose();
    }

    private static ProcessStartInfo StartInfo(ServiceHost host, string[] arguments, IReadOnlyDictionary<string, string?>? environment)
    {
        var (command, contentRoot) = Published(host) ?? Built(host);
        var directory = Reaper.Shared.CreateDirectory(host.ToString().ToLowerInvariant());
        var start = new ProcessStartInfo(command[0], [.. command[1..], .. arguments]) { WorkingDirectory = directory };
        foreach (var variable in start.Environment.Keys.Where(key => key.Contains("__", StringComparison.Ordinal)).Concat(NotInherited).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["ASPNETCORE_CONTENTROOT"] = contentRoot;
        // The embedded store of two processes must not be one file, and never a file of the working tree.
        start.Environment["Storage__Path"] = Path.Combine(directory, "chat.db");
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                start.Environment.Remove(key);
            }
            else
            {
                start.Environment[key] = value;
            }
        }

        return start;
    }

    /// <summary>The process as it was published under <c>TEST_PROCESSES</c>, if it was.</summary>
    private static (string[] Command, string ContentRoot)? Published(ServiceHost host)
    {
        if (TestMachine.TestProcesses is not { } published || host is not (ServiceHost.ApiService or ServiceHost.Worker))
        {
            return null;
        }
        var program = Path.Combine(published, host.ToString(), $"ChatOrchestrator.{host}");
        return File.Exists(program)
            ? ([program], Path.GetDirectoryName(program)!)
            : throw new FileNotFoundException($"TEST_PROCESSES has no {host}, published as a release.", program);
    }

    private static (string[] Command, string ContentRoot) Built(ServiceHost host)
    {
        var name = $"ChatOrchestrator.{host}";
        var project = Path.Combine(TestMachine.RepositoryRoot, name);
        var targetFramework = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var assembly = Path.Combine(project, "bin", TestMachine.Configuration, targetFramework, host == ServiceHost.Cli ? "chat.dll" : $"{name}.dll");
        return File.Exists(assembly)
            ? ([DotnetPath, assembly], project)
            : throw new FileNotFoundException($"{name} has not been built for {TestMachine.Configuration}.", assembly);
    }

    /// <summary>The dotnet that runs this test host, which need not be the one on PATH.</summary>
    private static string DotnetPath =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    private async Task WaitUntilLiveAsync(string path, Func<HttpResponseMessage, bool> isLive, TimeSpan deadline)
    {
        try
        {
            await Eventually.TrueAsync(
                async cancellationToken =>
                {
                    if (HasExited)
                    {
                        return true;
                    }

                    using var response = await Client.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
                    return isLive(response);
                },
                deadline,
                $"{Host} answers {path} on port {Port}");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Output}", e.InnerException);
        }

        if (HasExited)
        {
            throw new InvalidOperationException($"{Host} ended at its start with exit code {await Exited}:\n{Output}");
        }
    }
}
