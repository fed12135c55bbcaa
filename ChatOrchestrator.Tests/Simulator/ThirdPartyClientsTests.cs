using System.Diagnostics;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>Widely used clients, unmodified, against the simulator as a real process.</summary>
public sealed class ThirdPartyClientsTests
{
    private static readonly string Folder = Path.Combine(TestMachine.RepositoryRoot, "ChatOrchestrator.Tests", "Simulator", "clients");

    [NpmFact]
    public async Task Clients_of_every_platform_and_openai_work_unmodified()
    {
        await RunAsync("npm", "ci", "--prefer-offline", "--no-progress");
        await using var simulator = await ServiceProcess.StartAsync(
            ServiceHost.Simulator,
            new Dictionary<string, string?> { ["Simulator__Telegram__WebhookRetryDelay"] = "00:00:00.050" },
            livePath: "/");
        foreach (var script in new[] { "grammy.mjs", "telegraf.mjs", "slack.mjs", "discord.mjs", "messenger.mjs", "whatsapp.mjs", "openai.mjs" })
        {
            (await RunAsync("node", script, simulator.Address.GetLeftPart(UriPartial.Authority))).ShouldContain(" ok");
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{await output}\n{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
