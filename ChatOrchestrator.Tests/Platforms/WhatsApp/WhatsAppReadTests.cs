using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>Payloads as Meta's documents have them, replayed.</summary>
public sealed class WhatsAppReadTests
{
    private static readonly PartReference Ours = new(Guid.Parse("01990000-0000-7000-8000-000000000001"), 0);

    [Fact]
    public void A_text()
    {
        var message = WhatsAppFixture.Read("text").ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldStartWith("wamid.");
        message.Chat.ShouldBe(new ChatAddress(WhatsAppFixture.Person));
        message.ChatTitle.ShouldBe("Kerry Fisher");
        message.Author.ShouldBe(new InboundAuthor(WhatsAppFixture.Person, "Kerry Fisher"));
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hello, what can you do? 👋");
        message.Content.ShouldBeNull();
        message.SentAt.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1760000001));
    }

    [Theory]
    [InlineData("text_reply", "yes, that one", MessageKind.Text)]
    [InlineData("command", "/help", MessageKind.Command)]
    [InlineData("forwarded", "look", MessageKind.Text)]
    [InlineData("image", "What is this?", MessageKind.Text)]
    [InlineData("voice", "[voice message]", MessageKind.Text)]
    [InlineData("audio", "[audio file]", MessageKind.Text)]
    [InlineData("video", "[video]", MessageKind.Text)]
    [InlineData("document", "the contract", MessageKind.Text)]
    [InlineData("sticker", "[sticker]", MessageKind.Text)]
    [InlineData("location", "[location]", MessageKind.Text)]
    [InlineData("contacts", "[contact]", MessageKind.Text)]
    [InlineData("button", "No", MessageKind.ButtonPress)]
    [InlineData("button_reply", "Track my parcel", MessageKind.ButtonPress)]
    [InlineData("list_reply", "Priority Mail Express", MessageKind.ButtonPress)]
    [InlineData("flow_reply", "[form: {\"colour\":\"red\"}]", MessageKind.Text)]
    [InlineData("order", "Please deliver on Friday\n[order: 2 × di9ozbzfi4 at 30 USD, 1 × nqryix03ez at 25.5 USD]", MessageKind.Text)]
    [InlineData("unsupported", "[unsupported]", MessageKind.Unsupported)]
    [InlineData("unknown", "[unknown]", MessageKind.Unsupported)]
    [InlineData("ephemeral", "[ephemeral]", MessageKind.Unsupported)]
    [InlineData("ad_referral", "I saw your ad", MessageKind.Text)]
    public void What_a_message_says(string payload, string text, MessageKind kind)
    {
        var message = WhatsAppFixture.Read(payload).ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe(text);
        message.Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("image", AttachmentKind.Image, "1003383421387256", "image/jpeg", null)]
    [InlineData("voice", AttachmentKind.Voice, "1039847571239", "audio/ogg; codecs=opus", null)]
    [InlineData("audio", AttachmentKind.Audio, "1039847571240", "audio/mpeg", null)]
    [InlineData("video", AttachmentKind.Video, "1039847571241", "video/mp4", null)]
    [InlineData("document", AttachmentKind.Document, "1039847571242", "application/pdf", "contract.pdf")]
    [InlineData("sticker", AttachmentKind.Sticker, "1039847571243", "image/webp", null)]
    public void What_is_attached(string payload, AttachmentKind kind, string id, string type, string? name) =>
        Content(payload).Attachments.ShouldHaveSingleItem().ShouldBe(new Attachment { Kind = kind, Id = id, MimeType = type, Name = name });

    [Fact]
    public void Places_contacts_replies_and_presses()
    {
        var place = Content("location").Attachments.ShouldHaveSingleItem();
        (place.Latitude, place.Longitude, place.Name).ShouldBe((38.9806263495, -131.9428612257, "Main Street Beach, Main Street Beach, Santa Cruz, CA"));
        Content("contacts").Attachments.Select(a => (a.Name, a.PhoneNumber)).ShouldBe([("Barbara J. Johnson", "+1 (415) 555-0829"), ("Bob", null)]);
        Content("text_reply").Quote!.PlatformId.ShouldEndWith("0900");
        WhatsAppFixture.Read("forwarded").ShouldBeOfType<InboundMessage>().Content.ShouldBeNull();
        Content("button").Button.ShouldBe(new ButtonPress("No-Button-Payload", "No"));
        Content("button_reply").Button.ShouldBe(new ButtonPress("track", "Track my parcel"));
        Content("list_reply").Button.ShouldBe(new ButtonPress("priority_express", "Priority Mail Express"));
    }

    [Fact]
    public void A_person_without_a_number_is_known_by_the_business_scoped_id()
    {
        var message = WhatsAppFixture.Read("user_without_number").ShouldBeOfType<InboundMessage>();
        message.Chat.ShouldBe(new ChatAddress(WhatsAppFixture.UserId));
        message.Author.ShouldBe(new InboundAuthor(WhatsAppFixture.UserId, "Pat", "pat.doe"));
        WhatsAppFixture.Read("user_with_both").ShouldBeOfType<InboundMessage>().Chat.ShouldBe(new ChatAddress(WhatsAppFixture.Person));
        WhatsAppFixture.Read("status_by_user_id").ShouldBeOfType<DeliveryReceipt>().Chat.ShouldBe(new ChatAddress(WhatsAppFixture.UserId));
    }

    [Fact]
    public void A_new_number_or_id_takes_the_conversation_along()
    {
        var number = WhatsAppFixture.Read("system_number_changed").ShouldBeOfType<ChatMigrated>();
        (number.FromChatId, number.ToChatId).ShouldBe((WhatsAppFixture.Person, "16315559999"));
        var id = WhatsAppFixture.Read("system_user_id_changed").ShouldBeOfType<ChatMigrated>();
        (id.FromChatId, id.ToChatId).ShouldBe((WhatsAppFixture.UserId, "US.99991208655302741918"));
    }

    [Fact]
    public void Reactions_edits_and_deletions()
    {
        var reaction = WhatsAppFixture.Read("reaction").ShouldBeOfType<InboundReaction>();
        (reaction.Reaction, reaction.Removed).ShouldBe(("👍", false));
        WhatsAppFixture.Read("reaction_taken_back").ShouldBeOfType<InboundReaction>().Removed.ShouldBeTrue();
        var edit = WhatsAppFixture.Read("edit").ShouldBeOfType<InboundEdit>();
        edit.Text.ShouldBe("what I meant");
        edit.EditedPlatformId.ShouldEndWith("0905");
        WhatsAppFixture.Read("revoke").ShouldBeOfType<InboundDeletion>().DeletedPlatformId.ShouldBe(edit.EditedPlatformId);
    }

    [Theory]
    [InlineData("status_sent", PartState.Sent, true, null)]
    [InlineData("status_delivered", PartState.Delivered, true, null)]
    [InlineData("status_read", PartState.Read, false, null)]
    [InlineData("status_played", PartState.Read, false, null)]
    [InlineData("status_failed_window", PartState.Failed, true, "window_closed")]
    [InlineData("status_failed_unknown", PartState.Failed, false, "error_139999")]
    public void A_status_is_a_receipt(string payload, PartState state, bool isOurs, string? error)
    {
        var receipt = WhatsAppFixture.Read(payload).ShouldBeOfType<DeliveryReceipt>();
        receipt.State.ShouldBe(state);
        receipt.Reference.ShouldBe(isOurs ? Ours : null);
        receipt.Error.ShouldBe(error);
        receipt.Chat.ShouldBe(new ChatAddress(WhatsAppFixture.Person));
        receipt.PlatformId.ShouldStartWith(receipt.PartPlatformId + ":");
    }

    [Theory]
    [InlineData("other_number", "other_number")]
    [InlineData("template_status", "message_template_status_update")]
    [InlineData("errors", "errors")]
    [InlineData("request_welcome", "request_welcome")]
    [InlineData("status_warning", "status")]
    public void What_is_only_noted(string payload, string type) => WhatsAppFixture.Read(payload).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe(type);

    [Fact]
    public void Every_message_and_status_of_a_batch_is_read()
    {
        var events = WhatsAppFixture.Adapter().Read(WhatsAppFixture.Connection(), WhatsAppFixture.Payload("batch"));
        events.OfType<InboundMessage>().Select(m => (m.Text, m.ChatTitle)).ShouldBe([("one", "Kerry Fisher"), ("two", "Kerry Fisher"), ("three", "Ann")]);
        events.OfType<DeliveryReceipt>().Select(r => r.State).ShouldBe([PartState.Delivered, PartState.Read]);
    }

    [Fact]
    public void A_bad_entry_does_not_take_the_good_ones_with_it()
    {
        var events = WhatsAppFixture.Adapter().Read(WhatsAppFixture.Connection(), WhatsAppFixture.Payload("batch_with_a_bad_entry"));
        events.OfType<InboundMessage>().ShouldHaveSingleItem().Text.ShouldBe("still here");
        events.OfType<DeliveryReceipt>().ShouldHaveSingleItem().State.ShouldBe(PartState.Sent);
        events.OfType<IgnoredEvent>().Select(e => e.Type).ShouldBe(["empty_entry", "unknown", "unreadable", "unreadable"]);
    }

    private static MessageContent Content(string payload) => WhatsAppFixture.Read(payload).ShouldBeOfType<InboundMessage>().Content.ShouldNotBeNull();
}
