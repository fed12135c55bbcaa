using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

/// <summary>Payloads as Meta's documents have them, replayed.</summary>
public sealed class MessengerReadTests
{
    private static readonly PartReference Ours = new(Guid.Parse("01990000-0000-7000-8000-000000000001"), 0);

    [Fact]
    public void A_text()
    {
        var message = MessengerFixture.Read("text").ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldStartWith("m_mAbC");
        message.Chat.ShouldBe(new ChatAddress(MessengerFixture.Person));
        message.IsGroup.ShouldBeFalse();
        message.Author.ShouldBe(new InboundAuthor(MessengerFixture.Person));
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hello, what can you do? 👋");
        message.Content.ShouldBeNull();
        message.SentAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1760000001234));
    }

    [Theory]
    [InlineData("text_reply", "yes, that one", MessageKind.Text)]
    [InlineData("command", "/reset now", MessageKind.Command)]
    [InlineData("image", "[photo]", MessageKind.Text)]
    [InlineData("images_with_text", "Which is better?", MessageKind.Text)]
    [InlineData("audio", "[voice message]", MessageKind.Text)]
    [InlineData("video", "[video]", MessageKind.Text)]
    [InlineData("file", "[document]", MessageKind.Text)]
    [InlineData("sticker", "[sticker]", MessageKind.Text)]
    [InlineData("thumb", "👍", MessageKind.Text)]
    [InlineData("location", "[location]", MessageKind.Text)]
    [InlineData("fallback", "https://example.com/a", MessageKind.Text)]
    [InlineData("shared_post", "[fallback] A reel https://www.facebook.com/reel/1", MessageKind.Text)]
    [InlineData("template", "[template]", MessageKind.Unsupported)]
    [InlineData("quick_reply", "Red", MessageKind.ButtonPress)]
    [InlineData("postback", "Track my parcel", MessageKind.ButtonPress)]
    [InlineData("postback_without_mid", "Talk to us", MessageKind.ButtonPress)]
    [InlineData("get_started", "/start", MessageKind.Command)]
    public void What_a_message_says(string payload, string text, MessageKind kind)
    {
        var message = MessengerFixture.Read(payload).ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe(text);
        message.Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("image", AttachmentKind.Image, "photo_1.jpg")]
    [InlineData("audio", AttachmentKind.Voice, "audioclip-1760000001.mp4")]
    [InlineData("video", AttachmentKind.Video, "clip.mp4")]
    [InlineData("file", AttachmentKind.Document, "my report.pdf")]
    public void What_is_attached(string payload, AttachmentKind kind, string name)
    {
        var attachment = MessengerFixture.Read(payload).ShouldBeOfType<InboundMessage>().Content!.Attachments.ShouldHaveSingleItem();
        attachment.Kind.ShouldBe(kind);
        attachment.Name.ShouldBe(name);
        attachment.Url!.ShouldStartWith("https://");
    }

    [Fact]
    public void Several_pictures_a_place_a_sticker_and_a_reply()
    {
        Content("images_with_text").Attachments.Select(a => a.Kind).ShouldBe([AttachmentKind.Image, AttachmentKind.Image]);
        var place = Content("location").Attachments.ShouldHaveSingleItem();
        (place.Kind, place.Latitude, place.Longitude).ShouldBe((AttachmentKind.Location, 52.5200066, 13.404954));
        Content("sticker").Attachments.ShouldHaveSingleItem().Kind.ShouldBe(AttachmentKind.Sticker);
        Content("text_reply").Quote!.PlatformId.ShouldEndWith("0900");
    }

    [Fact]
    public void Presses_of_buttons_carry_their_payload()
    {
        Content("quick_reply").Button.ShouldBe(new ButtonPress("COLOUR_RED", "Red"));
        Content("postback").Button.ShouldBe(new ButtonPress("TRACK", "Track my parcel"));
        MessengerFixture.Read("postback_without_mid").PlatformId.ShouldStartWith($"postback:{MessengerFixture.Person}:1760000001234:");
    }

    [Fact]
    public void The_echo_of_a_part_is_its_receipt()
    {
        var receipt = MessengerFixture.Read("echo_of_ours").ShouldBeOfType<DeliveryReceipt>();
        receipt.Reference.ShouldBe(Ours);
        receipt.State.ShouldBe(PartState.Sent);
        receipt.Chat.ShouldBe(new ChatAddress(MessengerFixture.Person));
        receipt.PartPlatformId.ShouldStartWith("m_");
    }

    [Theory]
    [InlineData("echo_of_a_person", "page_echo")]
    [InlineData("echo_of_another_app", "page_echo")]
    [InlineData("referral", "referral")]
    [InlineData("optin", "optin")]
    [InlineData("standby", "standby")]
    [InlineData("feed_change", "feed")]
    public void What_is_only_noted(string payload, string type) => MessengerFixture.Read(payload).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe(type);

    [Fact]
    public void Deliveries_and_reads_are_watermarks_and_receipts()
    {
        var delivered = MessengerFixture.Adapter().Read(MessengerFixture.Connection(), MessengerFixture.Payload("delivery"));
        delivered.Count.ShouldBe(2);
        delivered[0].ShouldBeOfType<DeliveryReceipt>().State.ShouldBe(PartState.Delivered);
        var mark = delivered[1].ShouldBeOfType<DeliveryWatermark>();
        (mark.State, mark.Through, mark.Chat.ChatId).ShouldBe((PartState.Delivered, DateTimeOffset.FromUnixTimeMilliseconds(1760000002345), MessengerFixture.Person));
        MessengerFixture.Read("delivery_without_mids").ShouldBeOfType<DeliveryWatermark>().State.ShouldBe(PartState.Delivered);
        MessengerFixture.Read("read").ShouldBeOfType<DeliveryWatermark>().State.ShouldBe(PartState.Read);
    }

    [Fact]
    public void Reactions_edits_and_deletions()
    {
        var reaction = MessengerFixture.Read("reaction").ShouldBeOfType<InboundReaction>();
        (reaction.Reaction, reaction.Removed).ShouldBe(("❤️", false));
        MessengerFixture.Read("reaction_taken_back").ShouldBeOfType<InboundReaction>().Removed.ShouldBeTrue();
        var text = MessengerFixture.Read("text").PlatformId;
        var edit = MessengerFixture.Read("message_edit").ShouldBeOfType<InboundEdit>();
        (edit.EditedPlatformId, edit.Text).ShouldBe((text, "Hello, what can you really do?"));
        MessengerFixture.Read("message_deleted").ShouldBeOfType<InboundDeletion>().DeletedPlatformId.ShouldBe(text);
    }

    [Fact]
    public void A_bad_entry_does_not_take_the_good_ones_with_it()
    {
        var events = MessengerFixture.Adapter().Read(MessengerFixture.Connection(), MessengerFixture.Payload("batch_with_a_bad_entry"));
        events.OfType<InboundMessage>().Select(m => m.Text).ShouldBe(["still here", "me too"]);
        events.OfType<IgnoredEvent>().Select(e => e.Type).ShouldBe(["unreadable", "empty_entry"]);
    }

    [Fact]
    public void A_batch_keeps_its_order()
    {
        var events = MessengerFixture.Adapter().Read(MessengerFixture.Connection(), MessengerFixture.Payload("batch"));
        events.OfType<InboundMessage>().Select(m => m.Text).ShouldBe(["one", "two", "three"]);
        events.OfType<InboundMessage>().Select(m => m.Chat.ChatId).Distinct().Count().ShouldBe(2);
    }

    private static MessageContent Content(string payload) => MessengerFixture.Read(payload).ShouldBeOfType<InboundMessage>().Content.ShouldNotBeNull();
}
