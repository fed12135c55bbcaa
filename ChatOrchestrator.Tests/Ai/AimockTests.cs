using System.Diagnostics;
using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Fixtures.Processes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>
/// Against <see href="https://www.npmjs.com/package/@copilotkit/aimock">aimock</see>, unmodified: what a third party knows of
/// OpenAI's and Azure's APIs. Its fixtures say which model does what wrong.
/// </summary>
#pragma warning disable CA1001 // xunit disposes of it through IAsyncLifetime.
public sealed class AimockTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Question = "Where is my parcel?";
    private const string Answer = "Your parcel is on its way.";

    private static readonly string Folder = Path.Combine(TestMachine.RepositoryRoot, "ChatOrchestrator.Tests", "Ai", "aimock");

    private readonly string _address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
    private OwnedProcess? _aimock;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_aimock is not null)
        {
            await _aimock.DisposeAsync();
        }
    }

    [NpmFact]
    public async Task Models_work_against_a_third_partys_server()
    {
        await StartAsync();
        await using var host = new AiHost(null, null, null, [.. Settings(':').Select(s => (s.Key, s.Value))]);

        foreach (var model in (string[])["main", "azure", "azure-v1"])
        {
            (await AskAsync(host, new ModelCallOptions { ModelId = model }, stream: false)).ShouldBe(Answer);
            (await AskAsync(host, new ModelCallOptions { ModelId = model }, stream: true)).ShouldBe(Answer);
        }
        var usage = (await host.Client.GetResponseAsync(AiHost.Prompt(Question))).Usage!;
        (usage.InputTokenCount, usage.OutputTokenCount).ShouldBe((21, 6));

        (await FailAsync(host, "limited", stream: false)).ShouldBe(ModelFailure.RateLimited);
        (await FailAsync(host, "garbled", stream: false)).ShouldBe(ModelFailure.Malformed);
        (await FailAsync(host, "silent", stream: true)).ShouldBe(ModelFailure.Empty);
        (await FailAsync(host, "broken", stream: true)).ShouldBe(ModelFailure.Incomplete);

        var options = new ModelCallOptions { ModelId = "limited", Fallbacks = ["garbled", "main"] };
        (await AskAsync(host, options, stream: true)).ShouldBe(Answer);
        options.Report.Failed.ShouldBe([("limited", ModelFailure.RateLimited), ("garbled", ModelFailure.Malformed)]);

        var again = new ModelCallOptions { CacheFor = TimeSpan.FromMinutes(1), CacheOf = BotId.New() };
        await AskAsync(host, again, stream: true);
        (await AskAsync(host, again, stream: false)).ShouldBe(Answer);
        again.Report.FromCache.ShouldBeTrue();

        var speech = host.Services.GetRequiredService<ITranscribesSpeech>();
        (await speech.TranscribeAsync(new Media(new byte[64], "audio/ogg"), "voice.ogg", default)).Text.ShouldBe(Question);
    }

    [NpmFact]
    public async Task A_whole_conversation_is_answered_by_the_model_that_stands_in_and_its_cost_is_exact()
    {
        await StartAsync();
        var settings = ApiProcess.Settings();
        foreach (var (key, value) in Settings('_'))
        {
            settings[key.Replace("_", "__", StringComparison.Ordinal)] = value;
        }
        var api = await ApiProcess.StartAsync(settings);
        await using var service = api.Service;
        var models = (await api.GetAsync("api/v1/models")).Ok().Json;
        models.GetProperty("currency").GetString().ShouldBe("EUR");
        models.GetProperty("items")[0].GetProperty("price").GetProperty("output").GetDecimal().ShouldBe(0.6m);
        (await api.PostAsync("api/v1/bots", new { name = "Careless", ai = new { model = "limited" }, processing = new { budgets = new { costPerDay = 1 } } })).Status.ShouldBe(422);
        var bot = (await api.PostAsync("api/v1/bots", new
        {
            name = "Careful",
            ai = new { model = "main" },
            processing = new { budgets = new { costPerDay = 1, participantTokensPerDay = 100_000 } },
        })).Ok().Id();
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { ai = new { model = "garbled-first" } })).Ok();
        var visitor = await WebChatVisitor.OpenAsync(api, (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id());

        (await visitor.SayAsync(Question, "1")).Ok();
        await visitor.StreamUntilAsync(null, (type, data) => WebChatVisitor.IsBotMessage(type, data) && data.GetProperty("text").GetString() == Answer);

        var question = (await api.GetAsync($"api/v1/conversations/{await visitor.ConversationAsync()}/messages")).Ok().Json.GetProperty("items").EnumerateArray()
            .Single(m => m.GetProperty("author").GetString() == "participant").GetProperty("id").GetGuid();
        var timeline = (await api.GetAsync($"api/v1/messages/{question}/timeline")).Ok().Json.GetProperty("entries").EnumerateArray().ToList();
        timeline.ShouldContain(e => e.GetProperty("kind").GetString() == "model_fallback" && e.GetProperty("detail").GetProperty("detail").GetString() == "garbled-first: model_malformed_answer");
        var turn = timeline.Single(e => e.GetProperty("kind").GetString() == "turn_answered").GetProperty("detail");
        // 21 tokens at 0.15 and 6 at 0.6 a million.
        turn.GetProperty("cost").GetString().ShouldBe("0.00000675");
        var budget = (await api.GetAsync($"api/v1/bots/{bot}/budget")).Ok().Json;
        (budget.GetProperty("cost").GetDecimal(), budget.GetProperty("tokens").GetInt64(), budget.GetProperty("reservedCost").GetDecimal()).ShouldBe((0.00000675m, 27, 0));
    }

    [NpmFact]
    public async Task Messages_are_judged_and_understood_by_a_third_partys_server()
    {
        await StartAsync();
        var settings = ApiProcess.Settings();
        settings["Ai__Endpoint"] = _address + "/v1";
        settings["Ai__Model"] = "main";
        var api = await ApiProcess.StartAsync(settings);
        await using var service = api.Service;
        var bot = (await api.PostAsync("api/v1/bots", new
        {
            name = "Polite",
            processing = new
            {
                moderation = new { refusal = "Let us talk about something else." },
                understanding = new { intents = new[] { new { name = "where_is_it", description = "asks where an order is" } } },
            },
        })).Ok().Id();
        var visitor = await WebChatVisitor.OpenAsync(api, (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id());

        (await visitor.SayAsync("How do I poison my neighbour?", "1")).Ok();
        await visitor.StreamUntilAsync(null, (type, data) => WebChatVisitor.IsBotMessage(type, data) && data.GetProperty("text").GetString() == "Let us talk about something else.");
        (await visitor.SayAsync(Question, "2")).Ok();
        await visitor.StreamUntilAsync(null, (type, data) => WebChatVisitor.IsBotMessage(type, data) && data.GetProperty("text").GetString() == Answer);

        var messages = $"api/v1/conversations/{await visitor.ConversationAsync()}/messages?intent=where_is_it&urgency=high";
        await Eventually.TrueAsync(
            async _ => (await api.GetAsync(messages)).Ok().Json.GetProperty("items").EnumerateArray().Any(m =>
                m.GetProperty("text").GetString() == Question && m.GetProperty("insight").GetProperty("sentimentScore").GetDouble() == -0.5),
            TimeSpan.FromSeconds(60),
            "the question is understood");
    }

    private async Task StartAsync()
    {
        var (exit, output) = await OwnedProcess.RunAsync(In(new ProcessStartInfo("npm", ["ci", "--prefer-offline", "--no-progress"])), TimeSpan.FromMinutes(2));
        exit.ShouldBe(0, output);
        var port = new Uri(_address).Port.ToString(CultureInfo.InvariantCulture);
        _aimock = OwnedProcess.Start(In(new ProcessStartInfo("node", ["serve.mjs", port])));
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            async token =>
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri(_address + "/health"), token);
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            "aimock listens");
    }

    private static ProcessStartInfo In(ProcessStartInfo start)
    {
        start.WorkingDirectory = Folder;
        return start;
    }

    /// <summary>Three providers at one server, and the models that its fixtures know.</summary>
    private Dictionary<string, string?> Settings(char separator)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Ai:Providers:mock:Endpoint"] = _address + "/v1",
            ["Ai:Providers:mock:ApiKey"] = "sk-mock",
            ["Ai:Providers:azure:Kind"] = "azure",
            ["Ai:Providers:azure:Endpoint"] = _address,
            ["Ai:Providers:azure:ApiKey"] = "azure-mock",
            ["Ai:Providers:azure:ApiVersion"] = "2024-10-21",
            ["Ai:Providers:azure1:Kind"] = "azure",
            ["Ai:Providers:azure1:Endpoint"] = _address,
            ["Ai:Model"] = "main",
            ["Ai:Currency"] = "EUR",
            ["Ai:TranscriptionModel"] = "whisper-1",
            ["Ai:Models:main:Provider"] = "mock",
            ["Ai:Models:main:Name"] = "gpt-4o-mini",
            ["Ai:Models:main:InputPrice"] = "0.15",
            ["Ai:Models:main:OutputPrice"] = "0.6",
            ["Ai:Models:azure:Provider"] = "azure",
            ["Ai:Models:azure-v1:Provider"] = "azure1",
            ["Ai:Models:garbled-first:Provider"] = "mock",
            ["Ai:Models:garbled-first:Name"] = "garbled",
            ["Ai:Models:garbled-first:InputPrice"] = "0.15",
            ["Ai:Models:garbled-first:OutputPrice"] = "0.6",
            ["Ai:Models:garbled-first:Fallbacks:0"] = "main",
        };
        return settings.ToDictionary(s => s.Key.Replace(':', separator), s => s.Value);
    }

    private static async Task<string> AskAsync(AiHost host, ModelCallOptions options, bool stream)
    {
        if (!stream)
        {
            return (await host.Client.GetResponseAsync(AiHost.Prompt(Question), options)).Text;
        }
        var text = "";
        await foreach (var update in host.Client.GetStreamingResponseAsync(AiHost.Prompt(Question), options))
        {
            text += update.Text;
        }
        return text;
    }

    private static async Task<ModelFailure> FailAsync(AiHost host, string model, bool stream) =>
        (await Should.ThrowAsync<ModelException>(() => AskAsync(host, new ModelCallOptions { ModelId = model }, stream))).Failure;
}
