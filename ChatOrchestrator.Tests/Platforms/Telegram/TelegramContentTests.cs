using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>What messages carry beside text, and the updates that are no messages. Real payloads, replayed.</summary>
public sealed class TelegramContentTests
{
    private static readonly Dictionary<string, Attachment> Expected = new()
    {
        ["private_voice"] = new Attachment { Kind = AttachmentKind.Voice, Id = "AwACAgIAAxkBAAIB", MimeType = "audio/ogg", Size = 13_004 },
        ["private_document"] = new Attachment { Kind = AttachmentKind.Document, Id = "BQACAgIAAxkBAAIBQ2", MimeType = "application/pdf", Size = 183_502, Name = "invoice 2025-10.pdf" },
        ["private_image_document"] = new Attachment { Kind = AttachmentKind.Image, Id = "BQACAgIAAxkBAAIBQ3", MimeType = "image/png", Size = 1_835_020, Name = "scan.png" },
        ["private_audio"] = new Attachment { Kind = AttachmentKind.Audio, Id = "CQACAgIAAxkBAAIBRA", MimeType = "audio/mpeg", Size = 8_765_432, Name = "take_five.mp3" },
        ["private_video"] = new Attachment { Kind = AttachmentKind.Video, Id = "BAACAgIAAxkBAAIBRQ", MimeType = "video/mp4", Size = 3_145_728, Name = "IMG_0042.MP4" },
        ["private_video_note"] = new Attachment { Kind = AttachmentKind.Video, Id = "DQACAgIAAxkBAAIBRg", MimeType = "video/mp4", Size = 412_345 },
        ["private_animation"] = new Attachment { Kind = AttachmentKind.Video, Id = "CgACAgQAAxkBAAIB", MimeType = "video/mp4", Size = 40_210, Name = "cat.mp4" },
        ["private_sticker"] = new Attachment { Kind = AttachmentKind.Sticker, Id = "CAACAgIAAxkBAAIB", MimeType = "application/x-tgsticker", Size = 7_500, Name = "😀" },
        ["private_location"] = new Attachment { Kind = AttachmentKind.Location, Latitude = 52.520008, Longitude = 13.404954 },
        ["private_venue"] = new Attachment { Kind = AttachmentKind.Location, Latitude = 51.5007, Longitude = -0.1246, Name = "Big Ben, London" },
        ["private_contact"] = new Attachment { Kind = AttachmentKind.Contact, Name = "Grace Hopper", PhoneNumber = "+4915112345678" },
        ["group_photo_mention"] = new Attachment { Kind = AttachmentKind.Image, Id = "AgACAgIAAxkBAAIBR3", MimeType = "image/jpeg", Size = 98_765 },
    };

