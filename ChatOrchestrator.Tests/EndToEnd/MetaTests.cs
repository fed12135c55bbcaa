using System.Text.Json;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>Messenger and WhatsApp from the person's phone to the model and back, through the simulator.</summary>
public sealed class MetaTests(MetaStage stage) : IClassFixture<MetaStage>
{
    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task A_person_is_answered_and_a_long_answer_arrives_whole_and_in_order(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.DoAsync("messages", new { text = "Hello there" });
        (await line.AnsweredAsync(1))[0]["text"]!.GetValue<string>().ShouldContain("Hello there");
        // WhatsApp says what people are called; Messenger is asked.
        await MetaLine.UntilAsync(async () => (await line.ConversationAsync())?.GetProperty("title").GetString() == "Ada Lovelace", "the name is known");
        await line.DoAsync("messages", new { text = "a long one, please" });
        var last = "";
        await MetaLine.UntilAsync(async () => (last = (await line.AnswersAsync())[^1]["text"]!.GetValue<string>()).EndsWith("That was all of it.", StringComparison.Ordinal), "the long answer is there");
        var texts = (await line.AnswersAsync()).Skip(1).Select(m => m["text"]!.GetValue<string>()).ToList();
        texts.Count.ShouldBeGreaterThan(2);
        string.Concat(texts).IndexOf("Section 1", StringComparison.Ordinal).ShouldBeLessThan(string.Concat(texts).IndexOf("Section 9", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task Buttons_are_shown_and_pressed(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.DoAsync("messages", new { text = "Hello" });
        await line.AnsweredAsync(1);
        await line.WriteAsync("Shall **we**?\n\n[Yes, please](reply:yes) [No](reply:no)");
        var shown = (await line.AnsweredAsync(2))[1];
        shown["buttons"]!.AsArray().Select(b => b!["title"]!.GetValue<string>()).ShouldBe(["Yes, please", "No"]);
        await line.DoAsync("presses", new { message_id = shown["id"]!.GetValue<string>(), button_id = "yes" });
        (await line.AnsweredAsync(3))[2]["text"]!.GetValue<string>().ShouldContain("Yes, please");
        (await line.MessagesAsync()).ShouldContain("Yes, please");
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task Webhooks_that_come_twice_or_late_are_answered_once(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.FaultAsync("webhook_twice", count: 2);
        await line.DoAsync("messages", new { text = "first" });
        await line.AnsweredAsync(1);
        await line.FaultAsync("webhook_reordered");
        await line.DoAsync("messages", new { text = "second" });
        await line.DoAsync("messages", new { text = "third" });
        await line.AnsweredAsync(3);
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task A_part_whose_answer_is_lost_is_known_by_what_it_was_sent_with_and_not_sent_again(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.FaultAsync("abort_after_accept");
        await line.DoAsync("messages", new { text = "once" });
        await line.AnsweredAsync(1);
        await line.DoAsync("messages", new { text = "twice" });
        await line.AnsweredAsync(2);
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task Refusals_that_pass_are_waited_out(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.FaultAsync("error", code: product == "messenger" ? 613 : 130429);
        await line.FaultAsync("bad_gateway");
        await line.DoAsync("messages", new { text = "patience" });
        await line.AnsweredAsync(1);
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task What_was_delivered_and_read_is_known(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.DoAsync("messages", new { text = "are you there?" });
        await line.AnsweredAsync(1);
        await StateAsync(line, "delivered");
        await line.DoAsync("reads");
        await StateAsync(line, "read");
    }

    [Fact]
    public async Task A_failure_that_whatsapp_tells_later_is_a_dead_letter_with_its_reason()
    {
        var line = await stage.ConnectAsync("whatsapp");
        await line.FaultAsync("fail_later", code: 131047);
        await line.DoAsync("messages", new { text = "too late" });
        var conversation = "";
        await MetaLine.UntilAsync(async () => await line.ConversationAsync() is not null, "the conversation is there");
        conversation = await line.ConversationIdAsync();
        await MetaLine.UntilAsync(
            async () => (await stage.Api.GetAsync("api/v1/dead-letters?limit=100")).Ok().Json.GetProperty("items").EnumerateArray()
                .Any(d => d.GetProperty("conversationId").GetString() == conversation && d.GetProperty("reason").GetString() == "window_closed"),
            "the dead letter is there");
    }

    [Fact]
    public async Task An_operator_speaks_first_on_whatsapp_with_the_template()
    {
        var line = await stage.ConnectAsync("whatsapp", new { name = "we_have_news", language = "en_US", carriesText = true });
        (await stage.Api.PostAsync($"api/v1/connections/{line.Connection}/conversations", new { to = "+" + line.Person, text = "Your parcel\nis here." })).Ok();
        (await line.AnsweredAsync(1))[0]["text"]!.GetValue<string>().ShouldBe("[we_have_news] Your parcel is here.");
    }

    [Fact]
    public async Task Files_reach_the_bot()
    {
        foreach (var product in new[] { "messenger", "whatsapp" })
        {
            var line = await stage.ConnectAsync(product);
            await line.DoAsync("messages", new { files = new[] { new { name = "report.pdf", mime_type = "application/pdf", base64 = Convert.ToBase64String("%PDF-1.7"u8) } } });
            await line.AnsweredAsync(1);
            (await line.MessagesAsync()).ShouldContain("[document]");
        }
    }

    [Fact]
    public async Task A_person_has_their_data_deleted_on_every_page_of_the_app_and_nobody_else_does()
    {
        var (line, other) = (await stage.ConnectAsync("messenger"), await stage.ConnectAsync("messenger"));
        // Another page of the same app, where the same person wrote too; and somebody else on the first.
        var (elsewhere, somebody) = (other with { Person = line.Person }, line with { Person = line.Person + "7" });
        foreach (var one in (MetaLine[])[line, elsewhere, somebody])
        {
            (await stage.Api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{one.Connection}", new { settings = new { appId = "1517776481860111" } })).Ok();
            await one.DoAsync("messages", new { text = "forget me" });
            await one.AnsweredAsync(1);
        }
        (await ConversationsAsync(line.Person)).ShouldBe(2);
        var answer = (await line.DoAsync("data-deletions")).ShouldNotBeNull();
        (await ConversationsAsync(line.Person)).ShouldBe(0);
        (await ConversationsAsync(somebody.Person)).ShouldBe(1);
        var receipts = await ReceiptsAsync(line.Connection);
        receipts.Count.ShouldBe(2);
        receipts.ShouldContain(r => r.Contains("\"matchedIds\":1", StringComparison.Ordinal));
        receipts.ShouldContain(r => r.Contains("\"messages\":2", StringComparison.Ordinal) && !r.Contains("\"participantId\":null", StringComparison.Ordinal));
        (await ReceiptsAsync(other.Connection)).Count.ShouldBe(2);
        var code = answer["confirmation_code"]!.GetValue<string>();
        var path = new Uri(answer["url"]!.GetValue<string>()).PathAndQuery;
        path.ShouldEndWith("confirmation_code=" + code);
        (await stage.Api.GetAsync(path.TrimStart('/'))).Text.ShouldStartWith("What Meta says is yours has been deleted.");
    }

    [Fact]
    public async Task Without_the_app_s_id_the_receipt_and_the_person_are_told_that_the_chat_is_left()
    {
        var line = await stage.ConnectAsync("messenger");
        await line.DoAsync("messages", new { text = "forget me" });
        await line.AnsweredAsync(1);
        var answer = (await line.DoAsync("data-deletions")).ShouldNotBeNull();
        (await ConversationsAsync(line.Person)).ShouldBe(1);
        (await ReceiptsAsync(line.Connection)).ShouldHaveSingleItem().ShouldContain("\"unmatchedIds\":1");
        (await stage.Api.GetAsync(new Uri(answer["url"]!.GetValue<string>()).PathAndQuery.TrimStart('/'))).Text.ShouldContain("A chat with the page goes under another id");
    }

    [Theory]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    public async Task A_revoked_token_disables_the_connection(string product)
    {
        var line = await stage.ConnectAsync(product);
        await line.DoAsync("messages", new { text = "hello" });
        await line.AnsweredAsync(1);
        await stage.Simulator.ControlAsync(HttpMethod.Put, $"meta/{product}/accounts/{line.Account}", new { is_revoked = true });
        await line.DoAsync("messages", new { text = "still there?" });
        await MetaLine.UntilAsync(
            async () => (await stage.Api.GetAsync($"api/v1/connections/{line.Connection}")).Ok().Json.TryGetProperty("disabledReason", out var reason)
                && reason.ValueKind == JsonValueKind.String && reason.GetString() == "unauthorized",
            "the connection is disabled");
    }

    [Fact]
    public async Task A_whatsapp_group_is_a_conversation_and_the_bot_answers_who_calls_it()
    {
        var line = await stage.ConnectAsync("whatsapp");
        const string Group = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD";
        var group = line with { Person = Group };
        Task SayAsync(string person, string text) => line.DoAsync("messages", new { text, group = Group, speaker = person });

        await SayAsync(line.Person, "Who brings the cake?");
        await SayAsync(line.Person + "1", "@1555" + line.Account[^7..] + " what goes with cake?");
        (await group.AnsweredAsync(1))[0]["text"]!.GetValue<string>().ShouldContain("what goes with cake?");
        var conversation = (await group.ConversationAsync()).ShouldNotBeNull();
        conversation.GetProperty("isGroup").GetBoolean().ShouldBeTrue();
        (await line.ConversationAsync()).ShouldBeNull("nobody is answered in private");
        var messages = await group.MessagesAsync();
        messages.ShouldContain("\"overheard\"");
        messages.ShouldContain("Who brings the cake?");
        await StateAsync(group, "delivered");

        // Groups take no buttons: what would be some is a numbered list.
        await group.WriteAsync("Shall **we**?\n\n[Yes, please](reply:yes) [No](reply:no)");
        var shown = (await group.AnsweredAsync(2))[1];
        shown["buttons"]!.AsArray().ShouldBeEmpty();
        shown["text"]!.GetValue<string>().ShouldContain("1. Yes, please");
    }

    private async Task<int> ConversationsAsync(string person) => (await stage.Api.GetAsync("api/v1/conversations?limit=200")).Ok().Json.GetProperty("items").EnumerateArray()
        .Count(c => c.GetProperty("chatId").GetString() == person);

    private async Task<List<string>> ReceiptsAsync(string connection) =>
    [
        .. (await stage.Api.GetAsync("api/v1/erasures?limit=200")).Ok().Json.GetProperty("items").EnumerateArray()
            .Where(r => r.GetProperty("connectionId").GetString() == connection).Select(r => r.GetRawText()),
    ];

    private static Task StateAsync(MetaLine line, string state) => MetaLine.UntilAsync(
        async () => (await line.MessagesAsync()).Contains($"\"{state}\"", StringComparison.OrdinalIgnoreCase), $"the answer is {state}");
}
