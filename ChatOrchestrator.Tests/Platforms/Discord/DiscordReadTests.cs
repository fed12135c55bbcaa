using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Discord;

namespace ChatOrchestrator.Tests.Platforms.Discord;

/// <summary>What Discord sends, through the Gateway and as interactions, from its documents.</summary>
public sealed class DiscordReadTests
{
    private const string All = """{"groups":"all","botUserId":"110000000000000001"}""";
    private const string None = """{"groups":"none","botUserId":"110000000000000001"}""";

    [Fact]
    public void A_direct_message_is_to_the_bot()
    {
        var message = Message("dm_text");
        (message.PlatformId, message.Chat, message.IsGroup, message.Kind, message.Text).ShouldBe(("1300000000000000010", new ChatAddress("1200000000000000001"), false, MessageKind.Text, "Hello there"));
        message.Author.ShouldBe(new InboundAuthor("53908232506183680", "Mason", "mason"));
        message.SentAt.ShouldBe(new DateTimeOffset(2025, 10, 9, 8, 53, 20, 123, TimeSpan.Zero));
        message.Content.ShouldBeNull();
        Message("dm_command").Kind.ShouldBe(MessageKind.Command);
    }

    [Fact]
    public void In_a_guild_a_message_is_to_the_bot_when_it_is_mentioned_or_replied_to()
    {
        Message("guild_text").Kind.ShouldBe(MessageKind.Overheard);
        Message("guild_text", All).Kind.ShouldBe(MessageKind.Text);
        Message("guild_reply_to_other").Kind.ShouldBe(MessageKind.Overheard);
        Message("guild_mention", None).Kind.ShouldBe(MessageKind.Overheard);

        var mention = Message("guild_mention");
        (mention.Kind, mention.IsGroup, mention.Text).ShouldBe((MessageKind.Text, true, "ask @Nel about :party:"));
        mention.Author.DisplayName.ShouldBe("Mase");
        mention.Content!.Mentions.ShouldBe([new Mention("80351110224678912", "Nel")]);

        var reply = Message("guild_reply_to_bot");
        (reply.Kind, reply.Text).ShouldBe((MessageKind.Text, "and then?"));
        reply.Content!.Quote.ShouldBe(new Quote("1300000000000000002", "An answer.", IsBots: true));
    }

    [Fact]
    public void Attachments_voice_messages_and_stickers_are_content()
    {
        var files = Message("attachments");
        (files.Text, files.Kind).ShouldBe(("[photo]", MessageKind.Text));
        files.Content!.Attachments.Select(a => (a.Kind, a.MimeType, a.Size, a.Name)).ShouldBe(
            [(AttachmentKind.Image, "image/png", 2048, "cat.png"), (AttachmentKind.Document, "application/pdf", 5, "a.pdf")]);
        var voice = Message("voice");
        (voice.Text, voice.Content!.Attachments[0].Kind).ShouldBe(("[voice message]", AttachmentKind.Voice));
        var sticker = Message("sticker");
        (sticker.Text, sticker.Content!.Attachments[0].Kind, sticker.Content.Attachments[0].Url).ShouldBe(("[sticker]", AttachmentKind.Sticker, null));
        Message("embed_only").Kind.ShouldBe(MessageKind.Unsupported);
    }

    [Fact]
    public void Other_bots_and_webhooks_are_bots()
    {
        Message("other_bot", All).Author.IsBot.ShouldBeTrue();
        Message("webhook", All).Author.IsBot.ShouldBeTrue();
    }

    [Fact]
    public void What_the_bot_wrote_comes_back_as_a_receipt()
    {
        var receipt = DiscordFixture.Dispatch("dispatch_own").ShouldHaveSingleItem().ShouldBeOfType<DeliveryReceipt>();
        (receipt.PartPlatformId, receipt.State, receipt.Reference!.Value.ToString()).ShouldBe(("1300000000000000020", PartState.Delivered, "AZmy7JYyfFiz2DuZ0wQbAw0"));
        Ignored("own_without_nonce").ShouldBe("own_message");
        Ignored("own_reaction").ShouldBe("own_reaction");
    }