    public static TheoryData<string> Attached => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(Attached))]
    public void An_attachment_is_a_reference_with_what_telegram_says_of_it(string payload)
    {
        Content(payload).Attachments.ShouldHaveSingleItem().ShouldBe(Expected[payload]);
    }

    [Fact]
    public void The_pictures_of_an_album_belong_together()
    {
        Content("private_album_photo").AlbumId.ShouldBe("13912345600000");
        Content("private_photo").AlbumId.ShouldBeNull();
    }

    [Fact]
    public void A_plain_text_carries_nothing()
    {
        TelegramFixture.Read("private_text").ShouldBeOfType<InboundMessage>().Content.ShouldBeNull();
    }

    [Fact]
    public void A_reply_quotes_what_it_replies_to_and_what_was_picked_of_it()
    {
        Content("private_reply").Quote.ShouldBe(new Quote("5012345678:40", "Shall I go on?", IsBots: true));
        Content("private_quote").Quote.ShouldBe(new Quote("5012345678:40", "by boat", IsBots: true));
    }

    [Fact]
    public void In_a_topic_the_message_that_opened_it_is_no_quote()
    {
        Content("topic_mention").Quote.ShouldBeNull();
    }

    [Fact]
    public void Others_are_mentioned_the_bot_is_addressed()
    {
        var message = TelegramFixture.Read("group_photo_mention").ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe("what is that, @grace?");
        message.Content!.Mentions.ShouldBe([new Mention("@grace", "@grace")]);
    }

    [Fact]
    public void A_question_in_a_group_is_answered_by_itself_where_the_bot_is_called_by_name()
    {
        Content("group_mention").AnswerVia.ShouldNotBeNull();
        TelegramFixture.Read("group_mention", """{"username":"helper_bot","groups":"all"}""").ShouldBeOfType<InboundMessage>().Content.ShouldBeNull();
        TelegramFixture.Read("group_text").ShouldBeOfType<InboundMessage>().Content.ShouldBeNull("nobody asked the bot");
    }

    [Fact]
    public void A_button_is_its_label_and_its_payload()
    {
        var press = TelegramFixture.Read("callback_query_group").ShouldBeOfType<InboundMessage>();
        press.PlatformId.ShouldBe("callback:21528900000000002");
        press.Chat.ShouldBe(new ChatAddress("-1001987654321", "77"));
        (press.Kind, press.Text, press.IsGroup).ShouldBe((MessageKind.ButtonPress, "Two", true));
        press.Content!.Button.ShouldBe(new ButtonPress("2", "Two"));
        press.Author.ShouldBe(new InboundAuthor("5012345678", "Ada Lovelace", "ada_l", "en"));

        TelegramFixture.Read("callback_query_group", """{"groups":"none"}""").ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Overheard);
    }

    [Fact]
    public void A_button_of_a_message_that_telegram_does_not_show_any_more_is_its_payload()
    {
        var press = TelegramFixture.Read("callback_query_inaccessible").ShouldBeOfType<InboundMessage>();
        (press.Kind, press.Text).ShouldBe((MessageKind.ButtonPress, "old"));
        press.Content!.Button.ShouldBe(new ButtonPress("old"));
        TelegramFixture.Read("callback_query_inline").ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("callback_query");
    }

    [Fact]
    public void A_payload_that_is_too_long_for_telegram_comes_back_as_the_label()
    {
        var payload = new string('ю', 33);
        var keyboard = TelegramButtons.Keyboard(new ButtonsBlock([new AnswerButton("Choose this one", payload, null), new AnswerButton("That one", payload + "!", null)]));
        var data = keyboard["inline_keyboard"]![0]![0]!["callback_data"]!.ToString();
        Encoding.UTF8.GetByteCount(data).ShouldBeLessThanOrEqualTo(64);
        keyboard["inline_keyboard"]![1]![0]!["callback_data"]!.ToString().ShouldNotBe(data);

        var body = $"{{\"update_id\":1,\"callback_query\":{{\"id\":\"7\",\"from\":{{\"id\":3}},\"data\":{JsonSerializer.Serialize(data)},\"message\":{{\"message_id\":2,\"chat\":{{\"id\":3,\"type\":\"private\"}},\"reply_markup\":{keyboard.ToJsonString()}}}}}}}";
        var press = TelegramFixture.Adapter().Read(TelegramFixture.Connection(), Encoding.UTF8.GetBytes(body)).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>();
        press.Text.ShouldBe("Choose this one");
        press.Content!.Button.ShouldBe(new ButtonPress("Choose this one", "Choose this one"));
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("{\"order\":4711,\"step\":\"confirm\"}")]
    public void A_payload_that_fits_is_the_buttons_data(string payload) => TelegramButtons.DataOf(payload).ShouldBe(payload);

    [Fact]
    public void Reactions_come_and_go()
    {
        TelegramFixture.Read("message_reaction").ShouldBe(
            new InboundReaction { PlatformId = "u912345634", Chat = new("5012345678"), ReactedPlatformId = "5012345678:40", Reaction = "👍" });
        var changed = TelegramFixture.Adapter().Read(TelegramFixture.Connection(), TelegramFixture.Payload("message_reaction_changed"));
        changed.OfType<InboundReaction>().Select(r => (r.Reaction, r.Removed)).ShouldBe([("5368324170671202286", false), ("👍", true)]);
        changed.Select(r => r.PlatformId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Comings_and_goings()
    {
        var removed = TelegramFixture.Read("my_chat_member_removed").ShouldBeOfType<MembershipChanged>();
        (removed.Chat, removed.UserId, removed.Joined).ShouldBe((new ChatAddress("-1001987654321"), "777000777", false));
        TelegramFixture.Read("my_chat_member_added").ShouldBeOfType<MembershipChanged>().Joined.ShouldBeTrue();
        TelegramFixture.Read("my_chat_member_promoted").ShouldBeOfType<IgnoredEvent>();

        TelegramFixture.Adapter().Read(TelegramFixture.Connection(), TelegramFixture.Payload("new_chat_members_two"))
            .OfType<MembershipChanged>().Select(m => (m.UserId, m.Joined)).ShouldBe([("5012345699", true), ("5012345700", true)]);
        TelegramFixture.Read("new_chat_members").ShouldBeOfType<IgnoredEvent>("the bot's own coming is told by my_chat_member");
        TelegramFixture.Read("left_chat_member").ShouldBeOfType<MembershipChanged>().Joined.ShouldBeFalse();
    }

    [Fact]
    public void A_caption_can_be_edited()
    {
        var edit = TelegramFixture.Read("edited_caption").ShouldBeOfType<InboundEdit>();
        (edit.EditedPlatformId, edit.Text).ShouldBe(("5012345678:42", "What is that?"));
    }

    [Fact]
    public void A_press_is_confirmed_in_the_webhooks_answer_and_nothing_else_is()
    {
        Reply("callback_query").ShouldBe(new WebhookReply("application/json", """{"method":"answerCallbackQuery","callback_query_id":"21528900000000001"}"""));
        Reply("callback_query_inline").ShouldNotBeNull("it spins all the same");
        Reply("private_text").ShouldBeNull();
        Reply("message_reaction").ShouldBeNull();

        static WebhookReply? Reply(string payload) =>
            TelegramFixture.Adapter().Reply(TelegramFixture.Connection(), new WebhookRequest(TelegramFixture.Payload(payload), _ => null));
    }

    private static MessageContent Content(string payload) => TelegramFixture.Read(payload).ShouldBeOfType<InboundMessage>().Content.ShouldNotBeNull();
}
