using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;
using Microsoft.AspNetCore.Http;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>Pictures, buttons and answers that are shown while they are made: a person, the simulated Telegram, our process, a model.</summary>
[Collection(RunsAlone.Name)]
public sealed class TelegramMediaJourneyTests : IAsyncLifetime
{
    private const string AdminKey = "test-admin-key-0123456789";
    private const long Bot = 777000777;
    private const long Person = 41;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<JsonElement> _asked = new();
    private SimulatorInstance _telegram = null!;
    private FakeBackend _model = null!;
    private FileServer _web = null!;
    private ServiceProcess _api = null!;

    public async Task InitializeAsync()
    {
        _telegram = await SimulatorInstance.StartAsync();
        _model = await FakeBackend.StartAsync();
        _web = await FileServer.StartAsync();
        var port = FreePort.Next();
        _api = await ServiceProcess.StartAsync(
            ServiceHost.ApiService,
            new Dictionary<string, string?>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Admin__ApiKey"] = AdminKey,
                ["Ai__Endpoint"] = new Uri(_model.Address, "v1").ToString(),
                ["Ai__ApiKey"] = "sk-test",
                ["Ai__Model"] = "gpt-4o-mini",
                ["Platforms__Telegram__ApiBaseUrl"] = _telegram.Url,
                ["PublicUrl"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            },
            port);
        var bot = await PostAsync("api/v1/bots", new { name = "Helper", processing = new { quietPeriodMs = 300 } });
        await PostAsync(
            $"api/v1/bots/{bot.GetProperty("id").GetGuid()}/connections",
            new { platform = "telegram", displayName = "Helper", secrets = new { botToken = $"{Bot}:token" }, settings = new { streaming = true } });
        await SimulatorInstance.UntilAsync(
            async () => (await _telegram.BotAsync(Bot, "getWebhookInfo"))["result"]!["url"]!.GetValue<string>().Length > 0, "the webhook is registered");
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _web.DisposeAsync();
        await _model.DisposeAsync();
        await _telegram.DisposeAsync();
    }

    [Fact]
    public async Task An_album_a_streamed_answer_a_button_and_a_picture()
    {
        var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        const string Beginning = "These are two **very small pictures**, each of a single pixel, and as far as I can see they are the same picture. ";
        _model.ModelFault = async (http, call) =>
        {
            if (call == 1)
            {
                await StreamAsync(http, [Beginning, "Shall I show ", "it again?\n\n[Yes](rep", "ly:again) [No](reply:no)"], afterFirst: shown.Task);
            }
            else
            {
                await StreamAsync(http, ["![The pi", $"xel]({_web.Url}/p.png)"], Task.CompletedTask);
            }
            return true;
        };
        var picture = new { type = "photo", content = Convert.ToBase64String(FileServer.Png) };
        await _telegram.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { username = "helper_bot" });
        await _telegram.ControlAsync(
            HttpMethod.Post, "telegram/messages", new { bot_id = Bot, user_id = Person, text = "What is this?", media = new[] { picture, picture } });

        // While the model still speaks, its first words can be read.
        JsonNode? draft = null;
        await SimulatorInstance.UntilAsync(async () => (draft = (await BotsAsync()).FirstOrDefault()) is not null, "the answer is shown");
        draft!["text"]!.GetValue<string>().ShouldStartWith("These are two very small pictures");
        draft["reply_markup"].ShouldBeNull();
        shown.SetResult();

        JsonNode? answer = null;
        await SimulatorInstance.UntilAsync(async () => (answer = (await BotsAsync())[0])["reply_markup"] is not null, "the answer is finished");
        answer!["message_id"]!.GetValue<int>().ShouldBe(draft["message_id"]!.GetValue<int>());
        answer["text"]!.GetValue<string>().ShouldEndWith("Shall I show it again?");
        answer["reply_markup"]!["inline_keyboard"]![0]!.AsArray().Select(b => b!["text"]!.GetValue<string>()).ShouldBe(["Yes", "No"]);
        var question = _asked.ShouldHaveSingleItem("an album is one question");
        Images(question).ShouldBe(2);
        question.ToString().ShouldContain("What is this?");

