using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>One process of the product and the simulated Slack, over HTTP and over Socket Mode.</summary>
public sealed class SlackTests
{
    private const string SigningSecret = "signing-secret-of-the-test";

    [Theory]
    [InlineData("web", false)]
    [InlineData("sock", true)]
    public async Task Messages_mentions_commands_and_redeliveries_are_answered_once(string app, bool socketMode)
    {
        await using var simulator = await SimulatorInstance.StartAsync(args: ["--Simulator:Slack:RetryDelay=00:00:00.200"]);
        await using var api = await ServiceProcess.StartAsync(ServiceHost.ApiService, new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Admin__ApiKey"] = Cluster.AdminKey,
            ["Ai__Endpoint"] = $"{simulator.Url}/v1",
            ["Ai__ApiKey"] = "sk-test",
            ["Ai__Model"] = "echo",
            ["Platforms__Slack__ApiBaseUrl"] = simulator.Url,
            // As with Slack itself, which is reached at another address than it reaches us.
            ["PublicUrl"] = socketMode ? null : "https://chat.example",
        });
        var connection = await ConnectAsync(api, app, socketMode);
        if (socketMode)
        {
            await SimulatorInstance.UntilAsync(async () => Mode(await AppsAsync(simulator)) == "socket", "the socket is open");
        }
        else
        {
            await simulator.ControlAsync(HttpMethod.Put, $"slack/apps/{app}", new { signing_secret = SigningSecret, request_url = new Uri(api.Address, $"webhooks/slack/{connection}") });
        }

