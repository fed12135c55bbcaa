using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>Messages of groups, as the documents of the Groups API have them.</summary>
public sealed class WhatsAppGroupTests
{
    private const string Group = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD";

    [Theory]
    [InlineData("mention", "to all", MessageKind.Overheard, "to all")]
    [InlineData("mention", "@16505553333 what is this?", MessageKind.Text, "what is this?")]
    [InlineData("mention", "Do you know, @lucky travel?", MessageKind.Text, "Do you know, @lucky travel?")]
    [InlineData("mention", "@lucky travels are over", MessageKind.Overheard, "@lucky travels are over")]
    [InlineData("mention", "@165055533334 is somebody else", MessageKind.Overheard, "@165055533334 is somebody else")]
    [InlineData("mention", "/help", MessageKind.Command, "/help")]
    [InlineData("mention", "@16505553333: /reset", MessageKind.Command, "/reset")]
    [InlineData("mention", "@16505553333", MessageKind.Text, "@16505553333")]
    [InlineData("all", "to all", MessageKind.Text, "to all")]
    [InlineData("none", "@16505553333 what is this?", MessageKind.Overheard, "@16505553333 what is this?")]
    [InlineData("none", "/help", MessageKind.Overheard, "/help")]
    public void What_the_bot_is_called_for_is_answered_and_the_rest_overheard(string answers, string said, MessageKind kind, string text)
    {
        var message = Read(Text(said), answers).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>();
        (message.Kind, message.Text).ShouldBe((kind, text));
        (message.Chat, message.IsGroup, message.ChatTitle).ShouldBe((new ChatAddress(Group), true, null));
        message.Author.ShouldBe(new InboundAuthor(WhatsAppFixture.Person, "Kerry Fisher"));
    }

    [Fact]
    public void A_reply_to_the_bot_is_meant_for_it_and_one_to_somebody_else_is_not()
    {
        Read(Text("and this?", context: """{"from":"16505553333","id":"wamid.A"}""")).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Text);
        Read(Text("and this?", context: """{"from":"16315550000","id":"wamid.B"}""")).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Overheard);
    }

    [Fact]
    public void A_status_counts_for_the_group_and_what_one_of_them_did_not_get_fails_nothing()
    {
        var delivered = Read(Status("delivered", "\"recipient_participant_id\":\"16315551234\"")).ShouldHaveSingleItem().ShouldBeOfType<DeliveryReceipt>();
        (delivered.Chat, delivered.State).ShouldBe((new ChatAddress(Group), PartState.Delivered));
        Read(Status("failed", "\"recipient_participant_id\":\"16315551234\",\"errors\":[{\"code\":131026}]")).ShouldHaveSingleItem().ShouldBeOfType<IgnoredEvent>();
        Read(Status("failed", "\"errors\":[{\"code\":131026}]")).ShouldHaveSingleItem().ShouldBeOfType<DeliveryReceipt>().State.ShouldBe(PartState.Failed);
    }

    [Fact]
    public void Who_comes_and_goes_is_told()
    {
        var came = Read(Change("group_participants_update", $$$"""
            "groups":[{"timestamp":"1760000001","group_id":"{{{Group}}}","type":"group_participants_add","reason":"invite_link","added_participants":[{"wa_id":"16315551234"},{"user_id":"US.13491208655302741918"}]}]
            """));
        came.OfType<MembershipChanged>().Select(m => (m.Chat.ChatId, m.UserId, m.Joined)).ShouldBe([(Group, "16315551234", true), (Group, "US.13491208655302741918", true)]);
        came.Select(e => e.PlatformId).ShouldBeUnique();
        var went = Read(Change("group_participants_update", $$$"""
            "groups":[{"timestamp":"1760000001","group_id":"{{{Group}}}","type":"group_participants_remove","removed_participants":[{"input":"+16315551234"}],"initiated_by":"business"}]
            """));
        went.ShouldHaveSingleItem().ShouldBeOfType<MembershipChanged>().Joined.ShouldBeFalse();
        Read(Change("group_participants_update", $$$"""
            "groups":[{"timestamp":"1760000001","group_id":"{{{Group}}}","type":"group_join_request_created","join_request_id":"1","wa_id":"16315551234"}]
            """)).ShouldHaveSingleItem().ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("group_participants_update");
    }

    [Fact]
    public void A_reaction_is_one_in_the_group()
    {
        var reaction = Read(Change("messages", $$$"""
            "messages":[{"from":"16315551234","group_id":"{{{Group}}}","id":"wamid.R","timestamp":"1760000001","type":"reaction","reaction":{"message_id":"wamid.A","emoji":"👍"}}]
            """)).ShouldHaveSingleItem().ShouldBeOfType<InboundReaction>();
        reaction.Chat.ShouldBe(new ChatAddress(Group));
    }

    private static string Text(string said, string context = "null") => Change("messages", $$$"""
        "contacts":[{"profile":{"name":"Kerry Fisher"},"wa_id":"16315551234"}],
        "messages":[{"from":"16315551234","group_id":"{{{Group}}}","id":"wamid.G","timestamp":"1760000001","type":"text","text":{"body":"{{{said}}}"},"context":{{{context}}}}]
        """);

    private static string Status(string status, string more) => Change("messages", $$$"""
        "statuses":[{"id":"wamid.A","recipient_id":"{{{Group}}}","recipient_type":"group","status":"{{{status}}}","timestamp":"1760000001",{{{more}}}}]
        """);

    private static string Change(string field, string value) => $$$"""
        {"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"{{{field}}}","value":{"messaging_product":"whatsapp",
        "metadata":{"display_phone_number":"+1 650-555-3333","phone_number_id":"{{{WhatsAppFixture.PhoneNumberId}}}"},{{{value}}}}}]}]}
        """;

    private static IReadOnlyList<InboundEvent> Read(string body, string answers = "mention") => WhatsAppFixture.Adapter().Read(
        WhatsAppFixture.Connection($$$"""{"phoneNumberId":"{{{WhatsAppFixture.PhoneNumberId}}}","verifiedName":"Lucky Travel","groups":"{{{answers}}}"}"""), Encoding.UTF8.GetBytes(body));
}
