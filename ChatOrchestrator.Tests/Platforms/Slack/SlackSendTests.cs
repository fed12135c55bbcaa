using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.Slack;

public sealed class SlackSendTests : IAsyncLifetime
{
    private static readonly ConnectionSnapshot Connection = SlackFixture.Connection();

    private static readonly OutboundPart Part = new(Guid.CreateVersion7(), 0, new ChatAddress("C111", "1595926230.009600"), "*bold* &amp; more", "mrkdwn", "bold & more", 0);

    private WebApiStub _stub = null!;

    public async Task InitializeAsync() => _stub = await WebApiStub.StartAsync();

    public Task DisposeAsync() => _stub.DisposeAsync().AsTask();

    [Fact]
    public async Task A_part_goes_into_its_thread_with_its_reference()
    {
        (await SendAsync(Part)).ShouldBe(new DeliveryOutcome.Delivered("C111:1503435956.000247"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Path.ShouldBe("/api/chat.postMessage");
        call.Token.ShouldBe(SlackFixture.Token);
        call.Text("channel").ShouldBe("C111");
        call.Text("thread_ts").ShouldBe("1595926230.009600");
        call.Text("text").ShouldBe("*bold* &amp; more");
        call.Arguments["metadata"]!["event_payload"]!["reference"]!.ToString().ShouldBe(Part.Reference.ToString());
    }

    [Theory]
    [InlineData("""{"name":"ada","real_name":"Ada King","profile":{"real_name":"Ada K.","display_name":"Ada Lovelace"}}""", "Ada Lovelace")]
    [InlineData("""{"name":"ada","real_name":"Ada King","profile":{"real_name":7,"display_name":""}}""", "Ada King")]
    [InlineData("\"a name as auth.test has it\"", null)]
    public async Task A_persons_name_is_asked_for(string user, string? name)
    {
        _stub.Reply = _ => WebApiStub.Ok($"\"user\":{user}");
        var adapter = SlackFixture.Adapter(_stub.Url);
        (await adapter.FindNameAsync(Connection, "U42", CancellationToken.None)).ShouldBe(name);
        _stub.CallsOf("users.info").ShouldHaveSingleItem().Text("user").ShouldBe("U42");
        _stub.Reply = _ => WebApiStub.Error("missing_scope");
        (await adapter.FindNameAsync(Connection, "U42", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Plain_text_is_not_taken_for_markup()
    {
        await SendAsync(Part with { Text = "2 * 3 < 7 & _x_ <@U1>", Format = null, PlainText = null, Chat = new("D111") });
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Text("text").ShouldBe("2 * 3 &lt; 7 &amp; _x_ &lt;@U1&gt;");
        call.Text("mrkdwn").ShouldBe("false");
        call.Arguments.ContainsKey("thread_ts").ShouldBeFalse();
    }

    [Theory]
    [InlineData("channel_not_found", FailureScope.Chat)]
    [InlineData("not_in_channel", FailureScope.Chat)]
    [InlineData("is_archived", FailureScope.Chat)]
    [InlineData("invalid_auth", FailureScope.Connection)]
    [InlineData("token_revoked", FailureScope.Connection)]
    [InlineData("account_inactive", FailureScope.Connection)]
    [InlineData("missing_scope", FailureScope.Connection)]
    [InlineData("msg_too_long", FailureScope.Part)]
    public async Task A_refusal_keeps_slacks_word(string error, FailureScope scope)
    {
        _stub.Reply = _ => WebApiStub.Error(error);
        (await SendAsync(Part)).ShouldBe(new DeliveryOutcome.Failed(error, scope));
    }

    [Fact]
    public async Task A_word_that_is_not_slacks_is_not_passed_on()
    {
        _stub.Reply = _ => WebApiStub.Error("something xoxb-secret");
        (await SendAsync(Part)).ShouldBe(new DeliveryOutcome.Failed("refused", FailureScope.Part));
    }

    [Theory]
    [InlineData("ratelimited")]
    [InlineData("message_limit_exceeded")]
    public async Task Too_fast_may_come_with_200(string error)
    {
        _stub.Reply = _ => WebApiStub.Error(error) with { RetryAfter = 9 };
        (await SendAsync(Part)).ShouldBe(new DeliveryOutcome.Retry(TimeSpan.FromSeconds(9), "too_many_requests", Throttled: true));
    }

    [Theory]
    [InlineData("internal_error")]
    [InlineData("fatal_error")]
    public async Task Of_an_error_of_the_server_nobody_knows_what_was_done(string error)
    {
        _stub.Reply = _ => WebApiStub.Error(error);
        (await SendAsync(Part)).ShouldBe(new DeliveryOutcome.Unknown("server_error"));
        _stub.Reply = _ => WebApiStub.Error("service_unavailable");
        (await SendAsync(Part)).ShouldBeOfType<DeliveryOutcome.Retry>().Throttled.ShouldBeFalse();
    }

    [Fact]
    public async Task Blocks_that_are_refused_go_out_as_plain_text()
    {
        _stub.Reply = call => call.Arguments.ContainsKey("blocks") ? WebApiStub.Error("invalid_blocks") : null;
        var body = SlackFixture.Adapter().Split("Pick:\n\n[Yes](reply:y) [No](reply:n)").ShouldHaveSingleItem();
        (await SendAsync(Part with { Text = body.Body!, Format = body.Format, PlainText = body.PlainBody })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Count.ShouldBe(2);
        _stub.Calls[0].Arguments["blocks"]!.AsArray().Count.ShouldBe(2);
        _stub.Calls[1].Text("text").ShouldBe("Pick:\n\n1. Yes\n2. No");
    }

    [Fact]
    public async Task Where_the_thread_is_gone_the_channel_is_left()
    {
        _stub.Reply = call => call.Arguments.ContainsKey("thread_ts") ? WebApiStub.Error("thread_not_found") : null;
        (await SendAsync(Part)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_slash_command_is_answered_through_its_url()
    {
        _stub.Reply = call => call.Path == "/commands/1" ? new WebApiStub.Answer(200, "ok") : null;
        (await SendAsync(Part with { AnswerVia = $"ephemeral U1 {_stub.Url}/commands/1" })).ShouldBe(new DeliveryOutcome.Delivered($"response:{Part.Reference}"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Token.ShouldBeEmpty();
        call.Text("response_type").ShouldBe("ephemeral");
        call.Text("replace_original").ShouldBe("false");
        call.Text("text").ShouldBe("*bold* &amp; more");
    }

    [Theory]
    [InlineData("ephemeral", "chat.postEphemeral")]
    [InlineData("in_channel", "chat.postMessage")]
    public async Task When_the_url_is_used_up_it_is_a_message(string visibility, string method)
    {
        _stub.Reply = call => call.Path == "/commands/1" ? WebApiStub.Error("used_url", 404) : null;
        (await SendAsync(Part with { AnswerVia = $"{visibility} U1 {_stub.Url}/commands/1" })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Select(c => c.Method).ShouldBe(["1", method]);
        // A sixth answer is not even tried there.
        await SendAsync(Part with { Ordinal = 5, AnswerVia = $"{visibility} U1 {_stub.Url}/commands/1" });
        _stub.Calls[^1].Method.ShouldBe(method);
        _stub.Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Nobody_but_slack_is_answered()
    {
        await SendAsync(Part with { AnswerVia = "in_channel U1 http://evil.example/x" });
        _stub.Calls.ShouldHaveSingleItem().Method.ShouldBe("chat.postMessage");
    }

    [Fact]
    public async Task A_part_is_found_by_its_reference()
    {
        _stub.Reply = call => call.Text("cursor") is null
            ? WebApiStub.Ok("\"messages\":[{\"ts\":\"1.1\",\"text\":\"x\",\"metadata\":{\"event_type\":\"other\",\"event_payload\":{\"reference\":{}}}}],\"response_metadata\":{\"next_cursor\":\"n\"}")
            : WebApiStub.Ok($"\"messages\":[{{\"ts\":\"2.2\",\"metadata\":{{\"event_type\":\"chat_part\",\"event_payload\":{{\"reference\":\"{Part.Reference}\"}}}}}}]");
        (await FindAsync(Part)).ShouldBe("C111:2.2");
        _stub.Calls.Select(c => c.Method).ShouldBe(["conversations.replies", "conversations.replies"]);
        _stub.Calls[0].Text("ts").ShouldBe("1595926230.009600");
        _stub.Calls[0].Text("include_all_metadata").ShouldBe("true");
        long.Parse(_stub.Calls[0].Text("oldest")!, System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeInRange(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 600, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task What_is_not_there_or_cannot_be_asked_is_not_found()
    {
        _stub.Reply = _ => WebApiStub.Ok("\"messages\":[]");
        (await FindAsync(Part with { Chat = new("D111") })).ShouldBeNull();
        _stub.Calls.ShouldHaveSingleItem().Method.ShouldBe("conversations.history");
        _stub.Reply = _ => WebApiStub.Error("missing_scope");
        (await FindAsync(Part)).ShouldBeNull();
        (await SlackFixture.Adapter("http://127.0.0.1:9").FindAsync(Connection, Part, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task The_connection_is_described_by_its_credentials()
    {
        (await SlackFixture.Adapter(_stub.Url).DescribeAsync(Connection, CancellationToken.None))
            .ShouldBe(new Dictionary<string, string> { ["botUserId"] = "UB111", ["botId"] = "B111", ["teamId"] = "T111" }, ignoreOrder: true);
        _stub.Reply = _ => WebApiStub.Error("invalid_auth");
        (await Should.ThrowAsync<PlatformException>(() => SlackFixture.Adapter(_stub.Url).DescribeAsync(Connection, CancellationToken.None))).Permanent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_bot_may_speak_first()
    {
        _stub.Reply = call => call.Method switch
        {
            "conversations.open" when call.Text("users") == "U1" => WebApiStub.Ok("\"channel\":{\"id\":\"D9\",\"is_im\":true,\"user\":\"U1\"}"),
            "conversations.info" when call.Text("channel") == "C9" => WebApiStub.Ok("\"channel\":{\"id\":\"C9\",\"name\":\"general\"}"),
            "conversations.open" => WebApiStub.Error("user_not_found"),
            _ => WebApiStub.Error("channel_not_found"),
        };
        var adapter = SlackFixture.Adapter(_stub.Url);
        (await adapter.OpenAsync(Connection, "U1", CancellationToken.None)).ShouldBe(new StartedChat(new ChatAddress("D9"), UserId: "U1"));
        (await adapter.OpenAsync(Connection, "C9", CancellationToken.None)).ShouldBe(new StartedChat(new ChatAddress("C9"), IsGroup: true, Title: "#general"));
        (await Should.ThrowAsync<PlatformException>(() => adapter.OpenAsync(Connection, "U404", CancellationToken.None))).Permanent.ShouldBeTrue();
    }

    [Fact]
    public async Task Files_are_fetched_with_the_token_and_from_slack_only()
    {
        var adapter = SlackFixture.Adapter(_stub.Url);
        _stub.Reply = call => call.Method switch
        {
            "file.png" => new WebApiStub.Answer(200, "bytes") { ContentType = "image/png" },
            "login.png" => new WebApiStub.Answer(200, "<html>sign in</html>") { ContentType = "text/html" },
            "files.info" => WebApiStub.Ok($"\"file\":{{\"id\":\"F1\",\"mode\":\"hosted\",\"url_private_download\":\"{_stub.Url}/file.png\"}}"),
            _ => null,
        };
        var file = new Attachment { Kind = AttachmentKind.Image, Id = "F1", MimeType = "image/png", Url = $"{_stub.Url}/file.png" };
        System.Text.Encoding.UTF8.GetString((await adapter.FetchAsync(Connection, file, 1000, CancellationToken.None)).Bytes.Span).ShouldBe("bytes");
        _stub.Calls[0].Token.ShouldBe(SlackFixture.Token);
        (await adapter.FetchAsync(Connection, file with { Url = null }, 1000, CancellationToken.None)).MimeType.ShouldBe("image/png");
        await Refused(file with { Url = "http://evil.example/file.png" }, "refused");
        await Refused(file with { Url = "https://slack.com.evil.example/file.png" }, "refused");
        await Refused(file with { Url = $"{_stub.Url}/login.png" }, "refused");
        await Refused(file with { Size = 1001 }, "too_large");

        async Task Refused(Attachment attachment, string reason) =>
            (await Should.ThrowAsync<MediaException>(() => adapter.FetchAsync(Connection, attachment, 1000, CancellationToken.None))).Message.ShouldBe(reason);
    }

    [Fact]
    public async Task A_streamed_answer_is_one_message_that_ends_as_the_answer()
    {
        var connection = SlackFixture.Connection("""{"streaming":true}""");
        await using var adapter = SlackFixture.Adapter(_stub.Url);
        var part = Part with { Text = "*The* whole answer", Format = "mrkdwn" };
        adapter.Streams(connection).ShouldBeTrue();
        adapter.Stream(connection, new AnswerDraft(part.Chat, Guid.CreateVersion7(), part.MessageId), new string('a', 200));
        await Fixtures.Eventually.TrueAsync(() => _stub.CallsOf("chat.postMessage").Count == 1, TimeSpan.FromSeconds(10), "the beginning is shown");
        _stub.CallsOf("chat.postMessage")[0].Arguments.ContainsKey("metadata").ShouldBeFalse();
        (await adapter.SendAsync(connection, part, CancellationToken.None)).ShouldBe(new DeliveryOutcome.Delivered("C111:1503435956.000247"));
        var edit = _stub.CallsOf("chat.update").ShouldHaveSingleItem();
        edit.Text("ts").ShouldBe("1503435956.000247");
        edit.Text("text").ShouldBe("*The* whole answer");
        edit.Arguments["metadata"]!["event_payload"]!["reference"]!.ToString().ShouldBe(part.Reference.ToString());
        _stub.CallsOf("chat.postMessage").Count.ShouldBe(1);
    }

    private Task<DeliveryOutcome> SendAsync(OutboundPart part) => SlackFixture.Adapter(_stub.Url).SendAsync(Connection, part, CancellationToken.None);

    private Task<string?> FindAsync(OutboundPart part) => SlackFixture.Adapter(_stub.Url).FindAsync(Connection, part, CancellationToken.None);
}
