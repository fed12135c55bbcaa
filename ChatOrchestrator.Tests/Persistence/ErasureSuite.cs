using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Somebody is erased everywhere, others are not, and a receipt says so.</summary>
public abstract class ErasureSuite(TestStore store) : StoreSuite(store)
{
    private const string Marked = "m4rked";

    [StoreFact]
    public async Task Everything_said_alone_with_the_bot_goes_and_the_receipt_counts_it()
    {
        var (chat, other) = (await NewChatAsync(), await NewChatAsync());
        await ConverseAsync(chat, $"question {Marked}", $"answer {Marked}");
        await ConverseAsync(other);
        await Inbox.RecordAsync(chat.Connection, [new ParticipantBlocked { PlatformId = "b1", UserId = User(chat), Blocked = true }], default);

        var erasure = (await Store.Erasures.EraseAsync(chat.Participant, new Actor("owner", "192.0.2.7"), default)).ShouldNotBeNull();

        var counts = Counts(erasure.Receipt);
        (counts["participants"], counts["conversations"], counts["messages"], counts["parts"], counts["turns"], counts["lanes"], counts["events"]).ShouldBe((1, 1, 2, 1, 1, 1, 1));
        erasure.Conversations.ShouldBe([chat.Id]);
        await NothingIsLeftOfAsync(User(chat), chat.Participant, chat.Id);
        (await MessagesAsync(other)).Count.ShouldBe(2);
        var stored = await ReadAsync(c => c.Erasures.AsNoTracking().SingleAsync(e => e.Id == erasure.Receipt.Id));
        (stored.ParticipantId, stored.RequestedBy, stored.ConnectionId, stored.Counts).ShouldBe((chat.Participant, "owner", chat.Connection, erasure.Receipt.Counts));
        var noted = await ReadAsync(c => c.AuditLog.AsNoTracking().SingleAsync(e => e.SubjectId == chat.Participant.ToString()));
        (noted.Action, noted.Actor, noted.Address, noted.At).ShouldBe(("participant.erased", "owner", "192.0.2.7", stored.At));
        noted.Detail.ShouldContain(stored.Id.ToString());
        (await Store.Erasures.EraseAsync(chat.Participant, new Actor("owner"), default)).ShouldBeNull("there is nobody any more");
    }

    [StoreFact]
    public async Task A_chat_with_an_id_of_its_own_is_found_by_who_takes_part()
    {
        // Discord and Slack: a direct conversation's id is not the user's.
        var chat = await NewChatAsync();
        await ConverseAsync(chat, $"question {Marked}");
        await Store.ExecuteAsync($"UPDATE conversations SET chat_id = 'dm-{User(chat)}' WHERE chat_id = '{User(chat)}'");

        var erasure = (await Store.Erasures.EraseAsync(chat.Participant, new Actor($"user:{new string('a', 250)}@example.org/{Guid.NewGuid()}"), default)).ShouldNotBeNull();

        Counts(erasure.Receipt)["conversations"].ShouldBe(1);
        await NothingIsLeftOfAsync(User(chat), chat.Participant, chat.Id);
    }