    [Fact]
    public void Edits_deletions_and_reactions_are_events()
    {
        var edit = DiscordFixture.Dispatch("dispatch_edit").ShouldHaveSingleItem().ShouldBeOfType<InboundEdit>();
        (edit.EditedPlatformId, edit.Text).ShouldBe(("1300000000000000010", "Hello here"));
        // A preview of a link is no edit.
        Ignored("embed_update").ShouldBe("message_update");
        DiscordFixture.Dispatch("dispatch_delete").ShouldHaveSingleItem().ShouldBeOfType<InboundDeletion>().DeletedPlatformId.ShouldBe("1300000000000000010");
        var bulk = DiscordFixture.Dispatch("dispatch_delete_bulk").Cast<InboundDeletion>().ToList();
        bulk.Select(d => d.DeletedPlatformId).ShouldBe(["1300000000000000012", "1300000000000000013"]);
        bulk.Select(d => d.PlatformId).Distinct().Count().ShouldBe(2);
        var reaction = DiscordFixture.Dispatch("dispatch_reaction").ShouldHaveSingleItem().ShouldBeOfType<InboundReaction>();
        (reaction.ReactedPlatformId, reaction.Reaction, reaction.Removed).ShouldBe(("1300000000000000020", "🔥", false));
        DiscordFixture.Dispatch("dispatch_reaction_removed").ShouldHaveSingleItem().ShouldBeOfType<InboundReaction>().Removed.ShouldBeTrue();
    }

    [Fact]
    public void The_platforms_own_messages_and_unknown_kinds_are_ignored_and_what_concerns_no_chat_is_not_kept()
    {
        Ignored("pin").ShouldBe("message_type_6");
        Ignored("unknown").ShouldBe("something_new");
        DiscordFixture.Dispatch("dispatch_guild_create").ShouldBeEmpty();
    }

    [Fact]
    public void A_guilds_channel_is_called_as_the_gateway_told()
    {
        var connection = new DiscordConnection(DiscordFixture.Connection());
        Read("GUILD_CREATE", """{"id":"197038439483310086","name":"Testers","channels":[{"id":"2909267986263572999","name":"general"},null,{"id":"x"}],"threads":[{"id":"2909267986263573000","name":"help"}]}""");
        Title("2909267986263572999").ShouldBe("#general (Testers)");
        Title("2909267986263573000").ShouldBe("#help (Testers)");
        Read("CHANNEL_UPDATE", """{"id":"2909267986263572999","name":"lobby","guild_id":"197038439483310086"}""");
        Title("2909267986263572999").ShouldBe("#lobby (Testers)");
        Title("2909267986263573001").ShouldBeNull();
        Should.Throw<MalformedPayloadException>(() => Read("GUILD_CREATE", """{"id":7}"""));

        IReadOnlyList<InboundEvent> Read(string type, string data) => DiscordMessageReader.Read(connection, "g:1", type, System.Text.Encoding.UTF8.GetBytes(data));

        string? Title(string channel) => Read(
            "MESSAGE_CREATE", $$$"""{"id":"1300000000000000099","channel_id":"{{{channel}}}","guild_id":"197038439483310086","type":0,"content":"hi","author":{"id":"220000000000000001","username":"ada"}}""")
            .ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>().ChatTitle;
    }

    [Fact]
    public void A_free_slash_command_is_a_text_and_our_own_are_commands()
    {
        var ask = Interaction("command_guild");
        (ask.Kind, ask.Text, ask.IsGroup, ask.PlatformId).ShouldBe((MessageKind.Text, "What is a\uFFFD whale? 🐳", true, "786008729715212338"));
        ask.Content!.AnswerVia.ShouldBe("110000000000000001/A_UNIQUE_TOKEN");
        (ask.Author.UserId, ask.Author.DisplayName, ask.Author.Language).ShouldBe(("53908232506183680", "Mase", "en-US"));
        var reset = Interaction("command_dm");
        (reset.Kind, reset.Text, reset.IsGroup, reset.Chat.ChatId).ShouldBe((MessageKind.Command, "/reset", false, "645027906669510668"));
        Interaction("command_nested").Text.ShouldBe("Oslo 3 true");
    }

