using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.Notifications;

/// <summary>Other people's software that notifications arrive at, in Node.js.</summary>
internal static class Receivers
{
    private static readonly string Folder = Path.Combine(TestMachine.RepositoryRoot, "ChatOrchestrator.Tests", "Notifications", "receivers");
    private static readonly Lazy<Task> Installed = new(() => RunAsync("npm", "ci", "--prefer-offline", "--no-progress", "--no-audit"));

    public static Task InstallAsync() => Installed.Value;

    public static ProcessStartInfo Command(string program, params IEnumerable<string> arguments) => new(program, arguments) { WorkingDirectory = Folder };

    /// <summary>Lets the receivers' libraries verify and decrypt; returns what they say.</summary>
    public static async Task<string> VerifyAsync(object document)
    {
        await InstallAsync();
        var file = Path.Combine(Path.GetTempPath(), $"chat-verify-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(document));
        try
        {
            return await RunAsync("node", "verify.mjs", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output) = await OwnedProcess.RunAsync(Command(program, arguments), TimeSpan.FromMinutes(2));
        code.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{output}");
        return output;
    }
}

/// <summary>An SMTP server of its own make and process.</summary>
internal sealed class SmtpProcess : IAsyncDisposable
{
    private readonly OwnedProcess _process;

    private SmtpProcess(OwnedProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>What it took, in order.</summary>
    public IReadOnlyList<JsonElement> Mails =>
        [.. _process.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];

    public static async Task<SmtpProcess> StartAsync()
    {
        await Receivers.InstallAsync();
        var port = FreePort.Next();
        var process = OwnedProcess.Start(Receivers.Command("node", "smtp.mjs", port.ToString(CultureInfo.InvariantCulture)));
        await Eventually.TrueAsync(() => process.Output.Contains("listening", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "the SMTP server listens");
        return new SmtpProcess(process, port);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