    [StoreFact]
    public async Task The_platform_s_wish_takes_the_same_way_and_leaves_a_receipt()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat);

        await Inbox.RecordAsync(chat.Connection, [new ErasureRequested { PlatformId = "e1", UserId = User(chat) }], default);
        await Inbox.RecordAsync(chat.Connection, [new ErasureRequested { PlatformId = "e1", UserId = User(chat) }], default);

        var receipt = await ReadAsync(c => c.Erasures.AsNoTracking().SingleAsync(e => e.ConnectionId == chat.Connection));
        (receipt.ParticipantId, receipt.RequestedBy).ShouldBe((chat.Participant, ErasureStatements.ByPlatform));
        Counts(receipt)["messages"].ShouldBe(2);
        await NothingIsLeftOfAsync(User(chat), chat.Participant, chat.Id);

        await Inbox.RecordAsync(chat.Connection, [new ErasureRequested { PlatformId = "e2", UserId = "nobody" }], default);
        (await ReadAsync(c => c.Erasures.CountAsync(e => e.ConnectionId == chat.Connection && e.ParticipantId == null))).ShouldBe(1);
    }

    [StoreFact]
    public async Task In_a_group_they_lose_what_they_said_and_others_keep_theirs()
    {
        var group = await NewChatAsync(isGroup: true);
        var bob = await JoinAsync(group);
        var (asked, sequence) = await group.SayAsync($"mine {Marked}");
        var lane = await ClaimAsync(group);
        await ReleaseAsync(lane, (await CommitAsync(TestChat.Turn(lane, sequence, "the bot's answer"))).AnswerSequence);
        await SayAsync(group, bob, "bob's", new MessageContent
        {
            Quote = new Quote(asked.PlatformMessageId, $"mine {Marked}"),
            Mentions = [new Mention(User(group), Marked), new Mention("bob", "Bob")],
        });
        await SayAsync(group, bob, "bob's other", new MessageContent { Quote = new Quote("elsewhere", "kept") });
        var (waiting, _) = await group.SayAsync($"waiting {Marked}");
        var held = await ClaimAsync(group);

        var erasure = (await Store.Erasures.EraseAsync(group.Participant, new Actor("owner"), default)).ShouldNotBeNull();

        (Counts(erasure.Receipt)["groupMessages"], Counts(erasure.Receipt)["quotes"]).ShouldBe((2, 1));
        var messages = await MessagesAsync(group);
        messages.Select(m => m.Text).ShouldBe(["", "the bot's answer", "bob's", "bob's other", ""]);
        messages[0].ParticipantId.ShouldBeNull();
        messages[0].DeletedAt.ShouldNotBeNull();
        messages[0].PlatformMessageId.ShouldBe(asked.PlatformMessageId, "or a redelivery would bring it back");
        var content = messages[2].Content.ShouldNotBeNull();
        (content.Quote!.PlatformId, content.Quote.Text).ShouldBe((asked.PlatformMessageId, null));
        content.Mentions.ShouldBe([new Mention("bob", "Bob")]);
        messages[3].Content!.Quote!.Text.ShouldBe("kept");
        messages[4].Kind.ShouldBe(MessageKind.Overheard, "what waited is not answered any more");
        (await CommitAsync(TestChat.Turn(held, held.LastSequence, "too late"))).Held.ShouldBeFalse("whoever answers has read what is gone");
        (await NotesAsync(group)).ShouldNotContain(n => n.MessageId == waiting.Id);
        (await ReadAsync(c => c.Participations.AsNoTracking().Where(p => p.ConversationId == group.Id).ToListAsync())).ShouldHaveSingleItem().ParticipantId.ShouldBe(bob);
        (await ReadAsync(c => c.Participants.CountAsync(p => p.Id == group.Participant))).ShouldBe(0);
    }

    [StoreFact]
    public async Task An_export_has_all_that_is_stored_and_nothing_of_others()
    {
        var (chat, other) = (await NewChatAsync(), await NewChatAsync());
        await ConverseAsync(chat, "my question", "its answer");
        await ConverseAsync(other, "not mine");
        var participants = new ParticipantStore(Store.Database);
        var participant = await ReadAsync(c => c.Participants.AsNoTracking().SingleAsync(p => p.Id == chat.Participant));
        await KnowAsync(chat);
        await KnowAsync(other);

        var pieces = await participants.ExportAsync(participant, default).ToListAsync();

        pieces.OfType<Insight>().ShouldHaveSingleItem().ConversationId.ShouldBe(chat.Id);
        pieces.OfType<ModerationRecord>().ShouldHaveSingleItem().ConversationId.ShouldBe(chat.Id);
        pieces.OfType<RememberedSummary>().ShouldHaveSingleItem().ConversationId.ShouldBe(chat.Id);
        pieces[0].ShouldBeOfType<Participant>().UserId.ShouldBe(User(chat));
        pieces.OfType<Conversation>().ShouldHaveSingleItem().Id.ShouldBe(chat.Id);
        pieces.OfType<Message>().Select(m => m.Text).ShouldBe(["my question", "its answer"]);
    }

    /// <summary>Somebody found something out about what was said.</summary>
    private async Task KnowAsync(TestChat chat)
    {
        await using var context = Store.CreateContext();
        var message = await context.Messages.AsNoTracking().FirstAsync(m => m.ConversationId == chat.Id && m.Author == MessageAuthor.Participant);
        var bot = new BotId(Guid.NewGuid());
        context.Insights.Add(new Insight(message.Id, message.Sequence, chat.Id, bot, message.CreatedAt, new Judgement(-1, null, "en", Urgency.Low), InsightSource.Lexicon, message.CreatedAt));
        context.Moderations.Add(new ModerationRecord(
            chat.Id, bot, message.Id, ModerationDirection.Input, ModerationAction.Record, ModerationRecord.Judged, new Dictionary<string, double> { ["hate"] = 0.5 }, null, message.CreatedAt));
        context.Summaries.Add(new ConversationSummary { ConversationId = chat.Id, Text = "said something" });
        await context.SaveChangesAsync();
    }

    private static string User(TestChat chat) => chat.Address.Author.UserId;

    private static Dictionary<string, int> Counts(ErasureReceipt receipt) => JsonSerializer.Deserialize<Dictionary<string, int>>(receipt.Counts)!;

    private async Task<Guid> JoinAsync(TestChat group) =>
        (await Inbox.ResolveAsync([group.Address with { Author = new InboundAuthor("bob", "Bob") }], default))[0].Participant;

    private async Task SayAsync(TestChat group, Guid participant, string text, MessageContent content)
    {
        var message = group.Message(text, MessageKind.Overheard) with { Participant = participant, Content = content };
        (await Inbox.AppendAsync([message], default))[0].Kind.ShouldBe(AppendKind.Stored);
    }

    private async Task NothingIsLeftOfAsync(string user, Guid participant, ConversationId conversation) => await ReadAsync(async c =>
    {
        (await c.Participants.CountAsync(p => p.Id == participant)).ShouldBe(0);
        (await c.Participations.CountAsync(p => p.ParticipantId == participant)).ShouldBe(0);
        (await c.Conversations.CountAsync(x => x.Id == conversation)).ShouldBe(0);
        (await c.Messages.CountAsync(m => m.ConversationId == conversation || m.ParticipantId == participant || m.Text.Contains(Marked))).ShouldBe(0);
        (await c.Parts.CountAsync(p => p.ConversationId == conversation)).ShouldBe(0);
        (await c.Turns.CountAsync(t => t.ConversationId == conversation)).ShouldBe(0);
        (await c.TimelineEvents.CountAsync(e => e.ConversationId == conversation)).ShouldBe(0);
        (await c.DeadLetters.CountAsync(d => d.ConversationId == conversation)).ShouldBe(0);
        (await c.Suggestions.CountAsync(s => s.ConversationId == conversation)).ShouldBe(0);
        (await c.Lanes.CountAsync(l => l.ConversationId == conversation)).ShouldBe(0);
        (await c.InboxEvents.CountAsync(e => e.Subject == user)).ShouldBe(0);
        return 0;
    });
}

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresErasureTests(PostgresTestStore store) : ErasureSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteErasureTests(SqliteTestStore store) : ErasureSuite(store);