        var press = await _telegram.ControlAsync(
            HttpMethod.Post, "telegram/callbacks", new { bot_id = Bot, user_id = Person, message_id = answer["message_id"]!.GetValue<int>(), data = "again" });
        await SimulatorInstance.UntilAsync(
            async () => await _telegram.ControlAsync(HttpMethod.Get, $"telegram/callbacks/{press!["callback_query_id"]}") is not null, "the button stops spinning");
        await SimulatorInstance.UntilAsync(async () => (await BotsAsync()).Exists(m => m["photo"] is not null), "the picture arrives");
        var last = (await BotsAsync()).Single(m => m["photo"] is not null);
        last["caption"]!.GetValue<string>().ShouldBe("The pixel");
        (await BotsAsync()).Count.ShouldBe(2, "nothing of the draft is left");
        _asked.Last().GetProperty("messages").EnumerateArray().Last().ToString().ShouldContain("Yes");
    }

    [Fact]
    public async Task What_was_shown_of_an_answer_that_an_operator_takes_over_disappears()
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _model.ModelFault = async (http, _) =>
        {
            await StreamAsync(http, [new string('x', 200), " and so on."], rest.Task);
            return true;
        };
        await _telegram.ControlAsync(HttpMethod.Post, "telegram/messages", new { bot_id = Bot, user_id = Person, text = "Hello?" });
        await SimulatorInstance.UntilAsync(async () => (await BotsAsync()).Count == 1, "the answer is shown");
        var conversation = (await GetAsync("api/v1/conversations")).GetProperty("items")[0].GetProperty("id").GetGuid();
        await PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" });
        await SimulatorInstance.UntilAsync(async () => (await BotsAsync()).Count == 0, "what was shown is deleted");
        rest.SetResult();
        await SimulatorInstance.UntilAsync(
            async () => (await GetAsync($"api/v1/conversations/{conversation}/suggestions?state=open")).GetProperty("items").GetArrayLength() == 1, "the answer is a suggestion");
        (await BotsAsync()).ShouldBeEmpty();
    }

    private async Task<List<JsonNode>> BotsAsync() =>
        (await _telegram.MessagesAsync(Bot, Person)).Where(m => m!["from"]!["is_bot"]!.GetValue<bool>()).Select(m => m!).ToList();

    private static int Images(JsonElement request) =>
        request.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("content")).Where(c => c.ValueKind == JsonValueKind.Array)
            .SelectMany(c => c.EnumerateArray()).Count(p => p.GetProperty("type").GetString() == "image_url");

    /// <summary>Answers as a model that streams.</summary>
    private async Task StreamAsync(HttpContext http, string[] pieces, Task afterFirst)
    {
        _asked.Enqueue(_model.LastRequest);
        http.Response.ContentType = "text/event-stream";
        for (var i = 0; i < pieces.Length; i++)
        {
            var chunk = new { id = "c1", @object = "chat.completion.chunk", created = 1, model = "gpt-4o-mini", choices = new[] { new { index = 0, delta = new { role = "assistant", content = pieces[i] }, finish_reason = i == pieces.Length - 1 ? "stop" : null } } };
            await http.Response.WriteAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n");
            await http.Response.Body.FlushAsync();
            if (i == 0)
            {
                await afterFirst.WaitAsync(Deadline);
            }
        }
        await http.Response.WriteAsync("data: [DONE]\n\n");
    }

    private Task<JsonElement> GetAsync(string path) => CallAsync(HttpMethod.Get, path, null);

    private Task<JsonElement> PostAsync(string path, object body) => CallAsync(HttpMethod.Post, path, body);

    private async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Api-Key", AdminKey);
        using var response = await _api.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
