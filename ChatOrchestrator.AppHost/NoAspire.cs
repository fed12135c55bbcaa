using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ChatOrchestrator.AppHost;

/// <summary>
/// The AppHost of a build without Aspire: runs the API, which hosts everything else too (embedded mode), as a child
/// process, and ends with its exit code.
/// </summary>
internal static class NoAspire
{
    private const string DefaultUrl = "http://localhost:8080";

    private static async Task<int> Main(string[] args)
    {
        Console.WriteLine("Aspire is not part of this build: running ChatOrchestrator.ApiService in embedded mode instead.");

        // Registered before the child exists: a signal in between must not leave it behind.
        var stopping = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        Process? child = null;
        void Forward(PosixSignalContext context)
        {
            // The child decides when both end.
            context.Cancel = true;
            stopping.TrySetResult(context.Signal);
            if (Volatile.Read(ref child) is { } running)
            {
                Send(running, context.Signal);
            }
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Forward);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Forward);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Forward);

        using var api = Process.Start(CreateStartInfo(args))
            ?? throw new InvalidOperationException("The API process did not start.");
        Volatile.Write(ref child, api);
        if (stopping.Task.IsCompletedSuccessfully)
        {
            Send(api, await stopping.Task);
        }

        await api.WaitForExitAsync();
        return api.ExitCode;
    }

    private static ProcessStartInfo CreateStartInfo(string[] args)
    {
        var assembly = Metadata("ApiServiceAssembly");
        var directory = Metadata("ApiServiceDirectory");
        // The assembly itself rather than "dotnet run": one process less between a signal and the API, and it was built
        // together with this one.
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            UseShellExecute = false,
            // As "dotnet run" would have it: settings, pages and data/chat.db are found relative to the project.
            WorkingDirectory = Directory.Exists(directory) ? directory : Path.GetDirectoryName(assembly),
        };
        start.ArgumentList.Add(assembly);
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        var environment = start.Environment;
        if (!environment.ContainsKey("ASPNETCORE_ENVIRONMENT") && !environment.ContainsKey("DOTNET_ENVIRONMENT"))
        {
            environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        }

        // "dotnet run" sets these from this project's launch profile, where the URL is that of the Aspire dashboard.
        if (environment.Remove("DOTNET_LAUNCH_PROFILE"))
        {
            environment.Remove("ASPNETCORE_URLS");
        }

        string[] addresses = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_URLS", "DOTNET_HTTP_PORTS", "URLS", "HTTP_PORTS"];
        if (!addresses.Any(environment.ContainsKey))
        {
            environment["ASPNETCORE_URLS"] = DefaultUrl;
        }

        return start;
    }

    private static string Metadata(string key) =>
        typeof(NoAspire).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;

    private static void Send(Process process, PosixSignal signal)
    {
        // On Windows the console delivers Ctrl+C to the child itself.
        if (!OperatingSystem.IsWindows() && !process.HasExited)
        {
            // The same numbers on Linux and macOS.
            _ = Kill(process.Id, signal switch { PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 });
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