    [Fact]
    public void A_press_says_what_the_button_was_made_with()
    {
        var press = Interaction("button");
        (press.Kind, press.Text).ShouldBe((MessageKind.ButtonPress, "Click me!"));
        press.Content!.Button.ShouldBe(new ButtonPress("click_one", "Click me!"));
        press.Content.AnswerVia.ShouldBeNull();
    }

    [Theory]
    [InlineData("ping", """{"type":1}""")]
    [InlineData("command_guild", """{"type":5}""")]
    [InlineData("button", """{"type":6}""")]
    [InlineData("autocomplete", """{"type":8,"data":{"choices":[]}}""")]
    public void An_interaction_is_acknowledged_as_its_kind_wants(string name, string reply)
    {
        var request = new WebhookRequest(DiscordFixture.Payload("interaction_" + name), _ => null);
        DiscordFixture.Adapter().Reply(DiscordFixture.Connection(), request).ShouldBe(new WebhookReply("application/json", reply));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz")]
    public void A_key_that_is_none_rejects_everything(string key)
    {
        var body = DiscordFixture.Payload("interaction_ping");
        var signed = DiscordFixture.Sign(body);
        var connection = DiscordFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = DiscordFixture.Token, ["publicKey"] = key });
        DiscordFixture.Adapter().Authenticate(connection, new WebhookRequest(body, name => signed.GetValueOrDefault(name))).ShouldBeFalse();
    }

    [Fact]
    public void A_signature_with_another_timestamp_is_rejected()
    {
        var body = DiscordFixture.Payload("interaction_ping");
        var signed = new Dictionary<string, string>(DiscordFixture.Sign(body)) { ["X-Signature-Timestamp"] = "1760000001" };
        DiscordFixture.Adapter().Authenticate(DiscordFixture.Connection(), new WebhookRequest(body, name => signed.GetValueOrDefault(name))).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://cdn.discordapp.com/attachments/1/2/x.png", true)]
    [InlineData("https://media.discordapp.net/x.png", true)]
    [InlineData("http://127.0.0.1:9/discord/files/1/x.png", true)]
    [InlineData("http://cdn.discordapp.com/x.png", false)]
    [InlineData("https://cdn.discordapp.com.evil.example/x.png", false)]
    [InlineData("http://169.254.169.254/latest", false)]
    [InlineData("file:///etc/passwd", false)]
    public async Task Attachments_are_fetched_from_Discord_only(string url, bool allowed)
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var attachment = new Attachment { Kind = AttachmentKind.Image, Url = url };
        var fetching = () => DiscordFixture.Adapter().FetchAsync(DiscordFixture.Connection(), attachment, 1000, cancelled.Token);
        if (allowed)
        {
            await Should.ThrowAsync<OperationCanceledException>(fetching);
        }
        else
        {
            (await Should.ThrowAsync<MediaException>(fetching)).Message.ShouldBe("refused");
        }
    }

    private static InboundMessage Message(string name, string settings = DiscordFixture.Settings) =>
        DiscordFixture.Dispatch("dispatch_" + name, settings).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>();

    private static string Ignored(string name) => DiscordFixture.Dispatch("dispatch_" + name).ShouldHaveSingleItem().ShouldBeOfType<IgnoredEvent>().Type;

    private static InboundMessage Interaction(string name) =>
        DiscordFixture.Adapter().Read(DiscordFixture.Connection(), DiscordFixture.Payload("interaction_" + name)).ShouldHaveSingleItem().ShouldBeOfType<InboundMessage>();
}
