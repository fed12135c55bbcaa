using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>The API with the engine in it as a process, and the simulator as its Graph API and model.</summary>
public sealed class MetaStage : IAsyncLifetime
{
    private const string AppSecret = "stage-app-secret";
    private const string VerifyToken = "stage-verify-token";

    private int _next;

    public SimulatorInstance Simulator { get; private set; } = null!;

    public ApiProcess Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Simulator = await SimulatorInstance.StartAsync(null, "--Simulator:Meta:WebhookRetryDelay=00:00:00.050");
        var settings = ApiProcess.Settings();
        settings["Platforms__Meta__ApiBaseUrl"] = Simulator.Url;
        settings["Ai__Endpoint"] = Simulator.Url + "/v1";
        settings["Ai__ApiKey"] = "sk-simulated";
        Api = await ApiProcess.StartAsync(settings);
    }

    public async Task DisposeAsync()
    {
        await Api.DisposeAsync();
        await Simulator.DisposeAsync();
    }

    /// <summary>A bot's connection to a page or number of its own, whose webhook leads to it.</summary>
    public async Task<MetaLine> ConnectAsync(string product, object? template = null)
    {
        var number = Interlocked.Increment(ref _next);
        var token = $"EAAGstage{number}token";
        var phone = $"1065403522{number:D5}";
        var bot = (await Api.PostAsync("api/v1/bots", new { name = "Stage bot", processing = new { quietPeriodMs = 0 } })).Ok().Id();
        object body = product == "messenger"
            ? new { platform = product, secrets = new { pageAccessToken = token, appSecret = AppSecret, verifyToken = VerifyToken } }
            : new { platform = product, secrets = new { accessToken = token, appSecret = AppSecret, verifyToken = VerifyToken }, settings = new { phoneNumberId = phone, template } };
        var connection = (await Api.PostAsync($"api/v1/bots/{bot}/connections", body)).Ok();
        // The page is known since the connection asked whose token it has.
        var account = product == "messenger" ? connection.Json.GetProperty("settings").GetProperty("pageId").GetString()! : phone;
        await Simulator.ControlAsync(HttpMethod.Put, $"meta/{product}/accounts/{account}", new
        {
            app_secret = AppSecret,
            verify_token = VerifyToken,
            webhook_url = new Uri(Api.Service.Address, $"webhooks/{product}/{connection.Id()}").AbsoluteUri,
        });
        return new MetaLine(this, product, account, connection.Id(), product == "messenger" ? $"625411921796{number:D4}" : $"4915112{number:D6}");
    }
}

/// <summary>One person's line to one bot.</summary>
public sealed record MetaLine(MetaStage Stage, string Product, string Account, string Connection, string Person)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public Task<JsonNode?> DoAsync(string what, object? more = null)
    {
        var action = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        action["account"] = Account;
        action["person"] = action["speaker"]?.DeepClone() ?? Person;
        action.Remove("speaker");
        action["name"] = "Ada Lovelace";
        return Stage.Simulator.ControlAsync(HttpMethod.Post, $"meta/{Product}/{what}", action);
    }

    public Task FaultAsync(string kind, int code = 2, int count = 1) =>
        Stage.Simulator.ControlAsync(HttpMethod.Post, "meta/faults", new { kind, account = Account, code, count });

    public async Task<IReadOnlyList<JsonNode>> ShownAsync() =>
        [.. (await Stage.Simulator.ControlAsync(HttpMethod.Get, $"meta/{Product}/messages?account={Account}&person={Person}"))!.AsArray().OfType<JsonNode>()];

    public async Task<IReadOnlyList<JsonNode>> AnswersAsync() => [.. (await ShownAsync()).Where(m => m["from_bot"]!.GetValue<bool>())];

    /// <summary>Waits until the person sees so many answers.</summary>
    public async Task<IReadOnlyList<JsonNode>> AnsweredAsync(int count)
    {
        IReadOnlyList<JsonNode> answers = [];
        await Eventually.TrueAsync(async _ => (answers = await AnswersAsync()).Count >= count, Deadline, $"{count} answers are there");
        answers.Count.ShouldBe(count);
        return answers;
    }

    public async Task<JsonElement?> ConversationAsync()
    {
        var items = (await Stage.Api.GetAsync("api/v1/conversations?limit=100")).Ok().Json.GetProperty("items").EnumerateArray().ToList();
        var found = items.Where(c => c.GetProperty("chatId").GetString() == Person).ToList();
        return found.Count == 0 ? null : found[0];
    }

    public async Task<string> ConversationIdAsync() => (await ConversationAsync()).ShouldNotBeNull().GetProperty("id").GetString()!;

    /// <summary>An operator writes.</summary>
    public async Task WriteAsync(string text) => (await Stage.Api.PostAsync($"api/v1/conversations/{await ConversationIdAsync()}/messages", new { text })).Ok();

    /// <summary>The words of the last outbound message's parts, as the API tells them.</summary>
    public async Task<string> MessagesAsync() => (await Stage.Api.GetAsync($"api/v1/conversations/{await ConversationIdAsync()}/messages")).Ok().Text;

    public static Task UntilAsync(Func<Task<bool>> condition, string what) => Eventually.TrueAsync(_ => condition(), Deadline, what);
}
