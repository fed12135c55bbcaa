using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.ApiService;

namespace ChatOrchestrator.Tests.Cli;

public sealed class BotFilesTests : IDisposable
{
    private const string Token = "4711:very-secret-token";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-bots-");

    [Fact]
    public async Task Bots_are_carried_to_another_deployment_without_secrets_and_a_second_time_nothing_changes()
    {
        var (here, there) = (At("here"), At("there"));
        string bot, page;
        await using (var api = await ApiProcess.StartAsync(here))
        {
            bot = (await api.PostAsync("api/v1/bots", new { name = "Ada", ai = new { systemPrompt = "Speak in verse.", temperature = 0.3 }, processing = new { quietPeriodMs = 250, redactPii = new[] { "email" } } })).Ok().Id();
            page = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", displayName = "Shop" })).Ok().Id();
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", displayName = "Ada on Telegram", secrets = new { botToken = Token } })).Ok();
            // Whoever only reads may do so beside the process.
            await Chat.DoAsync(here, "bots", "export", File("bots.json"));
        }
        var exported = await System.IO.File.ReadAllTextAsync(File("bots.json"));
        exported.ShouldNotContain(Token);
        exported.ShouldContain("botToken");

        await Chat.DoAsync(there, "migrate");
        var first = await Chat.DoAsync(there, "bots", "import", File("bots.json"));
        first.ShouldContain($"created       bot Ada ({bot})");
        first.ShouldContain("created       connection Shop");
        first.ShouldContain("needs_secrets connection Ada on Telegram");
        first.ShouldContain("botToken");
        var second = await Chat.DoAsync(there, "bots", "import", File("bots.json"));
        second.ShouldContain($"unchanged     bot Ada ({bot})");
        second.ShouldContain("unchanged     connection Shop");
        second.ShouldNotContain("created  ");

        // What was changed there goes back to what the file says.
        await using (var api = await ApiProcess.StartAsync(there))
        {
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "Eve" })).Ok();
            (await api.GetAsync($"webchat/{page}")).Ok();
            var (code, output) = await Chat.RunAsync(there, "bots", "import", File("bots.json"));
            (code, output.Contains("another process", StringComparison.Ordinal)).ShouldBe((2, true), output);
        }
        (await Chat.DoAsync(there, "bots", "import", File("bots.json"))).ShouldContain($"changed       bot Ada ({bot})");

        await Chat.DoAsync(there, "bots", "export", File("again.json"));
        var (before, after) = (JsonNode.Parse(exported)!, JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File("again.json")))!);
        JsonNode.DeepEquals(before["bots"]![0]!["bot"], after["bots"]![0]!["bot"]).ShouldBeTrue();
        after["bots"]![0]!["connections"]!.AsArray().Single()!["id"]!.GetValue<string>().ShouldBe(page);
    }

    [Theory]
    [InlineData("""{"format":1,"bots":[{"id":"0197a1b2-0000-7000-8000-000000000001","bot":{"name":"","ai":{},"processing":{}},"connections":[]}]}""", "name")]
    [InlineData("""{"format":1,"bots":[{"id":"0197a1b2-0000-7000-8000-000000000001","bot":{"name":"A","ai":{"temprature":1},"processing":{}},"connections":[]}]}""", "temprature")]
    [InlineData("""{"format":9,"bots":[]}""", "format")]
    [InlineData("not json", "invalid JSON")]
    public async Task A_file_that_is_none_of_ours_changes_nothing(string content, string said)
    {
        var there = At("there");
        await Chat.DoAsync(there, "migrate");
        await System.IO.File.WriteAllTextAsync(File("bad.json"), content);

        var (code, output) = await Chat.RunAsync(there, "bots", "import", File("bad.json"));

        (code, output.Contains(said, StringComparison.OrdinalIgnoreCase)).ShouldBe((1, true), output);
        (await Chat.DoAsync(there, "bots", "export")).ShouldContain("\"bots\": []");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string File(string name) => Path.Combine(_folder.FullName, name);

    private Dictionary<string, string?> At(string name)
    {
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = Path.Combine(_folder.FullName, name, "chat.db");
        return settings;
    }
}
