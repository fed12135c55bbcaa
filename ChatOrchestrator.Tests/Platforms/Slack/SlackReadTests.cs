using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.Slack;

public sealed class SlackReadTests
{
    private const string Known = """{"botUserId":"UB111","botId":"B111","teamId":"T111"}""";

    [Fact]
    public void A_direct_message_is_addressed_and_needs_no_thread()
    {
        var message = SlackFixture.Read("message_im").ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldBe("D111:1610261659.001400");
        message.Chat.ShouldBe(new ChatAddress("D111"));
        message.IsGroup.ShouldBeFalse();
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hello & welcome");
        message.Author.ShouldBe(new InboundAuthor("W111"));
        message.SentAt.ShouldBe(DateTimeOffset.Parse("2021-01-10T06:54:19.0014Z", System.Globalization.CultureInfo.InvariantCulture));
        message.Content.ShouldBeNull();
    }

    [Fact]
    public void A_mention_begins_a_thread_below_it_and_loses_the_bots_name()
    {
        var message = SlackFixture.Read("app_mention").ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldBe("C111:1595926230.009600");
        message.Chat.ShouldBe(new ChatAddress("C111", "1595926230.009600"));
        message.IsGroup.ShouldBeTrue();
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hi there!");
    }

    [Theory]
    [InlineData(Known)]
    [InlineData("{}")]
    public void The_two_events_of_one_mention_are_one_message(string settings)
    {
        var mention = Changed("app_mention", e => e["text"] = "<@UB111> hi");
        var message = Changed("message_channel", e =>
        {
            e["text"] = "<@UB111> hi";
            e["ts"] = "1595926230.009600";
            e["user"] = "W222";
        });
        var first = SlackFixture.Read(mention, settings).ShouldBeOfType<InboundMessage>();
        var second = SlackFixture.Read(message, settings).ShouldBeOfType<InboundMessage>();
        second.PlatformId.ShouldBe(first.PlatformId);
        second.Chat.ShouldBe(first.Chat);
        second.Kind.ShouldBe(first.Kind);
        second.Text.ShouldBe(first.Text);
        second.Author.ShouldBe(first.Author);
    }

