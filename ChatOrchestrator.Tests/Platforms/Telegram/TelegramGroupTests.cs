using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>When the bot is spoken to in a group.</summary>
public sealed class TelegramGroupTests
{
    private const string Mention = """[{"offset":0,"length":11,"type":"mention"}]""";

    [Theory]
    [InlineData("mention", "group_text", MessageKind.Overheard)]
    [InlineData("mention", "group_mention", MessageKind.Text)]
    [InlineData("mention", "group_text_mention", MessageKind.Text)]
    [InlineData("mention", "group_reply_to_bot", MessageKind.Text)]
    [InlineData("mention", "group_command", MessageKind.Command)]
    [InlineData("mention", "group_command_of_other", MessageKind.Overheard)]
    [InlineData("all", "group_text", MessageKind.Text)]
    [InlineData("all", "group_mention", MessageKind.Text)]
    [InlineData("all", "topic_text", MessageKind.Text)]
    [InlineData("all", "group_command", MessageKind.Command)]
    [InlineData("all", "group_command_of_other", MessageKind.Overheard)]
    [InlineData("none", "group_text", MessageKind.Overheard)]
    [InlineData("none", "group_mention", MessageKind.Overheard)]
    [InlineData("none", "group_text_mention", MessageKind.Overheard)]
    [InlineData("none", "group_reply_to_bot", MessageKind.Overheard)]
    [InlineData("none", "group_command", MessageKind.Overheard)]
    [InlineData("none", "private_text", MessageKind.Text)]
    [InlineData("none", "private_command", MessageKind.Command)]
    public void The_setting_decides(string groups, string payload, MessageKind kind)
    {
        TelegramFixture.Read(payload, $$"""{"username":"helper_bot","groups":"{{groups}}"}""").ShouldBeOfType<InboundMessage>().Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("@HELPER_bot hi", Mention, MessageKind.Text, "hi")]
    [InlineData("@helper_bot", Mention, MessageKind.Text, "@helper_bot")]
    [InlineData("@helper_bot: \n hi", Mention, MessageKind.Text, "hi")]
    [InlineData("@helper_bot is my mail", """[{"offset":0,"length":400,"type":"mention"}]""", MessageKind.Overheard, null)]
    [InlineData("@helper_bot hi", """[{"offset":-3,"length":11,"type":"mention"}]""", MessageKind.Overheard, null)]
    [InlineData("@helper_bot hi", """[{"offset":2147483647,"length":2147483647,"type":"mention"}]""", MessageKind.Overheard, null)]
    [InlineData("@helper_bot hi", """[null,{"type":null},{"offset":0,"length":11,"type":"mention"}]""", MessageKind.Text, "hi")]
    [InlineData("@helper_bot hi", "null", MessageKind.Overheard, null)]
    [InlineData("/help@helper_bot  me\nnow", """[{"offset":0,"length":16,"type":"bot_command"}]""", MessageKind.Command, "/help me\nnow")]
    [InlineData("see /help", """[{"offset":4,"length":5,"type":"bot_command"}]""", MessageKind.Overheard, null)]
    public void A_mention_counts_where_telegram_marked_one(string text, string entities, MessageKind kind, string? said)
    {
        var message = Read(TelegramFixture.Adapter(), TelegramFixture.Connection(), text, entities);
        message.Kind.ShouldBe(kind);
        message.Text.ShouldBe(said ?? text);
    }

    [Fact]
    public void A_caption_can_mention_the_bot()
    {
        const string Body = """{"update_id":1,"message":{"message_id":2,"from":{"id":3},"chat":{"id":-4,"type":"group"},"photo":[{"file_id":"a","width":1,"height":1}],"caption":"@helper_bot what is it","caption_entities":[{"offset":0,"length":11,"type":"mention"}]}}""";
        var adapter = TelegramFixture.Adapter();
        var asked = adapter.Read(TelegramFixture.Connection(), Encoding.UTF8.GetBytes(Body))[0].ShouldBeOfType<InboundMessage>();
        (asked.Kind, asked.Text).ShouldBe((MessageKind.Text, "what is it"));
        adapter.Read(TelegramFixture.Connection(), Encoding.UTF8.GetBytes(Body.Replace("helper", "keeper", StringComparison.Ordinal)))[0]
            .ShouldBeOfType<InboundMessage>().Kind.ShouldBe(MessageKind.Overheard);
    }

    [Fact]
    public void The_username_is_learned_from_what_telegram_says_and_outlives_the_snapshot()
    {
        var adapter = TelegramFixture.Adapter();
        Read(adapter, TelegramFixture.Connection("{}"), "@helper_bot hi", Mention).Kind.ShouldBe(MessageKind.Overheard);
        adapter.Read(TelegramFixture.Connection("{}"), TelegramFixture.Payload("group_reply_to_bot"));
        Read(adapter, TelegramFixture.Connection("{}"), "@helper_bot hi", Mention).Kind.ShouldBe(MessageKind.Text);
    }

    [Fact]
    public async Task The_username_is_learned_from_the_first_part_sent()
    {
        await using var stub = await BotApiStub.StartAsync();
        var adapter = TelegramFixture.Adapter(stub.Url);
        var connection = TelegramFixture.Connection("{}");
        await adapter.SendAsync(connection, new OutboundPart(Guid.CreateVersion7(), 0, new("-4"), "hi", null, null, 0), CancellationToken.None);
        Read(adapter, connection, "@helper_bot hi", Mention).Kind.ShouldBe(MessageKind.Text);
    }

    private static InboundMessage Read(TelegramAdapter adapter, ConnectionSnapshot connection, string text, string entities)
    {
        var quoted = System.Text.Json.JsonSerializer.Serialize(text);
        var body = $$$"""{"update_id":1,"message":{"message_id":2,"from":{"id":3},"chat":{"id":-4,"type":"group"},"text":{{{quoted}}},"entities":{{{entities}}}}}""";
        return adapter.Read(connection, Encoding.UTF8.GetBytes(body)).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>();
    }
}
