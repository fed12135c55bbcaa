using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;
using ChatOrchestrator.Tests.Platforms.Meta;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

/// <summary>What becomes of a part, against a Graph API on a local port.</summary>
public sealed class MessengerSendTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly OutboundPart Plain = new(Guid.CreateVersion7(), 0, new(MessengerFixture.Person), "2 < 3 👋", null, null, 0) { LastInboundAt = Now };

    private readonly CapturedLog _log = new();
    private GraphStub _stub = null!;
    private MessengerAdapter _adapter = null!;

    public async Task InitializeAsync()
    {
        _stub = await GraphStub.StartAsync();
        _adapter = MessengerFixture.Adapter(_stub.Url, _log, new FakeTimeProvider(Now));
    }

    public async Task DisposeAsync() => await _stub.DisposeAsync();

    [Theory]
    [InlineData("""{"first_name":"Ada","last_name":"Lovelace","id":"1"}""", "Ada Lovelace")]
    [InlineData("""{"first_name":"Ada","last_name":7}""", "Ada")]
    [InlineData("""{"id":"1"}""", "")]
    [InlineData("[]", "")]
    [InlineData("<html>", null)]
    public async Task A_persons_name_is_asked_for(string profile, string? name)
    {
        _stub.Reply = _ => new(200, profile);
        (await _adapter.FindNameAsync(MessengerFixture.Connection(), "../me", CancellationToken.None)).ShouldBe(name);
        _stub.Calls.ShouldHaveSingleItem().Path.ShouldEndWith("/..%2Fme?fields=first_name,last_name");
        _stub.Reply = _ => GraphStub.Error(400, 100);
        (await _adapter.FindNameAsync(MessengerFixture.Connection(), MessengerFixture.Person, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_part_is_a_response_with_our_reference()
    {
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Delivered("m_sent"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call.Method, call.Path).ShouldBe(("POST", "/v25.0/me/messages"));
        call.Authorization.ShouldBe("Bearer " + MessengerFixture.Token);
        call["recipient.id"].ShouldBe(MessengerFixture.Person);
        call["messaging_type"].ShouldBe("RESPONSE");
        call["tag"].ShouldBeNull();
        call["message.text"].ShouldBe("2 < 3 👋");
        call["message.metadata"].ShouldBe(Plain.Reference.ToString());
    }

    [Fact]
    public async Task A_message_of_json_goes_out_as_it_is_with_our_reference()
    {
        (await SendAsync(WithFile)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        var call = _stub.Calls.ShouldHaveSingleItem();
        call["message.attachment.payload.url"].ShouldBe("https://example.com/a.png");
        call["message.metadata"].ShouldBe(WithFile.Reference.ToString());
        call["message.text"].ShouldBeNull();
    }

    [Theory]
    [InlineData(MessageAuthor.Bot, 23, "RESPONSE")]
    [InlineData(MessageAuthor.Bot, 25, null)]
    [InlineData(MessageAuthor.Agent, 23, "RESPONSE")]
    [InlineData(MessageAuthor.Agent, 25, "MESSAGE_TAG")]
    [InlineData(MessageAuthor.Agent, 167, "MESSAGE_TAG")]
    [InlineData(MessageAuthor.Agent, 169, null)]
    public async Task After_a_day_only_people_may_write_and_after_a_week_nobody(MessageAuthor author, int hours, string? type)
    {
        var outcome = await SendAsync(Plain with { Author = author, LastInboundAt = Now.AddHours(-hours) });
        if (type is null)
        {
            outcome.ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
            _stub.Calls.ShouldBeEmpty();
            return;
        }
        outcome.ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls[0]["messaging_type"].ShouldBe(type);
        _stub.Calls[0]["tag"].ShouldBe(type == "MESSAGE_TAG" ? "HUMAN_AGENT" : null);
    }

    [Fact]
    public async Task To_somebody_who_never_wrote_nothing_is_sent() =>
        (await SendAsync(Plain with { LastInboundAt = null })).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));

    [Theory]
    [InlineData(400, 10, 2018278, "window_closed", FailureScope.Part)]
    [InlineData(400, 551, 1545041, "blocked", FailureScope.Chat)]
    [InlineData(400, 200, 1545041, "blocked", FailureScope.Chat)]
    [InlineData(400, 100, 2018001, "chat_not_found", FailureScope.Chat)]
    [InlineData(400, 100, 0, "bad_request", FailureScope.Part)]
    [InlineData(401, 190, 463, "unauthorized", FailureScope.Connection)]
    [InlineData(400, 190, 0, "unauthorized", FailureScope.Connection)]
    [InlineData(403, 10, 0, "permission_missing", FailureScope.Connection)]
    [InlineData(403, 200, 0, "permission_missing", FailureScope.Connection)]
    [InlineData(403, 200, 2018028, "not_reviewed", FailureScope.Part)]
    [InlineData(400, 368, 0, "policy_blocked", FailureScope.Connection)]
    public async Task A_refusal_says_what_else_it_concerns(int status, int code, int subcode, string reason, FailureScope scope)
    {
        _stub.Reply = _ => GraphStub.Error(status, code, subcode, $"quotes {MessengerFixture.Token}");
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Failed(reason, scope));
        _stub.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(400, 613, null, 5)]
    [InlineData(400, 4, null, 60)]
    [InlineData(429, 0, 11, 11)]
    [InlineData(400, 80006, 90, 90)]
    public async Task Too_fast_is_left_to_the_engine(int status, int code, int? retryAfter, int seconds)
    {
        _stub.Reply = _ => code == 0 ? new(status, "slow down", RetryAfter: retryAfter) : GraphStub.Error(status, code) with { RetryAfter = retryAfter };
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Retry(TimeSpan.FromSeconds(seconds), "too_many_requests", Throttled: true));
    }

    [Theory]
    [InlineData(500, 1, false)]
    [InlineData(500, 2, false)]
    [InlineData(400, 1200, false)]
    [InlineData(400, 12345, true)]
    [InlineData(503, 12345, false)]
    public async Task What_passes_is_tried_again(int status, int code, bool transient)
    {
        _stub.Reply = _ => GraphStub.Error(status, code, transient: transient);
        var retry = (await SendAsync(Plain)).ShouldBeOfType<DeliveryOutcome.Retry>();
        (retry.Reason, retry.Throttled).ShouldBe(("server_error", false));
    }

    [Theory]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"error":{"code":"190"}}""")]
    [InlineData("""{"error":7}""")]
    [InlineData("""["error"]""")]
    public async Task An_error_without_a_code_concerns_no_more_than_the_part(string body)
    {
        _stub.Reply = _ => new(400, body);
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Failed("bad_request", FailureScope.Part));
    }

    [Fact]
    public async Task A_file_that_messenger_cannot_fetch_goes_out_as_a_link()
    {
        _stub.Reply = call => call["message.attachment.type"] is null ? null : GraphStub.Error(400, 100, 2018008);
        (await SendAsync(WithFile)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Count.ShouldBe(2);
        _stub.Calls[1]["message.text"].ShouldBe("https://example.com/a.png");
        _stub.Calls[1]["message.metadata"].ShouldBe(WithFile.Reference.ToString());
        _log.ToString().ShouldContain("as a link");
    }

    [Fact]
    public async Task An_accepted_part_with_an_unreadable_answer_may_have_arrived()
    {
        _stub.Reply = _ => new(200, "<html>");
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Unknown("unreadable_answer"));
    }

    [Fact]
    public async Task Typing_marks_the_chat_as_seen_and_its_failure_does_not_matter()
    {
        await _adapter.ShowTypingAsync(MessengerFixture.Connection(), Plain.Chat, CancellationToken.None);
        _stub.Calls.Select(c => c["sender_action"]).ShouldBe(["mark_seen", "typing_on"]);
        _stub.Reply = _ => new(0, "", HangUp: true);
        await _adapter.ShowTypingAsync(MessengerFixture.Connection(), Plain.Chat, CancellationToken.None);
    }

    [Fact]
    public async Task A_connection_is_described_by_its_page()
    {
        _stub.Reply = _ => new(200, """{"id":"104091012345678","name":"Helper's page"}""");
        (await _adapter.DescribeAsync(MessengerFixture.Connection(), CancellationToken.None))
            .ShouldBe(new Dictionary<string, string> { ["pageId"] = "104091012345678", ["pageName"] = "Helper's page" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Registering_subscribes_the_app_to_the_page()
    {
        await _adapter.RegisterAsync(MessengerFixture.Connection(), new Uri("https://bot.example/webhooks/messenger/1"), CancellationToken.None);
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Path.ShouldBe("/v25.0/me/subscribed_apps");
        call.Body.GetProperty("subscribed_fields").EnumerateArray().Select(f => f.GetString()).ShouldContain("message_echoes");
        await _adapter.UnregisterAsync(MessengerFixture.Connection(), CancellationToken.None);
        (_stub.Calls[1].Method, _stub.Calls[1].Path).ShouldBe(("DELETE", "/v25.0/me/subscribed_apps"));
    }

    [Theory]
    [InlineData(190, "unauthorized", true)]
    [InlineData(613, "unreachable", false)]
    public async Task A_refused_call_says_whether_for_good(int code, string message, bool permanent)
    {
        _stub.Reply = _ => GraphStub.Error(400, code);
        var refusal = await Should.ThrowAsync<PlatformException>(() => _adapter.DescribeAsync(MessengerFixture.Connection(), CancellationToken.None));
        (refusal.Message, refusal.Permanent).ShouldBe((message, permanent));
    }

    [Fact]
    public async Task Media_are_fetched_from_the_address_that_came_with_them()
    {
        _stub.Reply = _ => new(200, "", Bytes: [1, 2, 3]);
        var media = await FetchAsync(_stub.Url + "/v/photo.jpg", 10);
        media.Bytes.ToArray().ShouldBe([1, 2, 3]);
        media.MimeType.ShouldBe("image/jpeg");
        _stub.Calls.ShouldHaveSingleItem().Authorization.ShouldBeEmpty();
        (await Should.ThrowAsync<MediaException>(() => FetchAsync(_stub.Url + "/v/photo.jpg", 2))).Message.ShouldBe("too_large");
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("file:///etc/passwd")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Media_are_fetched_from_nowhere_else(string? address) =>
        (await Should.ThrowAsync<MediaException>(() => FetchAsync(address, 10))).Message.ShouldBe("refused");

    private static OutboundPart WithFile => Plain with
    {
        Text = """{"attachment":{"type":"image","payload":{"url":"https://example.com/a.png","is_reusable":false}}}""",
        Format = MessengerParts.MessageFormat,
        PlainText = "https://example.com/a.png",
    };

    private Task<Media> FetchAsync(string? address, int maxBytes) => _adapter.FetchAsync(
        MessengerFixture.Connection(), new ChatOrchestrator.Domain.Messages.Attachment { Kind = AttachmentKind.Image, Url = address }, maxBytes, CancellationToken.None);

    private Task<DeliveryOutcome> SendAsync(OutboundPart part) => _adapter.SendAsync(MessengerFixture.Connection(), part, CancellationToken.None);
}
