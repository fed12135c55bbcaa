using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What is old goes, and nothing that is still needed.</summary>
public abstract class RetentionSuite(TestStore store) : StoreSuite(store)
{
    private static readonly DateTimeOffset Before = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(30);

    [StoreFact]
    public async Task What_is_old_goes_with_all_that_belongs_to_it_and_what_is_not_old_stays()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat, "old question", "old answer");
        await Inbox.AppendAsync([chat.Message(platformId: "again")], default);
        await Inbox.AppendAsync([chat.Message(platformId: "again")], default);
        var lane = await ClaimAsync(chat);
        var failed = TestChat.Turn(lane, lane.LastSequence, "apology") with { State = TurnState.Failed, DeadLetterOf = (await MessagesAsync(chat))[^1].Id };
        await ReleaseAsync(lane, (await CommitAsync(failed)).AnswerSequence);
        await SentAsync(chat);
        await AgeAsync(chat, TimeSpan.FromDays(31));
        await ConverseAsync(chat, "new question", "new answer");
        await SentAsync(chat);
        (await NotesAsync(chat)).ShouldNotBeEmpty();

        (await DeleteAllAsync(chat)).ShouldBe(4);

        (await MessagesAsync(chat)).Select(m => m.Text).ShouldBe(["new question", "new answer"]);
        (await TurnsAsync(chat)).Count.ShouldBe(1);
        (await PartsAsync(chat)).Count.ShouldBe(1);
        (await NotesAsync(chat)).ShouldBeEmpty();
        (await ReadAsync(c => c.DeadLetters.CountAsync(d => d.ConversationId == chat.Id))).ShouldBe(0);
        (await DeleteAllAsync(chat)).ShouldBe(0);
        await ConverseAsync(chat, "and now", "still here");
    }

    [StoreFact]
    public async Task What_waits_for_an_answer_stays_however_old_it_is_and_is_answered()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat);
        await SentAsync(chat);
        await chat.SayAsync("waits");
        await AgeAsync(chat, TimeSpan.FromDays(400));

        (await DeleteAllAsync(chat)).ShouldBe(2);

        var lane = await ClaimAsync(chat);
        (await LoadAsync(lane)).Pending.Select(m => m.Text).ShouldBe(["waits"]);
        (await CommitAsync(TestChat.Turn(lane, lane.LastSequence))).Held.ShouldBeTrue("deleting has not touched the lane");
    }

    [StoreFact]
    public async Task What_is_not_delivered_stays_with_its_turn_and_so_does_all_behind_it()
    {
        var chat = await NewChatAsync();
        var (_, question) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, question, "answer", "one", "two");
        var answer = (await CommitAsync(turn)).AnswerSequence;
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Part = new PartOutcome { MessageId = turn.AnswerId, Ordinal = 0, State = PartState.Sent }, Next = LaneNext.Hold, Hold = Lease });
        await AgeAsync(chat, TimeSpan.FromDays(31));

        (await DeleteAllAsync(chat)).ShouldBe(1, "the question has had its turn");
        (await PartsAsync(chat)).Select(p => p.State).ShouldBe([PartState.Sent, PartState.Pending]);
        (await MessagesAsync(chat)).Select(m => m.Sequence).ShouldBe([answer]);

        // Even if the cursor has passed it: an open part is not delivered.
        await Store.ExecuteAsync($"UPDATE lanes SET delivered_sequence = outbound_sequence WHERE conversation_id = '{Text(chat.Id)}'");
        (await DeleteAllAsync(chat)).ShouldBe(0);
        await SentAsync(chat);
        (await DeleteAllAsync(chat)).ShouldBe(1);
        (await PartsAsync(chat)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_batch_deletes_no_more_than_it_is_told_and_the_walk_comes_to_every_conversation()
    {
        var chats = new List<TestChat> { await NewChatAsync() };
        for (var i = 0; i < 4; i++)
        {
            chats.Add(await TestChat.OpenAsync(Inbox));
        }
        var bot = chats[0].Address.Bot;
        foreach (var chat in chats)
        {
            await Store.ExecuteAsync($"UPDATE conversations SET bot_id = '{Text(bot)}' WHERE id = '{Text(chat.Id)}'");
            for (var i = 0; i < 4; i++)
            {
                await ConverseAsync(chat);
            }
            await SentAsync(chat);
            await AgeAsync(chat, TimeSpan.FromDays(31));
        }

        var deleted = new List<int>();
        var slice = new RetentionSlice(default, 2, 3);
        while (true)
        {
            var batch = await Store.Retention.DeleteMessagesAsync(bot, Before, slice, default);
            deleted.Add(batch.Messages);
            if (!batch.HasMore)
            {
                if (batch.Last is not { } last)
                {
                    break;
                }
                slice = slice with { After = last };
            }
        }

        deleted.ShouldAllBe(d => d <= 6);
        deleted.Sum().ShouldBe(5 * 8);
        foreach (var chat in chats)
        {
            (await MessagesAsync(chat)).ShouldBeEmpty();
        }
    }

    [StoreFact]
    public async Task Another_bots_messages_stay()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat);
        await SentAsync(chat);
        await AgeAsync(chat, TimeSpan.FromDays(31));

        (await Store.Retention.DeleteMessagesAsync(new BotId(Guid.CreateVersion7()), Before, new RetentionSlice(default, 10, 10), default)).ShouldBe(default);
        (await MessagesAsync(chat)).Count.ShouldBe(2);
    }

    [StoreFact]
    public async Task Old_events_of_the_bots_connections_go_a_few_at_a_time()
    {
        var now = TimeProvider.System.GetUtcNow();
        var (mine, others) = (new Bot("Mine", new AiSettings(), new ProcessingSettings(), now), new Bot("Other", new AiSettings(), new ProcessingSettings(), now));
        var connections = new[] { mine, others }.Select(b => new PlatformConnection(b.Id, PlatformName.From("telegram"), "C", "{}", "", now)).ToArray();
        await ReadAsync(async db =>
        {
            db.AddRange(mine, others, connections[0], connections[1]);
            return await db.SaveChangesAsync();
        });
        foreach (var connection in connections)
        {
            await Inbox.RecordAsync(connection.Id, [.. Enumerable.Range(0, 5).Select(i => new IgnoredEvent { PlatformId = $"old{i}", Type = "x" })], default);
            await Store.ExecuteAsync($"UPDATE inbox_events SET created_at = created_at - {Store.IntervalOf(TimeSpan.FromDays(31))} WHERE connection_id = '{Text(connection.Id)}'");
            await Inbox.RecordAsync(connection.Id, [new IgnoredEvent { PlatformId = "new", Type = "x" }], default);
        }

        (await Store.Retention.DeleteEventsAsync(mine.Id, Before, 3, default)).ShouldBe(3);
        (await Store.Retention.DeleteEventsAsync(mine.Id, Before, 3, default)).ShouldBe(2);
        (await Store.Retention.DeleteEventsAsync(mine.Id, Before, 3, default)).ShouldBe(0);

        (await ReadAsync(c => c.InboxEvents.CountAsync(e => e.ConnectionId == connections[0].Id))).ShouldBe(1);
        (await ReadAsync(c => c.InboxEvents.CountAsync(e => e.ConnectionId == connections[1].Id))).ShouldBe(6);
    }

    [StoreFact]
    public async Task Deleting_goes_on_beside_the_engine_and_takes_nothing_from_it()
    {
        var chat = await NewChatAsync();
        for (var i = 0; i < 30; i++)
        {
            await ConverseAsync(chat);
        }
        await SentAsync(chat);
        await AgeAsync(chat, TimeSpan.FromDays(31));
        var deleting = Task.Run(async () =>
        {
            var deleted = 0;
            for (var i = 0; i < 30; i++)
            {
                deleted += (await Store.Retention.DeleteMessagesAsync(chat.Address.Bot, Before, new RetentionSlice(default, 1, 2), default)).Messages;
            }
            return deleted;
        });

        for (var i = 0; i < 15; i++)
        {
            await ConverseAsync(chat, $"question {i}", $"answer {i}");
        }

        (await deleting).ShouldBe(60);
        (await MessagesAsync(chat)).Select(m => m.Text).ShouldBe(Enumerable.Range(0, 15).SelectMany(i => new[] { $"question {i}", $"answer {i}" }));
    }

    private async Task<int> DeleteAllAsync(TestChat chat)
    {
        var deleted = 0;
        while (true)
        {
            var batch = await Store.Retention.DeleteMessagesAsync(chat.Address.Bot, Before, new RetentionSlice(default, 10, 2), default);
            deleted += batch.Messages;
            if (!batch.HasMore)
            {
                return deleted;
            }
        }
    }

    /// <summary>All parts have arrived.</summary>
    private Task<int> SentAsync(TestChat chat) =>
        ReadAsync(c => c.Parts.Where(p => p.ConversationId == chat.Id).ExecuteUpdateAsync(set => set.SetProperty(p => p.State, PartState.Sent)));

    private Task AgeAsync(TestChat chat, TimeSpan age) =>
        Store.ExecuteAsync($"UPDATE messages SET created_at = created_at - {Store.IntervalOf(age)} WHERE conversation_id = '{Text(chat.Id)}'");

    private static string Text(ConversationId id) => id.Value.ToString().ToUpperInvariant();

    private static string Text(BotId id) => id.Value.ToString().ToUpperInvariant();

    private static string Text(ConnectionId id) => id.Value.ToString().ToUpperInvariant();
}