        // A direct message.
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app, user_id = "U1", name = "Ada", text = "hello &amp; welcome" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"app={app}&user=U1")).Count == 1, "the message is answered");

        await SimulatorInstance.UntilAsync(
            async () => (await SendAsync(api, HttpMethod.Get, "api/v1/conversations")).GetProperty("items")[0].GetProperty("title").GetString() == "ada", "the name is known");

        // A mention, of which two events tell, in a thread of its own.
        var channel = (await simulator.ControlAsync(HttpMethod.Post, "slack/channels", new { name = "general", apps = new[] { app }, users = new[] { "U1" } }))!["id"]!.ToString();
        var bot = (await AppsAsync(simulator))[0]!["bot_user_id"]!.ToString();
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { channel, user_id = "U1", text = "not for the bot" });
        var question = await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { channel, user_id = "U1", text = $"<@{bot}> what about this?" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"channel={channel}")).Count == 1, "the mention is answered");
        (await AnswersAsync(simulator, $"channel={channel}"))[0]["thread_ts"]!.ToString().ShouldBe(question!["ts"]!.ToString());

        // Slash commands: a free one, and one of the bot's own.
        await simulator.ControlAsync(HttpMethod.Post, "slack/commands", new { app, channel, user_id = "U1", command = "/ask", text = "why" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"channel={channel}")).Count(m => m["only_for"]?.ToString() == "U1") == 1, "the command is answered to who gave it");
        await simulator.ControlAsync(HttpMethod.Post, "slack/commands", new { app, user_id = "U1", command = "/help", text = "" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"app={app}&user=U1")).Count == 2, "help is given");

        // All of it again, as after acknowledgements that were lost; then a message more, whose answer comes after them.
        var events = (await simulator.ControlAsync(HttpMethod.Post, $"slack/apps/{app}/redeliver?last=100"))!.GetValue<int>();
        events.ShouldBeGreaterThan(4);
        await SimulatorInstance.UntilAsync(async () => await RedeliveredAsync(api) >= 3, "the redeliveries are known");
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app, user_id = "U1", text = "last" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"app={app}&user=U1")).Count >= 3, "the last message is answered");
        (await AnswersAsync(simulator, $"app={app}&user=U1")).Count.ShouldBe(3);
        (await AnswersAsync(simulator, $"channel={channel}")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Two_workspaces_of_one_app_share_one_socket()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/one", new { team_id = "T0FIRST" });
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/two", new { team_id = "T0SECOND", installation_of = "one" });
        await using var api = await ServiceProcess.StartAsync(ServiceHost.ApiService, new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Admin__ApiKey"] = Cluster.AdminKey,
            ["Ai__Endpoint"] = $"{simulator.Url}/v1",
            ["Ai__ApiKey"] = "sk-test",
            ["Ai__Model"] = "echo",
            ["Platforms__Slack__ApiBaseUrl"] = simulator.Url,
            ["Engine__ListenSeconds"] = "4",
            ["PublicUrl"] = null,
        });
        var first = await ConnectAsync(api, "one", socketMode: true);
        await ConnectAsync(api, "two", socketMode: true, line: "one");
        await SimulatorInstance.UntilAsync(async () => (await AppsAsync(simulator)).Any(a => a!["key"]!.ToString() == "one" && a["sockets"]!.GetValue<int>() == 1), "the socket is open");

        foreach (var app in (string[])["one", "two"])
        {
            await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app, user_id = "U1", name = "Ada", text = $"hello {app}" });
            await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, $"app={app}&user=U1")).Count == 1, $"{app} is answered");
            (await AnswersAsync(simulator, $"app={app}&user=U1"))[0]["text"]!.ToString().ShouldContain($"hello {app}");
        }
        (await AppsAsync(simulator)).ShouldAllBe(a => a!["sockets"]!.GetValue<int>() == 1);

        // The one that is listened for is switched off: the other one's goes on.
        await SendAsync(api, HttpMethod.Patch, $"api/v1/connections/{first}", new { enabled = false });
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "two", user_id = "U1", text = "still there?" });
        await SimulatorInstance.UntilAsync(async () => (await AnswersAsync(simulator, "app=two&user=U1")).Count == 2, "the second workspace is answered");
    }

    [Fact]
    public async Task A_revoked_token_disables_the_connection()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var api = await ServiceProcess.StartAsync(ServiceHost.ApiService, new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Admin__ApiKey"] = Cluster.AdminKey,
            ["Ai__Endpoint"] = $"{simulator.Url}/v1",
            ["Ai__ApiKey"] = "sk-test",
            ["Platforms__Slack__ApiBaseUrl"] = simulator.Url,
            ["PublicUrl"] = "https://chat.example",
        });
        var connection = await ConnectAsync(api, "gone", socketMode: false);
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/gone", new { signing_secret = SigningSecret, request_url = new Uri(api.Address, $"webhooks/slack/{connection}") });
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "gone", user_id = "U1", text = "hello" });
        await simulator.ControlAsync(HttpMethod.Post, "slack/apps/gone/uninstall");
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "gone", user_id = "U1", text = "are you there?" });
        await SimulatorInstance.UntilAsync(
            async () => (await SendAsync(api, HttpMethod.Get, $"api/v1/connections/{connection}")).ToString().Contains("token_revoked", StringComparison.Ordinal), "the connection is disabled");
    }

    private static async Task<string> ConnectAsync(ServiceProcess api, string app, bool socketMode, string? line = null)
    {
        var bot = await SendAsync(api, HttpMethod.Post, "api/v1/bots", new { name = "Helper", processing = new { quietPeriodMs = 0 } });
        var secrets = new Dictionary<string, string> { ["botToken"] = $"xoxb-{app}-token", [socketMode ? "appToken" : "signingSecret"] = socketMode ? $"xapp-{line ?? app}-token" : SigningSecret };
        var connection = await SendAsync(api, HttpMethod.Post, $"api/v1/bots/{bot.GetProperty("id").GetString()}/connections", new { platform = "slack", displayName = "Slack", secrets });
        connection.GetProperty("settings").GetProperty("botUserId").GetString().ShouldNotBeNullOrEmpty();
        return connection.GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> SendAsync(ServiceProcess api, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(api.Address, path)) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Api-Key", Cluster.AdminKey);
        using var response = await api.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>How many messages are known to have been delivered again.</summary>
    private static async Task<int> RedeliveredAsync(ServiceProcess api)
    {
        var metrics = await api.Client.GetStringAsync(new Uri(api.Address, "metrics"));
        return metrics.Split('\n').Where(l => l.StartsWith("chat_", StringComparison.Ordinal) && l.Contains("duplicate", StringComparison.Ordinal) && l.Contains("slack", StringComparison.Ordinal))
            .Sum(l => (int)double.Parse(l.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<JsonArray> AppsAsync(SimulatorInstance simulator) => (await simulator.ControlAsync(HttpMethod.Get, "slack/apps"))!.AsArray();

    private static string? Mode(JsonArray apps) => apps.Count == 0 ? null : apps[0]!["mode"]!.ToString();

    /// <summary>What the bot said.</summary>
    private static async Task<List<JsonNode>> AnswersAsync(SimulatorInstance simulator, string place) =>
        [.. (await simulator.ControlAsync(HttpMethod.Get, $"slack/messages?{place}"))!.AsArray().Where(m => m!["bot_id"] is not null).Select(m => m!)];
}
