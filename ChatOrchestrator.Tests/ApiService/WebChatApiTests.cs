using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ApiService;

public sealed class WebChatApiTests(ApiProcess api) : IClassFixture<ApiProcess>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_page_is_served_for_web_chats_only_and_says_who_may_embed_it()
    {
        var open = await api.CreateWebChatAsync();
        var limited = await api.CreateWebChatAsync(new { allowedOrigins = new[] { "https://shop.example" } });
        var telegram = (await api.PostAsync($"api/v1/bots/{await api.CreateBotAsync()}/connections", new { platform = "telegram", secrets = new { botToken = "4712:abcdefgh" } })).Ok().Id();

        using var any = await api.Client.GetAsync(new Uri($"webchat/{open}", UriKind.Relative));
        using var one = await api.Client.GetAsync(new Uri($"webchat/{limited}", UriKind.Relative));

        any.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        any.Headers.GetValues("Content-Security-Policy").Single().ShouldEndWith("frame-ancestors *");
        one.Headers.GetValues("Content-Security-Policy").Single().ShouldEndWith("frame-ancestors 'self' https://shop.example");
        one.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; script-src 'self'");
        (await api.GetAsync($"webchat/{telegram}")).ShouldBeProblem(404);
        (await api.GetAsync($"webchat/{Guid.CreateVersion7()}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task A_token_opens_its_own_chat_and_no_other()
    {
        var (mine, other) = (await api.CreateWebChatAsync(), await api.CreateWebChatAsync());
        var visitor = await WebChatVisitor.OpenAsync(api, mine);

        foreach (var (path, method) in new[] { ("messages", HttpMethod.Get), ("events", HttpMethod.Get), ("messages", HttpMethod.Post) })
        {
            var body = method == HttpMethod.Post ? new { text = "Hello", clientMessageId = "1" } : null;
            (await api.SendAsync(method, $"webchat/{mine}/{path}", body)).ShouldBeProblem(401);
            (await api.SendAsync(method, $"webchat/{mine}/{path}", body, ("Authorization", "Bearer nonsense"))).ShouldBeProblem(401);
            (await api.SendAsync(method, $"webchat/{other}/{path}", body, visitor.Authorization)).ShouldBeProblem(401);
        }
        (await api.PostAsync($"webchat/{Guid.CreateVersion7()}/sessions", new { })).ShouldBeProblem(404);
    }

    [Fact]
    public async Task An_old_token_goes_on_with_its_conversation_and_a_foreign_one_begins_anew()
    {
        var connection = await api.CreateWebChatAsync();
        var visitor = await WebChatVisitor.OpenAsync(api, connection);
        (await visitor.SayAsync("Hello", "1")).Status.ShouldBe(202);

        var renewed = (await api.PostAsync($"webchat/{connection}/sessions", new { token = visitor.Token })).Ok().Json;
        var again = new WebChatVisitor(api, connection, renewed.GetProperty("token").GetString()!);

        renewed.GetProperty("conversationId").ValueKind.ShouldBe(JsonValueKind.String);
        renewed.GetProperty("limits").GetProperty("maxTextLength").GetInt32().ShouldBe(100_000);
        (await again.ReadAsync()).ShouldContain(m => m.GetProperty("text").GetString() == "Hello");
        var foreign = (await api.PostAsync($"webchat/{connection}/sessions", new { token = "nonsense" })).Ok().Json;
        foreign.GetProperty("conversationId").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Wrong_messages_are_refused_by_field()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());

        (await visitor.SayAsync("", "1")).ShouldBeProblem(422, "text");
        (await visitor.SayAsync(" \n\t", "1")).ShouldBeProblem(422, "text");
        (await visitor.SayAsync(new string('x', 100_001), "1")).ShouldBeProblem(422, "text");
        (await visitor.SayAsync("Hello", null)).Status.ShouldBeOneOf(400, 422);
        (await visitor.SayAsync("Hello", "")).ShouldBeProblem(422, "clientMessageId");
        (await visitor.SayAsync("Hello", new string('x', 101))).ShouldBeProblem(422, "clientMessageId");
        (await visitor.ReadAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pressed_button_is_stored_as_such()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());

        (await visitor.PressAsync("/start now", "1", "yes")).Status.ShouldBe(202);

        var message = (await api.GetAsync($"api/v1/conversations/{await visitor.ConversationAsync()}/messages")).Ok().Json
            .GetProperty("items").EnumerateArray().Single(m => m.GetProperty("text").GetString() == "/start now");
        message.GetProperty("kind").GetString().ShouldBe("button_press");
        (await visitor.PressAsync("Yes", "2", "")).ShouldBeProblem(422, "payload");
        (await visitor.PressAsync("Yes", "2", "a\nb")).ShouldBeProblem(422, "payload");
        (await visitor.PressAsync("Yes", "2", new string('x', 1_001))).ShouldBeProblem(422, "payload");
        (await visitor.PressAsync("", "2", "yes")).ShouldBeProblem(422, "text");
    }

    [Fact]
    public async Task Pictures_come_only_from_where_the_connection_allows_it()
    {
        var (none, some, every) = (await api.CreateWebChatAsync(), await CreateAsync("https://cdn.example", "http://localhost:5090"), await CreateAsync("*"));
        (await PolicyAsync(none)).ShouldContain("; img-src 'self' data:; ");
        (await PolicyAsync(some)).ShouldContain("; img-src 'self' data: https://cdn.example http://localhost:5090; ");
        (await PolicyAsync(every)).ShouldContain("; img-src 'self' data: https:; ");
        (await api.PostAsync($"webchat/{some}/sessions", new { })).Ok().Json.GetProperty("imageOrigins").EnumerateArray().Select(o => o.GetString())
            .ShouldBe(["https://cdn.example", "http://localhost:5090"]);

        var bot = await api.CreateBotAsync();
        foreach (var origin in new[] { "http://cdn.example", "https://cdn.example/path", "https:", "'unsafe-inline'", "https://a.example; script-src *" })
        {
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", settings = new { imageOrigins = new[] { origin } } }))
                .ShouldBeProblem(422, "settings.imageOrigins");
        }

        Task<string> CreateAsync(params string[] imageOrigins) => api.CreateWebChatAsync(new { imageOrigins });

        async Task<string> PolicyAsync(string connection)
        {
            using var page = await api.Client.GetAsync(new Uri($"webchat/{connection}", UriKind.Relative));
            return page.Headers.GetValues("Content-Security-Policy").Single();
        }
    }

    [Fact]
    public async Task Hundred_thousand_characters_of_any_script_come_back_unchanged()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());
        const string Piece = "سلام👩‍👩‍👧 \"<b>\" ";
        var text = string.Concat(Enumerable.Repeat(Piece, 100_000 / Piece.Length)).PadRight(100_000, '.');

        (await visitor.SayAsync(text, "1")).Status.ShouldBe(202);

        (await visitor.ReadAsync())[0].GetProperty("text").GetString().ShouldBe(text);
    }

    [Fact]
    public async Task The_same_client_message_is_stored_once()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => visitor.SayAsync("Once", "the-same")));

        answers.ShouldAllBe(a => a.Status == 202);
        answers.Select(a => a.Text).Distinct().Count().ShouldBe(1);
        (await visitor.ReadAsync()).Count(m => m.GetProperty("role").GetString() == "user").ShouldBe(1);
    }

    [Fact]
    public async Task The_stream_shows_the_question_the_growing_answer_and_the_answer()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());

        var events = await visitor.StreamUntilAsync(null, WebChatVisitor.IsBotMessage, async () => (await visitor.SayAsync("Hello", "c1")).Status.ShouldBe(202));

        var messages = events.Where(e => e.Type == "message").ToArray();
        messages.Select(m => m.Data.GetProperty("role").GetString()).ShouldBe(["user", "bot"]);
        messages[0].Data.GetProperty("clientMessageId").GetString().ShouldBe("c1");
        messages.ShouldAllBe(m => m.Id == m.Data.GetProperty("sequence").GetRawText());
        var (turn, answer) = (messages[1].Data.GetProperty("turnId").GetString(), messages[1].Data.GetProperty("text").GetString()!);
        foreach (var delta in events.Where(e => e.Type == "delta").Select(e => e.Data))
        {
            delta.GetProperty("turnId").GetString().ShouldBe(turn);
            answer.Substring(delta.GetProperty("offset").GetInt32()).ShouldStartWith(delta.GetProperty("text").GetString()!.TrimEnd());
        }
    }

    [Fact]
    public async Task A_resumed_stream_brings_exactly_what_was_missed()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());
        for (var i = 1; i <= 3; i++)
        {
            await visitor.StreamUntilAsync(await LastAsync(visitor), WebChatVisitor.IsBotMessage, () => visitor.SayAsync($"Question {i}", $"q{i}"));
        }
        var all = (await visitor.ReadAsync()).Select(m => m.GetProperty("sequence").GetInt64()).ToArray();
        all.Length.ShouldBe(6);

        for (var known = 0; known < all.Length; known++)
        {
            var after = known == 0 ? (long?)null : all[known - 1];
            var events = await visitor.StreamUntilAsync(after, (type, data) => type == "message" && data.GetProperty("sequence").GetInt64() == all[^1]);

            events.Where(e => e.Type == "message").Select(e => e.Data.GetProperty("sequence").GetInt64()).ShouldBe(all[known..]);
        }
    }

    [Fact]
    public async Task History_pages_backwards()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());
        for (var i = 0; i < 3; i++)
        {
            await visitor.StreamUntilAsync(await LastAsync(visitor), WebChatVisitor.IsBotMessage, () => visitor.SayAsync($"Question {i}", $"q{i}"));
        }
        var all = (await visitor.ReadAsync()).Select(m => m.GetProperty("sequence").GetInt64()).ToArray();

        var seen = new List<long>();
        for (var before = ""; ;)
        {
            var page = await visitor.ReadAsync($"?limit=4{before}");
            seen.InsertRange(0, page.Select(m => m.GetProperty("sequence").GetInt64()));
            if (page.Length < 4)
            {
                break;
            }
            before = $"&before={seen[0]}";
        }

        seen.ShouldBe(all);
        all.ShouldBe(all.Order());
    }

    [Fact]
    public async Task An_operator_who_takes_over_silences_the_bot_at_once_and_is_heard()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());
        var question = "";
        await visitor.StreamUntilAsync(null, (type, _) => type == "delta", async () => question = (await visitor.SayAsync("long", "c1")).Ok().Id());
        var conversation = await visitor.ConversationAsync();

        var taken = (await api.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" })).Ok().Json;
        var said = (await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = "Ada here.", agent = "Ada" })).Ok();

        taken.GetProperty("state").GetString().ShouldBe("handed_off");
        var events = await visitor.StreamUntilAsync(null, (type, data) => type == "message" && data.GetProperty("role").GetString() == "agent");
        events.ShouldNotContain(e => WebChatVisitor.IsBotMessage(e.Type, e.Data));
        await Eventually.PassesAsync(
            async _ => (await api.GetAsync($"api/v1/messages/{question}/timeline")).Ok().Json.GetProperty("outcome").GetString().ShouldBe("silent"),
            Deadline, "the question is silent");
        await Eventually.PassesAsync(
            async _ => (await api.GetAsync($"api/v1/messages/{said.Id()}/timeline")).Ok().Json.GetProperty("outcome").GetString().ShouldBe("delivered"),
            Deadline, "the operator's message is delivered");
        var timeline = (await api.GetAsync($"api/v1/messages/{question}/timeline")).Ok().Json;
        timeline.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("kind").GetString()).ShouldContain("taken_over");
        (await visitor.ReadAsync()).ShouldNotContain(m => m.GetProperty("role").GetString() == "bot");
        (await api.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Bob" })).ShouldBeProblem(409);
        (await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = " " })).ShouldBeProblem(422, "text");
        (await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = new string('x', 100_001) })).ShouldBeProblem(422, "text");

        (await api.PostAsync($"api/v1/conversations/{conversation}/resume")).Ok();
        (await api.PostAsync($"api/v1/conversations/{conversation}/resume")).ShouldBeProblem(409);
        await visitor.StreamUntilAsync(await LastAsync(visitor), WebChatVisitor.IsBotMessage, () => visitor.SayAsync("And now?", "c2"));
    }

    [Fact]
    public async Task An_ended_conversation_takes_no_operator_and_the_page_hears_of_it()
    {
        var visitor = await WebChatVisitor.OpenAsync(api, await api.CreateWebChatAsync());
        await visitor.StreamUntilAsync(null, WebChatVisitor.IsBotMessage, () => visitor.SayAsync("Hello", "c1"));
        var conversation = await visitor.ConversationAsync();

        (await api.PostAsync($"api/v1/conversations/{conversation}/end")).Ok();

        (await api.PostAsync($"api/v1/conversations/{conversation}/end")).ShouldBeProblem(409);
        (await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = "Hello?" })).ShouldBeProblem(409);
        var events = await visitor.StreamUntilAsync(null, (type, _) => type == "state");
        events[^1].Data.GetProperty("state").GetString().ShouldBe("ended");
        var listed = (await api.GetAsync("api/v1/conversations?state=ended")).Ok().Json.GetProperty("items").EnumerateArray();
        listed.Select(c => c.GetProperty("id").GetString()).ShouldContain(conversation);
    }

    private static async Task<long> LastAsync(WebChatVisitor visitor)
    {
        var messages = await visitor.ReadAsync();
        return messages.Length == 0 ? 0 : messages[^1].GetProperty("sequence").GetInt64();
    }
}
