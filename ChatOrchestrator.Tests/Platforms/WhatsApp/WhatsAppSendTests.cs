using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.WhatsApp;
using ChatOrchestrator.Tests.Platforms.Meta;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>What becomes of a part, against a Graph API on a local port.</summary>
public sealed class WhatsAppSendTests : IAsyncLifetime
{
    private const string WithTemplate = $$"""{"phoneNumberId":"{{WhatsAppFixture.PhoneNumberId}}","template":{"name":"we_have_an_answer","language":"en_US","carriesText":true} }""";

    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly OutboundPart Plain = new(Guid.CreateVersion7(), 0, new(WhatsAppFixture.Person), "*2* < 3", "whatsapp", null, 0) { LastInboundAt = Now };
    private static readonly OutboundPart Late = Plain with { LastInboundAt = Now.AddHours(-25) };

    private GraphStub _stub = null!;
    private WhatsAppAdapter _adapter = null!;

    public async Task InitializeAsync()
    {
        _stub = await GraphStub.StartAsync();
        _adapter = WhatsAppFixture.Adapter(_stub.Url, time: new FakeTimeProvider(Now));
    }

    public async Task DisposeAsync() => await _stub.DisposeAsync();

    [Fact]
    public async Task A_text_goes_out_with_our_reference()
    {
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Delivered("wamid.sent"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call.Method, call.Path).ShouldBe(("POST", $"/v25.0/{WhatsAppFixture.PhoneNumberId}/messages"));
        call.Authorization.ShouldBe("Bearer " + WhatsAppFixture.Token);
        (call["messaging_product"], call["recipient_type"], call["to"], call["recipient"], call["type"]).ShouldBe(("whatsapp", "individual", WhatsAppFixture.Person, null, "text"));
        call["text.body"].ShouldBe("*2* < 3");
        call["text.preview_url"].ShouldBe("False");
        call["biz_opaque_callback_data"].ShouldBe(Plain.Reference.ToString());
    }

    [Fact]
    public async Task A_text_with_an_address_shows_its_preview_and_a_person_without_a_number_is_a_recipient()
    {
        await SendAsync(Plain with { Text = "see https://example.com", Chat = new(WhatsAppFixture.UserId) });
        var call = _stub.Calls.ShouldHaveSingleItem();
        call["text.preview_url"].ShouldBe("True");
        (call["to"], call["recipient"]).ShouldBe((null, WhatsAppFixture.UserId));
    }

    [Fact]
    public async Task A_group_is_written_to_by_its_id_and_gets_choices_as_a_list()
    {
        const string Group = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD";
        (await SendAsync(Interactive with { Chat = new(Group) })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call["recipient_type"], call["to"], call["recipient"], call["type"]).ShouldBe(("group", Group, null, "text"));
        call["text.body"].ShouldBe("Shall we?\n\n1. Yes");

        await _adapter.ShowTypingAsync(WhatsAppFixture.Connection(), new(Group), CancellationToken.None);
        _stub.Calls.Count.ShouldBe(1, "groups have no typing indicator");
        var opened = await _adapter.OpenAsync(WhatsAppFixture.Connection(), Group, CancellationToken.None);
        (opened.Chat.ChatId, opened.IsGroup, opened.UserId).ShouldBe((Group, true, null));
    }

