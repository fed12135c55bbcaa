using System.Net.Http.Json;
using System.Text.Json;
using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>Dead letters through the API, with a model and a Telegram that misbehave on request; on SQLite and on Postgres.</summary>
public sealed class DeadLetterApiTests
{
    private const string Apology = "Sorry, that did not work.";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public Task A_failed_question_is_apologised_for_once_and_answered_by_its_replay_on_SQLite() => RunAsync(null, QuestionsAsync);

    [PostgresFact]
    public async Task A_failed_question_is_apologised_for_once_and_answered_by_its_replay_on_Postgres()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await RunAsync(database.ConnectionString, QuestionsAsync);
    }

    [Fact]
    public Task What_could_not_be_delivered_is_sent_again_on_SQLite() => RunAsync(null, DeliveriesAsync);

    [PostgresFact]
    public async Task What_could_not_be_delivered_is_sent_again_on_Postgres()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await RunAsync(database.ConnectionString, DeliveriesAsync);
    }

    [Fact]
    public Task Many_are_replayed_in_the_order_in_which_they_were_asked() => RunAsync(null, ManyAsync);

    [Fact]
    public Task Bounded_attempts_end_in_a_dead_letter_and_none_while_an_operator_holds_the_conversation() => RunAsync(null, OperatorAsync);

    private static async Task QuestionsAsync(Chat chat)
    {
        var (api, backend) = (chat.Api, chat.Backend);
        chat.Reject("m");
        await chat.SayAsync(0);
        await chat.SawAsync(Apology);
        var letter = await chat.OpenLetterAsync();
        var id = letter.GetProperty("id").GetString()!;
        (letter.GetProperty("stage").GetString(), letter.GetProperty("reason").GetString()).ShouldBe(("turn", "model_rejected"));
        var detail = (await api.GetAsync($"api/v1/dead-letters/{id}")).Ok().Json;
        detail.GetProperty("texts")[0].GetString()!.ShouldContain(chat.Token(0));
        detail.GetProperty("timeline").GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("kind").GetString()).ShouldBeSubsetOf(
            ["sent", "received", "turn_started", "turn_failed", "dead_letter", "answer_saved", "part_sent"]);

        // Bad input changes nothing.
        foreach (var empty in new[] { "", "  \n" })
        {
            (await api.PostAsync($"api/v1/dead-letters/{id}/replay", new { text = empty })).ShouldBeProblem(422, "text");
        }
        (await api.PostAsync($"api/v1/dead-letters/{Guid.CreateVersion7()}/replay")).ShouldBeProblem(404);
        (await api.GetAsync($"api/v1/dead-letters/{Guid.CreateVersion7()}")).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/dead-letters/{Guid.CreateVersion7()}?reason=x")).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/dead-letters/{id}")).ShouldBeProblem(422, "reason");
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/dead-letters/{id}?reason=%20")).ShouldBeProblem(422, "reason");
        (await api.GetAsync("api/v1/dead-letters?state=dead")).ShouldBeProblem(400, "state");
        (await api.GetAsync("api/v1/dead-letters?from=yesterday")).ShouldBeProblem(400);
        (await api.GetAsync("api/v1/audit?cursor=%22")).ShouldBeProblem(400, "cursor");

        // It fails again: another dead letter, and no second apology.
        (await api.PostAsync($"api/v1/dead-letters/{id}/replay")).Ok();
        (await api.PostAsync($"api/v1/dead-letters/{id}/replay")).ShouldBeProblem(409);
        var again = await chat.OpenLetterAsync();
        again.GetProperty("id").GetString().ShouldNotBe(id);
        await chat.IsIdleAsync();
        backend.Chat(chat.Id).ShouldBe([Apology]);

        // The model is well again. The edited question is asked behind what came since.
        backend.ModelFault = null;
        await chat.SayAsync(1);
        await chat.SawAsync(Apology, "reply:" + chat.Token(1));
        var replayed = (await api.PostAsync($"api/v1/dead-letters/{again.GetProperty("id").GetString()}/replay", new { text = "Once more m1s77z?" })).Ok().Json;
        await chat.SawAsync(Apology, "reply:" + chat.Token(1), "reply:m1s77z");
        (await api.GetAsync($"api/v1/messages/{replayed.GetProperty("messageId").GetString()}/timeline")).Ok().Json.GetProperty("outcome").GetString().ShouldBe("answered");
        (await api.PostAsync($"api/v1/dead-letters/{again.GetProperty("id").GetString()}/replay")).ShouldBeProblem(409);
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/dead-letters/{id}?reason=late")).ShouldBeProblem(409);

        // One that an operator answered by hand is refused, and discarded.
        chat.Reject("m");
        await chat.SayAsync(2);
        var third = (await chat.OpenLetterAsync()).GetProperty("id").GetString();
        (await api.PostAsync($"api/v1/conversations/{await chat.ConversationAsync()}/messages", new { text = "By hand." })).Ok();
        var refused = await api.PostAsync($"api/v1/dead-letters/{third}/replay");
        refused.ShouldBeProblem(409);
        refused.Json.GetProperty("reason").GetString().ShouldBe("answered");
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/dead-letters/{third}?reason=Answered%20by%20hand")).Status.ShouldBe(204);

        var audit = (await api.GetAsync("api/v1/audit?subjectType=dead_letter&limit=2")).Ok().Json;
        var entries = audit.GetProperty("items").EnumerateArray()
            .Concat((await api.GetAsync($"api/v1/audit?subjectType=dead_letter&cursor={audit.GetProperty("nextCursor").GetString()}")).Ok().Json.GetProperty("items").EnumerateArray()).ToArray();
        entries.Select(e => e.GetProperty("action").GetString()).ShouldBe(["dead_letter.discarded", "dead_letter.replayed", "dead_letter.replayed"]);
        entries.ShouldAllBe(e => e.GetProperty("actor").GetString() == "owner");
        entries[1].GetProperty("detail").GetProperty("edited").GetBoolean().ShouldBeTrue();
        JsonSerializer.Serialize(entries).ShouldNotContain("Once more");
        (await api.GetAsync($"api/v1/dead-letters?state=replayed&botId={chat.Bot}&connectionId={chat.Connection}")).Ok().Json.GetProperty("items").GetArrayLength().ShouldBe(2);
        api.Service.Output.ShouldNotContain("Once more");
    }

    private static async Task DeliveriesAsync(Chat chat)
    {
        var (api, backend) = (chat.Api, chat.Backend);
        backend.SendFault = RefuseAsync;
        await chat.SayAsync(0);
        var letter = await chat.OpenLetterAsync();
        letter.GetProperty("stage").GetString().ShouldBe("delivery");
        var detail = (await api.GetAsync($"api/v1/dead-letters/{letter.GetProperty("id").GetString()}")).Ok().Json;
        detail.GetProperty("texts").EnumerateArray().Select(t => t.GetString()).ShouldBe(["reply:" + chat.Token(0)]);
        detail.GetProperty("message").GetProperty("parts")[0].GetProperty("state").GetString().ShouldBe("failed");
        await chat.SayAsync(1);
        var second = await chat.OpenLetterAsync(count: 2);
        backend.SendFault = null;

        (await api.PostAsync($"api/v1/dead-letters/{letter.GetProperty("id").GetString()}/replay")).Ok();
        await chat.SawAsync("reply:" + chat.Token(0));
        (await api.PostAsync($"api/v1/dead-letters/{second.GetProperty("id").GetString()}/replay", new { text = "In other words." })).Ok();
        await chat.SawAsync("reply:" + chat.Token(0), "In other words.");
        (await api.PostAsync($"api/v1/dead-letters/{letter.GetProperty("id").GetString()}/replay")).ShouldBeProblem(409);

        var questions = (await api.GetAsync($"api/v1/conversations/{await chat.ConversationAsync()}/messages?order=asc")).Ok().Json.GetProperty("items").EnumerateArray()
            .Where(m => m.GetProperty("author").GetString() == "participant").ToArray();
        await Eventually.PassesAsync(
            async _ => (await api.GetAsync($"api/v1/messages/{questions[0].GetProperty("id").GetString()}/timeline")).Ok().Json.GetProperty("outcome").GetString().ShouldBe("answered"),
            Deadline,
            "what was sent again counts as the answer");
        backend.Asked.ShouldBe(2, "the model is not asked for what it has said");

        static async Task<bool> RefuseAsync(HttpContext http, JsonElement body)
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsJsonAsync(new { ok = false, error_code = 400, description = "Bad Request: message is too long" });
            return true;
        }
    }

    private static async Task ManyAsync(Chat chat)
    {
        chat.Reject("m");
        for (var n = 0; n < 5; n++)
        {
            await chat.SayAsync(n);
            await chat.OpenLetterAsync(count: n + 1);
        }
        chat.Backend.ModelFault = null;
        await chat.IsIdleAsync();

        var filter = $"connectionId={chat.Connection}&reason=model_rejected&from={Uri.EscapeDataString("2020-01-01T00:00:00+02:00")}";
        (await chat.Api.PostAsync($"api/v1/dead-letters/replay?{filter}&limit=500")).ShouldBeProblem(400, "limit");
        (await chat.Api.PostAsync("api/v1/dead-letters/replay?reason=other")).Ok().Json.GetProperty("replayed").GetInt32().ShouldBe(0);
        var first = (await chat.Api.PostAsync($"api/v1/dead-letters/replay?{filter}&limit=3")).Ok().Json;
        var rest = (await chat.Api.PostAsync($"api/v1/dead-letters/replay?{filter}&limit=3&cursor={first.GetProperty("nextCursor").GetString()}")).Ok().Json;

        (first.GetProperty("replayed").GetInt32(), rest.GetProperty("replayed").GetInt32(), rest.GetProperty("nextCursor").ValueKind).ShouldBe((3, 2, JsonValueKind.Null));
        await chat.SawAsync([.. Enumerable.Repeat(Apology, 5), .. Enumerable.Range(0, 5).Select(n => "reply:" + chat.Token(n))]);
        var refused = (await chat.Api.PostAsync($"api/v1/dead-letters/replay?{filter}&state=replayed")).Ok().Json;
        (refused.GetProperty("replayed").GetInt32(), refused.GetProperty("refused").GetInt32()).ShouldBe((0, 5));
        refused.GetProperty("reasons").GetProperty("replayed").GetInt32().ShouldBe(5);
    }

    private static async Task OperatorAsync(Chat chat)
    {
        var asked = 0;
        chat.Backend.ModelFault = async (http, _) =>
        {
            Interlocked.Increment(ref asked);
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = "3";
            await http.Response.WriteAsJsonAsync(new { error = new { message = "slow down" } });
            return true;
        };
        await chat.SayAsync(0);
        await chat.SawAsync(Apology);
        (await chat.OpenLetterAsync()).ShouldSatisfyAllConditions(
            l => l.GetProperty("reason").GetString().ShouldBe("model_rate_limited"), l => l.GetProperty("attempts").GetInt32().ShouldBe(2));
        asked.ShouldBe(2, "the bot's maxAttempts");

        // The operator takes over between the attempts: no apology and no dead letter.
        await chat.SayAsync(1);
        await Eventually.TrueAsync(() => Volatile.Read(ref asked) == 3, Deadline, "the first attempt failed");
        (await chat.Api.PostAsync($"api/v1/conversations/{await chat.ConversationAsync()}/handoff")).Ok();
        await chat.IsIdleAsync();
        await chat.OpenLetterAsync(count: 1);
        chat.Backend.Chat(chat.Id).ShouldBe([Apology]);
    }

    private static async Task RunAsync(string? postgres, Func<Chat, Task> test)
    {
        await using var backend = await FakeBackend.StartAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = postgres;
        settings["Ai__Endpoint"] = new Uri(backend.Address, "v1").ToString();
        settings["Ai__ApiKey"] = "sk-test";
        settings["Ai__Model"] = "fake";
        settings["Platforms__Telegram__ApiBaseUrl"] = backend.Address.ToString().TrimEnd('/');
        settings["PublicUrl"] = "https://chat.example";
        var api = await ApiProcess.StartAsync(settings);
        try
        {
            var bot = (await api.PostAsync("api/v1/bots", new { name = "Bot", processing = new { quietPeriodMs = 0, maxAttempts = 2, apology = Apology } })).Ok().Id();
            var connection = (await api.PostAsync(
                $"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = "777000777:fake", webhookSecret = Chat.Secret } })).Ok().Id();
            await test(new Chat(api, backend, bot, connection));
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    private sealed class Chat(ApiProcess api, FakeBackend backend, string bot, string connection)
    {
        public const string Secret = "webhook-secret";

        public ApiProcess Api => api;

        public FakeBackend Backend => backend;

        public string Bot => bot;

        public string Connection => connection;

        public long Id { get; } = 1;

        public string Token(int number) => new Update(Id, number).Token;

        /// <summary>The provider refuses every question from now on.</summary>
        public void Reject(string because) => backend.ModelFault = async (http, _) =>
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsJsonAsync(new { error = new { message = because } });
            return true;
        };

        public async Task SayAsync(int number) => (await api.SendAsync(
            HttpMethod.Post, $"webhooks/telegram/{connection}", JsonContent.Create(new Update(Id, number).ToJson()), ("X-Telegram-Bot-Api-Secret-Token", Secret))).Ok();

        public Task SawAsync(params string[] texts) =>
            Eventually.PassesAsync(token => Task.Run(() => backend.Chat(Id).ShouldBe(texts), token), Deadline, "the user has read it");

        /// <summary>The newest of the open dead letters, when there are so many.</summary>
        public async Task<JsonElement> OpenLetterAsync(int count = 1)
        {
            JsonElement[] open = [];
            await Eventually.PassesAsync(
                async _ =>
                {
                    open = [.. (await api.GetAsync("api/v1/dead-letters?state=open")).Ok().Json.GetProperty("items").EnumerateArray()];
                    open.Length.ShouldBe(count);
                },
                Deadline,
                "the open dead letters");
            return open[0];
        }

        public async Task<string> ConversationAsync() => (await api.GetAsync("api/v1/conversations")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString()!;

        public Task IsIdleAsync() => Eventually.PassesAsync(
            async _ =>
            {
                var lane = (await api.GetAsync($"api/v1/conversations/{await ConversationAsync()}")).Ok().Json.GetProperty("lane");
                (lane.GetProperty("awaitsAnswer").GetBoolean(), lane.GetProperty("awaitsDelivery").GetBoolean(), lane.GetProperty("worker").ValueKind)
                    .ShouldBe((false, false, JsonValueKind.Null));
            },
            Deadline,
            "the lane is idle");
    }
}
