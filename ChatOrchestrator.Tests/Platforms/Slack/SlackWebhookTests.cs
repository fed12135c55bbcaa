using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Platforms.Slack;

/// <summary>Signatures, the challenge, and the bodies that are forms.</summary>
public sealed class SlackWebhookTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(299, true)]
    [InlineData(-299, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void A_request_is_good_for_five_minutes(int seconds, bool good)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var body = SlackFixture.Payload("message_im");
        var headers = SlackFixture.Sign(body, at: time.GetUtcNow().AddSeconds(seconds));
        Authentic(SlackFixture.Adapter(time: time), SlackFixture.Connection(), body, headers).ShouldBe(good);
    }

    [Fact]
    public void The_documents_example_is_authentic()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_531_420_618));
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["X-Slack-Request-Timestamp"] = "1531420618",
            ["X-Slack-Signature"] = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        };
        Authentic(SlackFixture.Adapter(time: time), SlackFixture.Connection(), SlackFixture.Bytes(SlackFixture.DocumentedCommand), headers).ShouldBeTrue();
    }

    [Fact]
    public void A_signature_of_another_connection_is_rejected()
    {
        var body = SlackFixture.Payload("message_im");
        Authentic(SlackFixture.Adapter(), SlackFixture.Connection(), body, SlackFixture.Sign(body, "another-secret")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("+1700000000")]
    [InlineData(" 1700000000")]
    [InlineData("1700000000.0")]
    [InlineData("99999999999999999999")]
    [InlineData("")]
    public void A_timestamp_is_digits(string timestamp)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var body = SlackFixture.Payload("message_im");
        var headers = SlackFixture.Sign(body, at: time.GetUtcNow());
        headers["X-Slack-Request-Timestamp"] = timestamp;
        Authentic(SlackFixture.Adapter(time: time), SlackFixture.Connection(), body, headers).ShouldBeFalse();
    }

    [Fact]
    public void The_challenge_is_answered_and_nothing_else_is()
    {
        var adapter = SlackFixture.Adapter();
        var connection = SlackFixture.Connection();
        adapter.Reply(connection, Request(SlackFixture.Payload("url_verification")))
            .ShouldBe(new WebhookReply("text/plain", "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"));
        foreach (var name in SlackFixture.PayloadNames().Where(n => n != "url_verification"))
        {
            adapter.Reply(connection, Request(SlackFixture.Payload(name))).ShouldBeNull();
        }
        adapter.Reply(connection, Request(SlackFixture.Bytes(SlackFixture.Command))).ShouldBeNull();
    }

    [Fact]
    public void A_free_slash_command_is_a_text_that_is_answered_through_its_url()
    {
        var message = SlackFixture.Read(SlackFixture.Bytes(SlackFixture.Command)).ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldBe("cmd:111.111.xxx");
        message.Chat.ShouldBe(new ChatAddress("C111"));
        message.ChatTitle.ShouldBe("#random");
        message.IsGroup.ShouldBeTrue();
        message.Author.ShouldBe(new InboundAuthor("W111", Username: "primary-owner"));
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Is it @robin & you?");
        message.Content!.AnswerVia.ShouldBe("ephemeral W111 https://hooks.slack.com/commands/T111/111/xxxxx");
        SlackFixture.Read(SlackFixture.Bytes(SlackFixture.Command), """{"slashReplies":"in_channel"}""")
            .ShouldBeOfType<InboundMessage>().Content!.AnswerVia.ShouldStartWith("in_channel ");
    }

    [Fact]
    public void The_bots_own_slash_commands_are_commands()
    {
        var body = SlackFixture.Command.Replace("%2Fask", "%2Freset", StringComparison.Ordinal).Replace("text=Is+it+%3C%40U222%7Crobin%3E+%26+you%3F", "text=", StringComparison.Ordinal);
        var message = SlackFixture.Read(SlackFixture.Bytes(body)).ShouldBeOfType<InboundMessage>();
        message.Kind.ShouldBe(MessageKind.Command);
        message.Text.ShouldBe("/reset");
    }

    [Fact]
    public void A_button_is_a_press_in_the_thread_of_its_message()
    {
        var press = SlackFixture.Read("block_actions_thread").ShouldBeOfType<InboundMessage>();
        press.PlatformId.ShouldBe("act:12466734323.1395872398");
        press.Chat.ShouldBe(new ChatAddress("C111", "1548261200.000100"));
        press.Kind.ShouldBe(MessageKind.ButtonPress);
        press.Text.ShouldBe("Button");
        press.Content!.Button.ShouldBe(new ButtonPress("click_me_123", "Button"));
        press.Content.AnswerVia.ShouldBeNull();
        SlackFixture.Read("block_actions_ephemeral").ShouldBeOfType<InboundMessage>()
            .Content!.AnswerVia.ShouldBe("ephemeral W111 https://hooks.slack.com/actions/T111/111/random-value");
    }

    [Fact]
    public void A_link_that_looks_like_a_button_says_nothing()
    {
        var body = System.Text.Encoding.UTF8.GetString(SlackFixture.Payload("block_actions_thread")).Replace("reply%3A0", "link%3A0", StringComparison.Ordinal);
        SlackFixture.Read(SlackFixture.Bytes(body)).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("link_button");
    }

    [Fact]
    public void A_check_of_the_certificate_is_nothing() =>
        SlackFixture.Adapter().Read(SlackFixture.Connection(), SlackFixture.Bytes("ssl_check=1&token=x")).ShouldBeEmpty();

    private static WebhookRequest Request(byte[] body) => new(body, _ => null);

    private static bool Authentic(IPlatformAdapter adapter, ConnectionSnapshot connection, byte[] body, Dictionary<string, string> headers) =>
        adapter.Authenticate(connection, new WebhookRequest(body, headers.GetValueOrDefault));
}
