using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What the suites of store tests share. Every test has conversations of its own in a store that it shares.</summary>
public abstract class StoreSuite(TestStore store) : IAsyncLifetime
{
    protected static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    protected TestStore Store { get; } = store;

    protected IInboxStore Inbox => Store.Inbox;

    protected ILaneStore Lanes => Store.Lanes;

    public Task InitializeAsync() => Store.ReadyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected Task<TestChat> NewChatAsync(bool isGroup = false) => TestChat.OpenAsync(Inbox, isGroup);

    /// <summary>Claims whatever is due and returns this chat's lane, if it was.</summary>
    protected async Task<ClaimedLane?> TryClaimAsync(TestChat chat, string worker = "worker", TimeSpan? lease = null) =>
        (await Lanes.ClaimAsync(worker, 10_000, lease ?? Lease, default)).SingleOrDefault(l => l.Conversation == chat.Id);

    protected async Task<ClaimedLane> ClaimAsync(TestChat chat, string worker = "worker", TimeSpan? lease = null) =>
        (await TryClaimAsync(chat, worker, lease)).ShouldNotBeNull("the lane is due");

    protected async Task<LaneContent> LoadAsync(ClaimedLane lane, int maxPending = 50, int maxHistory = 20) =>
        (await Lanes.LoadAsync([new LaneQuery(lane, maxPending, maxHistory)], default))[0];

    protected async Task<TurnCommitted> CommitAsync(TurnCommit turn) => (await Lanes.CommitTurnsAsync([turn], default))[0];

    protected async Task<DeliveryCommitted> CommitAsync(DeliveryCommit delivery) => (await Lanes.CommitDeliveriesAsync([delivery], default))[0];

    protected Task<DeliveryCommitted> ReleaseAsync(ClaimedLane lane, long deliveredThrough = 0) =>
        CommitAsync(new DeliveryCommit { Lease = lane.Lease, DeliveredThrough = deliveredThrough, Next = LaneNext.Release });

    /// <summary>Asks, answers and delivers, as a worker does.</summary>
    protected async Task<(long Question, long Answer)> ConverseAsync(TestChat chat, string question = "question", string answer = "answer")
    {
        var (_, asked) = await chat.SayAsync(question);
        var lane = await ClaimAsync(chat);
        var committed = await CommitAsync(TestChat.Turn(lane, asked, answer));
        committed.Held.ShouldBeTrue();
        (await ReleaseAsync(lane, committed.AnswerSequence)).Held.ShouldBeTrue();
        return (asked, committed.AnswerSequence);
    }

    protected async Task<T> ReadAsync<T>(Func<ChatDbContext, Task<T>> query)
    {
        await using var context = Store.CreateContext();
        return await query(context);
    }

    protected Task<Lane> LaneAsync(TestChat chat) => ReadAsync(c => c.Lanes.AsNoTracking().SingleAsync(l => l.ConversationId == chat.Id));

    protected Task<List<Message>> MessagesAsync(TestChat chat) =>
        ReadAsync(c => c.Messages.AsNoTracking().Where(m => m.ConversationId == chat.Id).OrderBy(m => m.Sequence).ToListAsync());

    protected Task<List<Part>> PartsAsync(TestChat chat) =>
        ReadAsync(c => c.Parts.AsNoTracking().Where(p => p.ConversationId == chat.Id).OrderBy(p => p.MessageId).ThenBy(p => p.Ordinal).ToListAsync());

    protected Task<List<Turn>> TurnsAsync(TestChat chat) =>
        ReadAsync(c => c.Turns.AsNoTracking().Where(t => t.ConversationId == chat.Id).OrderBy(t => t.ThroughSequence).ToListAsync());

    protected Task<List<TimelineEvent>> NotesAsync(TestChat chat) =>
        ReadAsync(c => c.TimelineEvents.AsNoTracking().Where(e => e.ConversationId == chat.Id).OrderBy(e => e.Id).ToListAsync());

    protected Task<Conversation> ConversationAsync(TestChat chat) => ReadAsync(c => c.Conversations.AsNoTracking().SingleAsync(x => x.Id == chat.Id));

    protected Task DeleteAsync(TestChat chat) => ReadAsync(c => c.Conversations.Where(x => x.Id == chat.Id).ExecuteDeleteAsync());
}
