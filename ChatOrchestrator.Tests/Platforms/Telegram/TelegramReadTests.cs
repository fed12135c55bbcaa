using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>Real payloads, replayed.</summary>
public sealed class TelegramReadTests
{
    [Fact]
    public void A_private_text()
    {
        var message = TelegramFixture.Read("private_text").ShouldBeOfType<InboundMessage>();
        message.PlatformId.ShouldBe("5012345678:41");
        message.Chat.ShouldBe(new ChatAddress("5012345678"));
        message.IsGroup.ShouldBeFalse();
        message.ChatTitle.ShouldBe("Ada Lovelace");
        message.Author.ShouldBe(new InboundAuthor("5012345678", "Ada Lovelace", "ada_l", "en"));
        message.Kind.ShouldBe(MessageKind.Text);
        message.Text.ShouldBe("Hello, what can you do? 👋");
        message.SentAt.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1760000001));
    }

    [Theory]
    [InlineData("private_command", "/start ref_42", MessageKind.Command)]
    [InlineData("private_photo", "What is this?", MessageKind.Text)]
    [InlineData("private_album_photo", "[photo]", MessageKind.Text)]
    [InlineData("private_sticker", "[sticker]", MessageKind.Text)]
    [InlineData("private_voice", "[voice message]", MessageKind.Text)]
    [InlineData("private_venue", "[location]", MessageKind.Text)]
    [InlineData("private_animation", "[video]", MessageKind.Text)]
    [InlineData("private_dice", "[dice]", MessageKind.Unsupported)]
    [InlineData("private_poll", "[poll]", MessageKind.Unsupported)]
    [InlineData("callback_query", "Yes", MessageKind.ButtonPress)]
    [InlineData("private_reply", "yes", MessageKind.Text)]
    [InlineData("group_text", "anyone here?", MessageKind.Overheard)]
    [InlineData("group_mention", "what is new?", MessageKind.Text)]
    [InlineData("group_mention_of_other", "@grace have a look", MessageKind.Overheard)]
    [InlineData("group_text_mention", "🙂 Helper, please", MessageKind.Text)]
    [InlineData("group_reply_to_bot", "and now?", MessageKind.Text)]
    [InlineData("group_command", "/reset", MessageKind.Command)]
    [InlineData("group_command_of_other", "/reset@other_bot now", MessageKind.Overheard)]
    [InlineData("topic_text", "talk in a topic", MessageKind.Overheard)]
    [InlineData("topic_mention", "what is the pressure, @helper_bot?", MessageKind.Text)]
    [InlineData("group_anonymous_admin", "report", MessageKind.Text)]
    public void What_a_message_says_and_to_whom(string payload, string text, MessageKind kind)
    {
        var message = TelegramFixture.Read(payload).ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe(text);
        message.Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("edited_live_location", "edited_message", "u912345611")]
    [InlineData("group_automatic_forward", "automatic_forward", "u912345622")]
    [InlineData("own_message", "own_message", "u912345624")]
    [InlineData("new_chat_members", "new_chat_members", "u912345625")]
    [InlineData("pinned_message", "pinned_message", "u912345626")]
    [InlineData("channel_post", "channel_post", "u912345629")]
    [InlineData("poll_answer", "poll_answer", "u912345635")]
    [InlineData("unknown_update", "mind_reading", "u912345636")]
    public void What_is_no_message_to_the_bot_is_kept_under_its_name(string payload, string type, string id)
    {
        TelegramFixture.Read(payload).ShouldBe(new IgnoredEvent { PlatformId = id, Type = type });
    }

    [Fact]
    public void What_another_bot_writes_is_a_message_by_a_bot()
    {
        var message = TelegramFixture.Read("group_other_bot").ShouldBeOfType<InboundMessage>();
        (message.Author.IsBot, message.Author.UserId).ShouldBe((true, "600100200"));
        TelegramFixture.Read("group_anonymous_admin").ShouldBeOfType<InboundMessage>().Author.IsBot.ShouldBeFalse("a person writes in the group's name");
    }

    [Fact]
    public void An_edit_names_the_message_that_was_edited()
    {
        TelegramFixture.Read("edited_message").ShouldBe(
            new InboundEdit { PlatformId = "u912345610", EditedPlatformId = "5012345678:41", Text = "Hello, what else can you do?" });
    }

    [Fact]
    public void Blocking_and_unblocking()
    {
        TelegramFixture.Read("my_chat_member_blocked").ShouldBe(new ParticipantBlocked { PlatformId = "u912345630", UserId = "5012345678", Blocked = true });
        TelegramFixture.Read("my_chat_member_unblocked").ShouldBe(new ParticipantBlocked { PlatformId = "u912345631", UserId = "5012345678", Blocked = false });
    }

    [Fact]
    public void A_migration_is_the_same_from_either_side()
    {
        TelegramFixture.Read("migrate_to_chat_id").ShouldBe(
            new ChatMigrated { PlatformId = "u912345627", FromChatId = "-500600700", ToChatId = "-1002000300400" });
        TelegramFixture.Read("migrate_from_chat_id").ShouldBe(
            new ChatMigrated { PlatformId = "u912345628", FromChatId = "-500600700", ToChatId = "-1002000300400" });
    }

    [Fact]
    public void A_topic_is_part_of_the_address()
    {
        TelegramFixture.Read("topic_text").ShouldBeOfType<InboundMessage>().Chat.ShouldBe(new ChatAddress("-1001987654321", "77"));
        TelegramFixture.Read("group_text").ShouldBeOfType<InboundMessage>().Chat.ShouldBe(new ChatAddress("-1001987654321"));
    }

    [Fact]
    public void An_anonymous_administrator_writes_as_the_group()
    {
        TelegramFixture.Read("group_anonymous_admin").ShouldBeOfType<InboundMessage>().Author
            .ShouldBe(new InboundAuthor("-1001987654321", "Engine room", "engine_room"));
    }

    [Theory]
    [InlineData("""a\u0000b""", "a\uFFFDb")]
    [InlineData("""lone \ud83d high""", "lone \uFFFD high")]
    [InlineData("""lone \ude00 low""", "lone \uFFFD low")]
    [InlineData("""swapped \ude00\ud83d""", "swapped \uFFFD\uFFFD")]
    [InlineData("""a pair \ud83d\ude00, \"quoted\" \\ \/ \n\t\r\b\f é \u00e9""", "a pair 😀, \"quoted\" \\ / \n\t\r\b\f é é")]
    [InlineData("""end \ud83d""", "end \uFFFD")]
    public void Text_that_no_store_can_keep_is_repaired_character_for_character(string escaped, string expected)
    {
        var body = $$$"""{"update_id":1,"message":{"message_id":2,"from":{"id":3,"first_name":"{{{escaped}}}"},"chat":{"id":3,"type":"private"},"date":0,"text":"{{{escaped}}}"}}""";
        var message = Read(body).ShouldBeOfType<InboundMessage>();
        message.Text.ShouldBe(expected);
        message.Author.DisplayName.ShouldBe(expected);
        message.SentAt.ShouldBeNull();
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_repaired()
    {
        var body = Encoding.UTF8.GetBytes("""{"update_id":1,"message":{"message_id":2,"from":{"id":3},"chat":{"id":3,"type":"private"},"text":"a#b"}}""");
        body[Array.IndexOf(body, (byte)'#')] = 0xFF;
        TelegramFixture.Adapter().Read(TelegramFixture.Connection(), body)[0].ShouldBeOfType<InboundMessage>().Text.ShouldBe("a\uFFFDb");
    }

    [Fact]
    public void A_long_text_is_read_whole()
    {
        var text = string.Concat(Enumerable.Repeat("слово 😀 ", 12_500));
        Read($$$"""{"update_id":1,"message":{"message_id":2,"from":{"id":3},"chat":{"id":3,"type":"private"},"text":"{{{text}}}"}}""")
            .ShouldBeOfType<InboundMessage>().Text.ShouldBe(text);
    }

    [Fact]
    public void Deep_nesting_in_a_field_that_is_skipped_is_no_error()
    {
        var deep = new string('[', 200) + new string(']', 200);
        Read($$$"""{"deep":{{{deep}}},"update_id":1,"message":{"message_id":2,"from":{"id":3},"chat":{"id":3,"type":"private"},"text":"x","rich":{{{deep}}}}}""")
            .ShouldBeOfType<InboundMessage>();
    }

    [Theory]
    [InlineData("""{"message":{"message_id":2,"chat":{"id":3,"type":"private"},"text":"s3cr3t"}}""")]
    [InlineData("""{"update_id":"s3cr3t","message":{}}""")]
    [InlineData("""{"update_id":null}""")]
    [InlineData("""{"update_id":1.5}""")]
    [InlineData("""{"update_id":1,"message":"s3cr3t"}""")]
    [InlineData("""{"update_id":1,"message":{"message_id":2,"text":"s3cr3t"}}""")]
    [InlineData("""{"update_id":1,"message":{"chat":{"id":3},"text":"s3cr3t"}}""")]
    [InlineData("""{"update_id":1,"message":{"message_id":2,"chat":{"id":3},"text":{"s3cr3t":1}}}""")]
    [InlineData("""{"update_id":1,"message":{"message_id":99999999999999999999,"chat":{"id":3},"text":"s3cr3t"}}""")]
    [InlineData("""{"update_id":1} s3cr3t""")]
    [InlineData("""{"update_id":1,"\ud800":{"s3cr3t":1}}""")]
    public void A_wrong_type_is_malformed_and_not_quoted(string body)
    {
        Should.Throw<MalformedPayloadException>(() => Read(body)).ToString().ShouldNotContain("s3cr3t");
    }

    [Theory]
    [InlineData("""{"update_id":1}""", "unknown")]
    [InlineData("""{"update_id":1,"message":null}""", "message")]
    [InlineData("""{"update_id":1,"\u0070oll":{}}""", "unknown")]
    [InlineData("""{"s p a c e":{},"update_id":1}""", "unknown")]
    [InlineData("""{"update_id":1,"message":{"message_id":2,"chat":{"id":3,"type":"private"}}}""", "message_without_author")]
    [InlineData("""{"update_id":1,"message":{"message_id":2,"from":{"id":4},"chat":{"id":3,"type":"private"}}}""", "message")]
    [InlineData("""{"update_id":1,"message":{"message_id":2,"from":{"id":4},"chat":{"id":3,"type":"private"},"future":{}}}""", "future")]
    [InlineData("""{"update_id":1,"my_chat_member":{}}""", "my_chat_member")]
    public void An_update_with_nothing_for_us_is_ignored(string body, string type)
    {
        Read(body).ShouldBeOfType<IgnoredEvent>().Type.ShouldBe(type);
    }

    private static InboundEvent Read(string body) =>
        TelegramFixture.Adapter().Read(TelegramFixture.Connection(), Encoding.UTF8.GetBytes(body)).ShouldHaveSingleItem();
}
