using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.Cli;

public sealed class DoctorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-doctor-");

    [Fact]
    public async Task Everything_that_a_deployment_depends_on_is_asked()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = Path.Combine(_folder.FullName, "chat.db");
        settings["DataProtection__Key"] = Key(1);
        settings["Platforms__Telegram__ApiBaseUrl"] = simulator.Url;
        settings["Ai__Endpoint"] = $"{simulator.Url}/v1";
        settings["Ai__TranscriptionModel"] = "ears";
        settings["Ai__Models__ears__MinutePrice"] = "0.006";
        // Nobody can be reached there, but the address is registered.
        settings["PublicUrl"] = "https://chat.example.org";
        await using (var api = await ApiProcess.StartAsync(settings))
        {
            var bot = (await api.PostAsync("api/v1/bots", new { name = "Ada", ai = new { model = "gpt-other" }, processing = new { moderation = new { } } })).Ok().Id();
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", displayName = "Shop", secrets = new { botToken = "1001:token" } })).Ok();
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", displayName = "Page" })).Ok();
        }

        var well = await Chat.DoAsync(settings, "doctor");
        foreach (var what in (string[])["settings", "database", "key ring", "cache", "model gpt-4o-mini", "model gpt-other", "speech ears", "moderation omni-moderation-latest", "telegram Shop", "webchat Page"])
        {
            well.Split('\n').ShouldContain(l => l.StartsWith("ok", StringComparison.Ordinal) && l.Contains(what, StringComparison.Ordinal), well);
        }
        well.ShouldNotContain("model ears", Case.Sensitive, "it answers nobody");
        well.ShouldContain("the webhook is registered");
        well.ShouldContain("Everything works.");

        settings["PublicUrl"] = "https://elsewhere.example.org";
        var (lost, moved) = await Chat.RunAsync(settings, "doctor");
        (lost, moved.Contains("the webhook goes to another address", StringComparison.Ordinal)).ShouldBe((3, true), moved);

        // Nobody listens there.
        settings["Ai__Endpoint"] = "http://127.0.0.1:9/v1";
        settings["Platforms__Telegram__ApiBaseUrl"] = "http://127.0.0.1:9";
        settings["ConnectionStrings__redis"] = "127.0.0.1:9";
        var (code, ill) = await Chat.RunAsync(settings, "doctor");
        code.ShouldBe(3, ill);
        foreach (var what in (string[])["cache", "model gpt-4o-mini", "model gpt-other", "speech ears", "moderation omni-moderation-latest", "telegram Shop"])
        {
            ill.Split('\n').ShouldContain(l => l.StartsWith("BROKEN", StringComparison.Ordinal) && l.Contains(what, StringComparison.Ordinal), ill);
        }
        ill.ShouldNotContain("1001:token");

        // With the wrong key nothing may use the ring: it would add a key that nobody else can read.
        settings["DataProtection__Key"] = Key(2);
        (code, ill) = await Chat.RunAsync(settings, "doctor");
        code.ShouldBe(3, ill);
        ill.Split('\n').ShouldContain(l => l.StartsWith("BROKEN", StringComparison.Ordinal) && l.Contains("key ring", StringComparison.Ordinal), ill);
        (await Chat.RunAsync(settings, "bots", "export")).Code.ShouldBe(2);
        settings["DataProtection__Key"] = Key(1);
        (await Chat.DoAsync(settings, "bots", "export")).ShouldContain("botToken");
    }

    [Fact]
    public async Task A_database_that_is_away_or_empty_is_told_and_no_file_is_made()
    {
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = Path.Combine(_folder.FullName, "none", "chat.db");
        var (code, output) = await Chat.RunAsync(settings, "doctor");
        (code, output.Contains("migrations are pending", StringComparison.Ordinal)).ShouldBe((3, true), output);
        _folder.GetDirectories().ShouldBeEmpty();

        settings["ConnectionStrings__chatdb"] = "Host=127.0.0.1;Port=9;Database=chat;Username=chat;Password=hidden";
        (code, output) = await Chat.RunAsync(settings, "doctor");
        (code, output.Contains("cannot be reached", StringComparison.Ordinal)).ShouldBe((3, true), output);
        output.ShouldNotContain("hidden");
        (code, output) = await Chat.RunAsync(settings, "bots", "export");
        (code, output.Contains("cannot be reached", StringComparison.Ordinal)).ShouldBe((4, true), output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Key(byte first) => Convert.ToBase64String([.. Enumerable.Repeat(first, 32)]);
}
