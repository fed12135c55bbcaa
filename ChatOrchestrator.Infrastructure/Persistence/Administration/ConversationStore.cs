using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ConversationStore(ChatDatabase database, TimeProvider time) : IConversationStore
{
    private const string ListName = "conversations";

    /// <summary>
    /// A claim that began before our commit may still see the old state beside the changed lane; it must find the lane not
    /// due yet, by its own clock. What waits (a silent turn, an operator's message) can wait that long.
    /// </summary>
    private static readonly TimeSpan AfterRevocation = TimeSpan.FromMilliseconds(250);

    public Task<ConversationView?> FindAsync(ConversationId id, CancellationToken cancellationToken) => database.ReadAsync(
        db => Views(db, db.Conversations.Where(c => c.Id == id)).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    public Task<ConversationView?> FindAsync(ConnectionId connection, ChatAddress chat, CancellationToken cancellationToken) => database.ReadAsync(
        db => Views(db, db.Conversations.Where(c => c.ConnectionId == connection && c.ChatId == chat.ChatId && c.ThreadId == chat.ThreadId))
            .SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task<Page<ConversationView>> ListAsync(ConversationFilter filter, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var conversations = await ConversationSearch.FilterAsync(db, filter, cancellationToken);
            if (page.Cursor is { } cursor)
            {
                var (at, guid) = Cursor.ToTimeAndId(ListName, cursor);
                var id = new ConversationId(guid);
                conversations = conversations.Where(c => c.LastActivityAt <= at && (c.LastActivityAt < at || c.Id < id));
            }
            conversations = conversations.OrderByDescending(c => c.LastActivityAt).ThenByDescending(c => c.Id).Take(page.Limit + 1);
            var items = await Views(db, conversations).ToListAsync(cancellationToken);
            items.Sort((a, b) =>
            {
                var byTime = b.Conversation.LastActivityAt.CompareTo(a.Conversation.LastActivityAt);
                return byTime != 0 ? byTime : b.Conversation.Id.Value.CompareTo(a.Conversation.Id.Value);
            });
            return Pages.Of(items, page, v => Cursor.Encode(ListName, v.Conversation.LastActivityAt.UtcTicks, v.Conversation.Id.Value));
        },
        cancellationToken);

    public Task<bool> AddMessageAsync(Message message, IReadOnlyList<PartBody> parts, Guid? suggestion, AuditEntry? audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var id = message.ConversationId;
            if (!await LockLaneAsync(db, id, cancellationToken)
                || (suggestion is { } used && !await SuggestionStore.SendAsync(db, used, message, cancellationToken)))
            {
                return false;
            }
            if (await db.Conversations.AnyAsync(c => c.Id == id && c.State == ConversationState.Ended, cancellationToken))
            {
                throw new DomainException("state", "The conversation has ended.");
            }
            db.Messages.Add(message);
            db.Note(audit);
            db.Parts.AddRange(parts.Select((part, i) => new Part(message, i, part.Body, part.Format, part.PlainBody)));
            await db.SaveChangesAsync(cancellationToken);
            var now = time.GetUtcNow();
            await SayAsync(db, id, message.Sequence, now, cancellationToken);
            await db.Conversations.Where(c => c.Id == id).ExecuteUpdateAsync(set => set.SetProperty(c => c.LastActivityAt, now), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<Conversation?> ChangeStateAsync(ConversationId id, Func<Conversation, AuditEntry?> change, string? silence, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (!await LockLaneAsync(db, id, cancellationToken)
                || await db.Conversations.SingleOrDefaultAsync(c => c.Id == id, cancellationToken) is not { } conversation)
            {
                return null;
            }
            var before = conversation.State;
            db.Note(change(conversation));
            await NotifyAsync(db, conversation, before, cancellationToken);
            if (silence is not null)
            {
                await SilenceAsync(db, id, silence, cancellationToken);
            }
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return conversation;
        },
        cancellationToken);

    private async Task NotifyAsync(ChatDbContext db, Conversation conversation, ConversationState before, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (conversation.State == ConversationState.HandedOff && before != ConversationState.HandedOff)
        {
            await db.CountHandoffAsync(conversation.Id, now, cancellationToken);
            await db.NotifyAsync(NotificationEvent.HandoffRequested(conversation.BotId, conversation.Id, conversation.Agent, conversation.Agent is null ? "rule" : "operator"), now, cancellationToken);
        }
        else if (conversation.State == ConversationState.Ended && before != ConversationState.Ended)
        {
            await db.NotifyAsync(NotificationEvent.ConversationEnded(conversation.BotId, conversation.Id), now, cancellationToken);
        }
    }

    /// <summary>Another message waits to be delivered, behind the others. A lane that is held keeps its due time.</summary>
    internal static Task<int> SayAsync(ChatDbContext db, ConversationId id, long sequence, DateTimeOffset now, CancellationToken cancellationToken) =>
        db.Lanes.Where(l => l.ConversationId == id).ExecuteUpdateAsync(
            set => set
                .SetProperty(l => l.OutboundSequence, sequence)
                .SetProperty(l => l.DueAt, l => l.HoldUntil > now || l.DueAt < now ? l.DueAt : now),
            cancellationToken);

    /// <summary>An update that changes nothing locks the row on every store, until the end of the transaction.</summary>
    internal static async Task<bool> LockLaneAsync(ChatDbContext db, ConversationId id, CancellationToken cancellationToken) =>
        await db.Lanes.Where(l => l.ConversationId == id).ExecuteUpdateAsync(set => set.SetProperty(l => l.Attempts, l => l.Attempts), cancellationToken) > 0;

    /// <summary>Withdraws what the bot has not sent, and takes the lane from whoever works on it. Operators' messages stay.</summary>
    private async Task SilenceAsync(ChatDbContext db, ConversationId id, string reason, CancellationToken cancellationToken)
    {
        var lane = await db.Lanes.AsNoTracking().SingleAsync(l => l.ConversationId == id, cancellationToken);
        var unsent = await db.Messages
            .Where(m => m.ConversationId == id && m.Sequence > lane.DeliveredSequence && m.Author != MessageAuthor.Participant)
            .OrderBy(m => m.Sequence).Select(m => new { m.Sequence, m.Id, m.Author }).ToListAsync(cancellationToken);
        var byBot = unsent.Where(m => m.Author == MessageAuthor.Bot).Select(m => m.Id).ToList();
        var delivered = unsent.Find(m => m.Author == MessageAuthor.Agent) is { } agents ? agents.Sequence - 1 : lane.OutboundSequence;
        var now = time.GetUtcNow();
        // What may have arrived (Unknown) keeps its state: it is not sent again, but it was not withdrawn either.
        var withdrawn = await db.Parts
            .Where(p => byBot.Contains(p.MessageId) && (p.State == PartState.Pending || p.State == PartState.Retry))
            .Select(p => p.MessageId).Distinct().ToListAsync(cancellationToken);
        if (reason == SuggestionStore.TakenOver)
        {
            await SuggestionStore.KeepWithdrawnAsync(db, id, withdrawn, now, cancellationToken);
        }
        await db.Parts
            .Where(p => byBot.Contains(p.MessageId) && (p.State == PartState.Pending || p.State == PartState.Retry))
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.State, PartState.Cancelled).SetProperty(p => p.Error, reason), cancellationToken);
        var unanswered = await db.Messages
            .Where(m => m.ConversationId == id && m.Sequence > lane.HandledSequence && m.Author == MessageAuthor.Participant && m.Kind != MessageKind.Overheard)
            .Select(m => m.Id).ToListAsync(cancellationToken);
        db.TimelineEvents.AddRange(withdrawn.Concat(unanswered).Select(message => new TimelineEvent(id, message, reason, null, now)));
        // Also when nothing seems to wait: what came while the lane was held is found by whoever releases it next.
        DateTimeOffset? due = now + AfterRevocation;
        await db.Lanes.Where(l => l.ConversationId == id).ExecuteUpdateAsync(
            set => set
                .SetProperty(l => l.LeaseToken, l => l.LeaseToken + 1)
                .SetProperty(l => l.LeaseOwner, (string?)null)
                .SetProperty(l => l.HoldUntil, (DateTimeOffset?)null)
                .SetProperty(l => l.QuietUntil, (DateTimeOffset?)null)
                .SetProperty(l => l.WaitingSince, (DateTimeOffset?)null)
                .SetProperty(l => l.Attempts, 0)
                .SetProperty(l => l.DeliveredSequence, delivered)
                .SetProperty(l => l.DueAt, due),
            cancellationToken);
    }

    private static IQueryable<ConversationView> Views(ChatDbContext db, IQueryable<Conversation> conversations) =>
        from c in conversations.AsNoTracking()
        join connection in db.Connections.AsNoTracking() on c.ConnectionId equals connection.Id
        join l in db.Lanes.AsNoTracking() on c.Id equals l.ConversationId into lanes
        from lane in lanes.DefaultIfEmpty()
        select new ConversationView(c, connection.Platform, lane);
}