    [Fact]
    public async Task A_message_of_json_that_is_refused_for_what_it_is_goes_out_as_text()
    {
        (await SendAsync(Interactive)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.ShouldHaveSingleItem()["interactive.body.text"].ShouldBe("Shall we?");

        _stub.Reply = call => call["type"] == "interactive" ? GraphStub.Error(400, 131009) : null;
        (await SendAsync(Interactive)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls[^1]["text.body"].ShouldBe("Shall we?\n\n1. Yes");
        _stub.Calls[^1]["biz_opaque_callback_data"].ShouldBe(Interactive.Reference.ToString());
    }

    [Theory]
    [InlineData(400, 131047, 0, "window_closed", FailureScope.Part)]
    [InlineData(400, 131026, 0, "undeliverable", FailureScope.Chat)]
    [InlineData(400, 131030, 0, "not_in_allowed_list", FailureScope.Chat)]
    [InlineData(400, 131049, 0, "engagement_limited", FailureScope.Part)]
    [InlineData(400, 131051, 0, "type_not_supported", FailureScope.Part)]
    [InlineData(401, 190, 0, "unauthorized", FailureScope.Connection)]
    [InlineData(400, 100, 33, "unknown_phone_number", FailureScope.Connection)]
    [InlineData(400, 133010, 0, "phone_not_registered", FailureScope.Connection)]
    [InlineData(403, 131031, 0, "account_locked", FailureScope.Connection)]
    [InlineData(403, 10, 0, "permission_missing", FailureScope.Connection)]
    [InlineData(404, 132001, 0, "template_not_found", FailureScope.Part)]
    [InlineData(400, 132012, 0, "template_refused", FailureScope.Part)]
    public async Task A_refusal_says_what_else_it_concerns(int status, int code, int subcode, string reason, FailureScope scope)
    {
        _stub.Reply = _ => GraphStub.Error(status, code, subcode);
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Failed(reason, scope));
    }

    [Theory]
    [InlineData(131056, 6)]
    [InlineData(130429, 5)]
    [InlineData(80007, 60)]
    public async Task Too_fast_is_left_to_the_engine(int code, int seconds)
    {
        _stub.Reply = _ => GraphStub.Error(429, code);
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Retry(TimeSpan.FromSeconds(seconds), "too_many_requests", Throttled: true));
    }

    [Theory]
    [InlineData(500, 131000)]
    [InlineData(503, 131016)]
    [InlineData(400, 131057)]
    public async Task What_passes_is_tried_again(int status, int code)
    {
        _stub.Reply = _ => GraphStub.Error(status, code);
        (await SendAsync(Plain)).ShouldBeOfType<DeliveryOutcome.Retry>().Throttled.ShouldBeFalse();
    }