    [Fact]
    public void While_the_bot_is_unknown_a_message_that_mentions_somebody_leaves_it_to_app_mention()
    {
        var message = Changed("message_channel", e => e["text"] = "<@UB111> hi", o => o.Remove("authorizations"));
        SlackFixture.Read(message).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("bot_unknown");
        SlackFixture.Read(message, Known).ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Text);
    }

    [Fact]
    public void References_are_read_as_people_see_them()
    {
        var message = SlackFixture.Read("message_with_mention").ShouldBeOfType<InboundMessage>();
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hey @Helper, ask @robin in #general, see the page (https://example.com/a?b=1&c=2)");
        message.Content!.Mentions.ShouldBe([new Mention("U222", "robin")]);
    }

    [Theory]
    [InlineData("<@UB111>", "@Helper")]
    [InlineData("<@UB111>: what now?", "what now?")]
    [InlineData("<@UB111>, what now?", "what now?")]
    [InlineData("<mailto:a@b.example|a@b.example> <https://x.example>", "a@b.example https://x.example")]
    [InlineData("<http://example.com|example.com>", "http://example.com")]
    [InlineData("<!here> <!subteam^S1|@team> <!date^1392734382^Posted {date}|Feb 18>", "@here @team Feb 18")]
    [InlineData("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3")]
    public void Text_is_unescaped(string raw, string text) =>
        SlackFixture.Read(Changed("message_im", e => e["text"] = raw)).ShouldBeOfType<InboundMessage>().Text.ShouldBe(text);

    [Theory]
    [InlineData("""{"groups":"mention"}""", MessageKind.Overheard, "")]
    [InlineData("""{"groups":"none"}""", MessageKind.Overheard, "")]
    [InlineData("""{"groups":"all"}""", MessageKind.Text, "1610261659.001400")]
    public void Talk_in_a_channel_is_overheard_unless_everything_is_to_be_answered(string settings, MessageKind kind, string thread)
    {
        var message = SlackFixture.Read("message_channel", settings).ShouldBeOfType<InboundMessage>();
        message.Kind.ShouldBe(kind);
        message.Chat.ShouldBe(new ChatAddress("C111", thread));
    }

    [Fact]
    public void In_a_thread_only_mentions_are_answered_unless_the_bot_began_it()
    {
        var reply = Changed("message_channel", e =>
        {
            e["thread_ts"] = "1610261600.000100";
            e["parent_user_id"] = "W222";
        });
        var overheard = SlackFixture.Read(reply).ShouldBeOfType<InboundMessage>();
        overheard.Kind.ShouldBe(MessageKind.Overheard);
        overheard.Chat.ThreadId.ShouldBe("1610261600.000100");
        SlackFixture.Read(Changed("message_channel", e =>
        {
            e["thread_ts"] = "1610261600.000100";
            e["parent_user_id"] = "UB111";
        })).ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Text);
        SlackFixture.Read("message_thread_broadcast").ShouldBeOfType<InboundMessage>().Chat.ShouldBe(new ChatAddress("C111", "1633663824.000500"));
    }

    [Theory]
    [InlineData("/reset", MessageKind.Command, "/reset")]
    [InlineData("<@UB111> /stop now", MessageKind.Command, "/stop now")]
    [InlineData("/deploy it", MessageKind.Text, "/deploy it")]
    public void Only_the_bots_own_commands_are_commands(string raw, MessageKind kind, string text)
    {
        var message = SlackFixture.Read(Changed("message_im", e => e["text"] = raw)).ShouldBeOfType<InboundMessage>();
        message.Kind.ShouldBe(kind);
        message.Text.ShouldBe(text);
    }

    [Fact]
    public void A_file_is_an_attachment()
    {
        var message = SlackFixture.Read("message_file_share", """{"groups":"all"}""").ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe("Hi there!");
        message.Content!.Attachments.ShouldBe(
        [
            new Attachment
            {
                Kind = AttachmentKind.Image, Id = "F111", MimeType = "image/png", Size = 92582, Name = "file.png",
                Url = "https://files.slack.com/files-pri/T111-F111/download/file.png",
            },
        ]);
        var mute = SlackFixture.Read(Changed("file_share_in_dm", e => e["text"] = "")).ShouldBeOfType<InboundMessage>();
        mute.Text.ShouldBe("[photo]");
        mute.Kind.ShouldBe(MessageKind.Text);
    }

    [Theory]
    [InlineData("slack_audio", "video/mp4", AttachmentKind.Voice)]
    [InlineData("slack_video", "video/mp4", AttachmentKind.Video)]
    [InlineData(null, "audio/mpeg", AttachmentKind.Audio)]
    [InlineData(null, "application/pdf", AttachmentKind.Document)]
    public void Files_are_told_apart(string? subtype, string type, AttachmentKind kind)
    {
        var body = Changed("file_share_in_dm", e =>
        {
            e["files"]![0]!["subtype"] = subtype;
            e["files"]![0]!["mimetype"] = type;
        });
        SlackFixture.Read(body).ShouldBeOfType<InboundMessage>().Content!.Attachments.ShouldHaveSingleItem().Kind.ShouldBe(kind);
    }

    [Fact]
    public void Other_bots_are_bots()
    {
        var modern = SlackFixture.Read("message_other_bot").ShouldBeOfType<InboundMessage>();
        modern.Author.ShouldBe(new InboundAuthor("UB222", "other-app", IsBot: true));
        var classic = SlackFixture.Read("message_classic_bot").ShouldBeOfType<InboundMessage>();
        classic.Author.ShouldBe(new InboundAuthor("B888", "classic-bot", IsBot: true));
    }

    [Fact]
    public void The_bots_own_message_settles_the_part_it_was()
    {
        SlackFixture.Read("own_message").ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("own_message");
        SlackFixture.Read("response_url_message", """{"botId":"BZYBOTHED"}""").ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("own_message");
        var reference = new PartReference(Guid.CreateVersion7(), 3);
        var echo = Changed("own_message", e => e["metadata"] = new JsonObject
        {
            ["event_type"] = "chat_part",
            ["event_payload"] = new JsonObject { ["reference"] = reference.ToString() },
        });
        var receipt = SlackFixture.Read(echo).ShouldBeOfType<DeliveryReceipt>();
        receipt.Reference.ShouldBe(reference);
        receipt.PartPlatformId.ShouldBe("C111:1610261700.001500");
        receipt.State.ShouldBe(PartState.Sent);
    }

    [Fact]
    public void Edits_and_deletions_name_the_message()
    {
        var edit = SlackFixture.Read("message_changed").ShouldBeOfType<InboundEdit>();
        edit.PlatformId.ShouldBe("Ev111");
        edit.EditedPlatformId.ShouldBe("C111:1665102338.901939");
        edit.Text.ShouldBe("updated message");
        var deletion = SlackFixture.Read("message_deleted").ShouldBeOfType<InboundDeletion>();
        deletion.DeletedPlatformId.ShouldBe("C111:1665368619.804829");
        SlackFixture.Read(Changed("message_changed", e => e["message"]!.AsObject().Remove("edited"))).ShouldBeOfType<IgnoredEvent>();
        SlackFixture.Read(Changed("message_changed", e => e["message"]!["subtype"] = "tombstone")).ShouldBeOfType<InboundDeletion>();
        SlackFixture.Read(Changed("message_deleted", e => e["previous_message"]!["user"] = "UB111")).ShouldBeOfType<IgnoredEvent>();
    }

    [Fact]
    public void Reactions_and_members_are_told()
    {
        var reaction = SlackFixture.Read("reaction_added").ShouldBeOfType<InboundReaction>();
        reaction.ReactedPlatformId.ShouldBe("C111:1599529504.000400");
        reaction.Reaction.ShouldBe("heart_eyes");
        reaction.Removed.ShouldBeFalse();
        SlackFixture.Read(Changed("reaction_added", e => e["type"] = "reaction_removed")).ShouldBeOfType<InboundReaction>().Removed.ShouldBeTrue();
        SlackFixture.Read("member_joined_channel").ShouldBeOfType<MembershipChanged>().Joined.ShouldBeTrue();
        SlackFixture.Read("member_left_channel").ShouldBeOfType<MembershipChanged>().UserId.ShouldBe("W23456789");
    }

    [Theory]
    [InlineData("app_uninstalled", "app_uninstalled")]
    [InlineData("tokens_revoked", "tokens_revoked")]
    [InlineData("app_home_opened", "app_home_opened")]
    [InlineData("team_access_granted", "team_access_granted")]
    [InlineData("shortcut", "shortcut")]
    [InlineData("view_submission", "view_submission")]
    [InlineData("view_closed", "view_closed")]
    [InlineData("block_suggestion", "block_suggestion")]
    public void What_we_do_not_use_is_ignored_by_its_name(string payload, string type) =>
        SlackFixture.Read(payload).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe(type);

    [Fact]
    public void Events_of_another_workspace_are_not_ours()
    {
        SlackFixture.Read("message_im", """{"teamId":"T999"}""").ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("other_workspace");
        SlackFixture.Read("message_im", Known).ShouldBeOfType<InboundMessage>();
    }

    [Fact]
    public void A_known_event_that_is_not_as_documented_is_kept_as_unreadable()
    {
        SlackFixture.Read(Changed("message_im", e => e["ts"] = new JsonObject())).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("unreadable");
        SlackFixture.Read(Changed("message_im", e => e.Remove("channel"))).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe("unreadable");
    }

    internal static byte[] Changed(string payload, Action<JsonObject> change, Action<JsonObject>? outer = null)
    {
        var body = JsonNode.Parse(SlackFixture.Payload(payload))!.AsObject();
        change(body["event"]!.AsObject());
        outer?.Invoke(body);
        return SlackFixture.Bytes(body.ToJsonString());
    }
}