    [Fact]
    public async Task Outside_the_window_without_a_template_nothing_is_sent_and_it_is_held()
    {
        (await SendAsync(Late)).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
        (await SendAsync(Plain with { LastInboundAt = null })).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
        _stub.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Outside_the_window_a_template_carries_the_text()
    {
        (await SendAsync(Late with { Text = "One\n\n  two\tthree" }, WithTemplate)).ShouldBe(new DeliveryOutcome.Delivered("wamid.sent"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call["type"], call["template.name"], call["template.language.code"]).ShouldBe(("template", "we_have_an_answer", "en_US"));
        call["template.components.0.type"].ShouldBe("body");
        call["template.components.0.parameters.0.text"].ShouldBe("One two three");
        call["biz_opaque_callback_data"].ShouldBe(Late.Reference.ToString());

        // What does not fit into a parameter is not cut.
        (await SendAsync(Late with { Text = new string('x', 1_025) }, WithTemplate)).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
        _stub.Calls.Count.ShouldBe(1);

        // Buttons go as what they say.
        await SendAsync(Interactive with { LastInboundAt = null }, WithTemplate);
        _stub.Calls[^1]["template.components.0.parameters.0.text"].ShouldBe("Shall we? 1. Yes");
    }

    [Fact]
    public async Task A_template_that_does_not_carry_the_text_asks_once_and_the_text_is_held()
    {
        var settings = WithTemplate.Replace("true", "false", StringComparison.Ordinal);
        (await SendAsync(Late, settings)).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
        (await SendAsync(Late with { Ordinal = 1 }, settings)).ShouldBe(new DeliveryOutcome.Failed("window_closed", FailureScope.Part));
        var call = _stub.Calls.ShouldHaveSingleItem();
        call["template.name"].ShouldBe("we_have_an_answer");
        call["template.components"].ShouldBeNull();
        // Its statuses are not those of the part.
        call["biz_opaque_callback_data"].ShouldBeNull();
        _stub.Reply = _ => GraphStub.Error(429, 131056);
        (await SendAsync(Late, settings)).ShouldBeOfType<DeliveryOutcome.Retry>();
    }

    [Fact]
    public async Task Typing_marks_the_last_message_as_read_where_it_is_known()
    {
        var connection = WhatsAppFixture.Connection();
        await _adapter.ShowTypingAsync(connection, Plain.Chat, CancellationToken.None);
        _stub.Calls.ShouldBeEmpty();
        var id = _adapter.Read(connection, WhatsAppFixture.Payload("text"))[0].PlatformId;
        await _adapter.ShowTypingAsync(connection, Plain.Chat, CancellationToken.None);
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call["status"], call["message_id"], call["typing_indicator.type"]).ShouldBe(("read", id, "text"));
        _stub.Reply = _ => new(0, "", HangUp: true);
        await _adapter.ShowTypingAsync(connection, Plain.Chat, CancellationToken.None);
    }

    [Theory]
    [InlineData("+1 (631) 555-1234", "16315551234")]
    [InlineData("0049 151 12345678", "4915112345678")]
    [InlineData("16315551234", "16315551234")]
    [InlineData("US.13491208655302741918", "US.13491208655302741918")]
    [InlineData("0151 12345678", null)]
    [InlineData("Ada", null)]
    [InlineData("123", null)]
    public async Task A_conversation_is_started_by_number_or_id(string recipient, string? chat)
    {
        if (chat is null)
        {
            (await Should.ThrowAsync<PlatformException>(() => _adapter.OpenAsync(WhatsAppFixture.Connection(), recipient, CancellationToken.None))).Permanent.ShouldBeTrue();
            return;
        }
        (await _adapter.OpenAsync(WhatsAppFixture.Connection(), recipient, CancellationToken.None)).ShouldBe(new StartedChat(new ChatAddress(chat), UserId: chat));
    }

    [Fact]
    public async Task A_connection_is_described_by_its_number_and_takes_its_webhooks()
    {
        _stub.Reply = call => call.Method == "GET" ? new(200, """{"display_phone_number":"+1 650-555-3333","verified_name":"Helper Inc","id":"1"}""") : null;
        (await _adapter.DescribeAsync(WhatsAppFixture.Connection(), CancellationToken.None))
            .ShouldBe(new Dictionary<string, string> { ["displayPhoneNumber"] = "+1 650-555-3333", ["verifiedName"] = "Helper Inc" }, ignoreOrder: true);
        await _adapter.RegisterAsync(WhatsAppFixture.Connection(), new Uri("https://bot.example/webhooks/whatsapp/1"), CancellationToken.None);
        var call = _stub.Calls[1];
        (call.Method, call.Path).ShouldBe(("POST", $"/v25.0/{WhatsAppFixture.PhoneNumberId}"));
        call["webhook_configuration.override_callback_uri"].ShouldBe("https://bot.example/webhooks/whatsapp/1");
        call["webhook_configuration.verify_token"].ShouldBe("verify-me-too");
        await _adapter.UnregisterAsync(WhatsAppFixture.Connection(), CancellationToken.None);
        _stub.Calls[2]["webhook_configuration.override_callback_uri"].ShouldBe("");
    }

    private static OutboundPart Interactive => Plain with
    {
        Text = """{"type":"interactive","interactive":{"type":"button","body":{"text":"Shall we?"},"action":{"buttons":[{"type":"reply","reply":{"id":"yes","title":"Yes"}}]}}}""",
        Format = WhatsAppParts.MessageFormat,
        PlainText = "Shall we?\n\n1. Yes",
    };

    private Task<DeliveryOutcome> SendAsync(OutboundPart part, string settings = WhatsAppFixture.Settings) =>
        _adapter.SendAsync(WhatsAppFixture.Connection(settings), part, CancellationToken.None);
}
