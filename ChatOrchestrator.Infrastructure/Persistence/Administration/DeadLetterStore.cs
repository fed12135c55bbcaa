using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class DeadLetterStore(ChatDatabase database) : IDeadLetterStore
{
    private const string Ascending = "deadletters+";
    private const string Descending = "deadletters-";

    public Task<Page<DeadLetterView>> ListAsync(DeadLetterFilter filter, bool oldestFirst, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var list = oldestFirst ? Ascending : Descending;
            var letters = Filter(db, filter);
            if (page.Cursor is { } cursor)
            {
                var from = Cursor.ToId(list, cursor);
                letters = oldestFirst ? letters.Where(d => d.Id > from) : letters.Where(d => d.Id < from);
            }
            letters = oldestFirst ? letters.OrderBy(d => d.Id) : letters.OrderByDescending(d => d.Id);
            var items = await Views(db, letters.Take(page.Limit + 1)).ToListAsync(cancellationToken);
            items.Sort((a, b) => oldestFirst ? a.Letter.Id.CompareTo(b.Letter.Id) : b.Letter.Id.CompareTo(a.Letter.Id));
            return Pages.Of(items, page, v => Cursor.Encode(list, v.Letter.Id));
        },
        cancellationToken);

    public Task<DeadLetterRecord?> FindAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            if (await Views(db, db.DeadLetters.Where(d => d.Id == id)).SingleOrDefaultAsync(cancellationToken) is not { } view
                || await db.Messages.AsNoTracking().SingleOrDefaultAsync(m => m.Id == view.Letter.MessageId, cancellationToken) is not { } message)
            {
                return null;
            }
            return view.Letter.Stage == DeadLetter.TurnStage
                ? new DeadLetterRecord(view, message, await QuestionsAsync(db, message, cancellationToken), [])
                : new DeadLetterRecord(
                    view, message, [],
                    await db.Parts.AsNoTracking().Where(p => p.MessageId == message.Id && p.State == PartState.Failed).OrderBy(p => p.Ordinal).ToListAsync(cancellationToken));
        },
        cancellationToken);

    public Task ReplayAsync(Guid id, Message message, IReadOnlyList<PartBody> parts, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var conversation = message.ConversationId;
            await PassGateAsync(db, conversation, cancellationToken);
            // The lane first, as everybody does; then the letters, whose discarding locks nothing else.
            if (!await ConversationStore.LockLaneAsync(db, conversation, cancellationToken) || !await LockAsync(db, message.ReplayOf!.Value, cancellationToken)
                || await db.DeadLetters.SingleOrDefaultAsync(d => d.Id == id, cancellationToken) is not { } letter)
            {
                throw new NotFoundException("dead letter");
            }
            await RefuseAsync(db, letter, message, cancellationToken);
            db.Messages.Add(message);
            db.Parts.AddRange(parts.Select((part, i) => new Part(message, i, part.Body, part.Format, part.PlainBody)));
            var open = await db.DeadLetters.Where(d => d.MessageId == letter.MessageId && d.State == DeadLetterState.Open).ToListAsync(cancellationToken);
            open.ForEach(d => d.Replay(audit.Actor, message.Id, audit.At));
            db.TimelineEvents.Add(new TimelineEvent(conversation, letter.MessageId, "replayed", message.Id.ToString(), audit.At));
            db.TimelineEvents.Add(new TimelineEvent(conversation, message.Id, "replay_of", letter.MessageId.ToString(), audit.At));
            db.AuditLog.Add(audit);
            await db.SaveChangesAsync(cancellationToken);
            await (message.Author == MessageAuthor.Participant
                ? AskAsync(db, conversation, message.Sequence, audit.At, cancellationToken)
                : ConversationStore.SayAsync(db, conversation, message.Sequence, audit.At, cancellationToken));
            await db.Conversations.Where(c => c.Id == conversation).ExecuteUpdateAsync(set => set.SetProperty(c => c.LastActivityAt, audit.At), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<bool> DiscardAsync(Guid id, string? reason, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            // An update that changes nothing locks the row on every store, until the end of the transaction.
            if (await db.DeadLetters.Where(d => d.Id == id).ExecuteUpdateAsync(set => set.SetProperty(d => d.Attempts, d => d.Attempts), cancellationToken) == 0)
            {
                return false;
            }
            var letter = await db.DeadLetters.SingleAsync(d => d.Id == id, cancellationToken);
            letter.Discard(audit.Actor, reason, audit.At);
            db.TimelineEvents.Add(new TimelineEvent(letter.ConversationId, letter.MessageId, "dead_letter_discarded", letter.Id.ToString(), audit.At));
            db.AuditLog.Add(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    private static IQueryable<DeadLetter> Filter(ChatDbContext db, DeadLetterFilter filter)
    {
        IQueryable<DeadLetter> letters = db.DeadLetters;
        if (filter.State is { } state)
        {
            letters = letters.Where(d => d.State == state);
        }
        if (filter.Scope?.Only is { } only)
        {
            letters = letters.Where(d => db.Conversations.Any(c => c.Id == d.ConversationId && only.Contains(c.BotId)));
        }
        if (filter.Bot is { } bot)
        {
            letters = letters.Where(d => db.Conversations.Any(c => c.Id == d.ConversationId && c.BotId == bot));
        }
        if (filter.Connection is { } connection)
        {
            letters = letters.Where(d => db.Conversations.Any(c => c.Id == d.ConversationId && c.ConnectionId == connection));
        }
        if (filter.Conversation is { } conversation)
        {
            letters = letters.Where(d => d.ConversationId == conversation);
        }
        if (filter.Reason is { } reason)
        {
            letters = letters.Where(d => d.Reason == reason);
        }
        if (filter.From is { } from)
        {
            letters = letters.Where(d => d.CreatedAt >= from);
        }
        if (filter.To is { } to)
        {
            letters = letters.Where(d => d.CreatedAt < to);
        }
        return letters;
    }

    private static IQueryable<DeadLetterView> Views(ChatDbContext db, IQueryable<DeadLetter> letters) =>
        from letter in letters.AsNoTracking()
        join conversation in db.Conversations.AsNoTracking() on letter.ConversationId equals conversation.Id
        join connection in db.Connections.AsNoTracking() on conversation.ConnectionId equals connection.Id
        select new DeadLetterView(letter, conversation.BotId, connection.Id, connection.Platform);

    /// <summary>All that the failed turn was to answer.</summary>
    private static async Task<List<Message>> QuestionsAsync(ChatDbContext db, Message last, CancellationToken cancellationToken)
    {
        var from = await db.Turns
            .Where(t => t.ConversationId == last.ConversationId && t.ThroughSequence == last.Sequence).Select(t => (long?)t.FromSequence)
            .FirstOrDefaultAsync(cancellationToken) ?? last.Sequence;
        return await db.Messages.AsNoTracking()
            .Where(m => m.ConversationId == last.ConversationId && m.Sequence >= from && m.Sequence <= last.Sequence
                && m.Author == MessageAuthor.Participant && m.Kind != MessageKind.Overheard)
            .OrderBy(m => m.Sequence).ToListAsync(cancellationToken);
    }

    private static async Task<bool> LockAsync(ChatDbContext db, Guid message, CancellationToken cancellationToken) =>
        await db.DeadLetters.Where(d => d.MessageId == message).ExecuteUpdateAsync(set => set.SetProperty(d => d.Attempts, d => d.Attempts), cancellationToken) > 0;

    private static async Task RefuseAsync(ChatDbContext db, DeadLetter letter, Message message, CancellationToken cancellationToken)
    {
        switch (letter.State)
        {
            case DeadLetterState.Replayed:
                throw new ReplayRefusedException("replayed", "The dead letter was already replayed.");
            case DeadLetterState.Discarded:
                throw new ReplayRefusedException("discarded", "The dead letter was already discarded.");
        }
        if (letter.Stage == DeadLetter.TurnStage && await IsAnsweredAsync(db, letter, cancellationToken))
        {
            throw new ReplayRefusedException("answered", "The message was answered meanwhile.");
        }
        switch (await db.Conversations.Where(c => c.Id == letter.ConversationId).Select(c => c.State).SingleAsync(cancellationToken))
        {
            case ConversationState.Ended:
                throw new ReplayRefusedException("ended", "The conversation has ended.");
            case ConversationState.HandedOff when message.Author != MessageAuthor.Agent:
                throw new ReplayRefusedException("handed_off", "An operator holds the conversation, where the bot is silent. Resume it first.");
        }
    }

    /// <summary>A turn answered it, or an operator has written since it failed.</summary>
    private static async Task<bool> IsAnsweredAsync(ChatDbContext db, DeadLetter letter, CancellationToken cancellationToken)
    {
        var (id, failed) = (letter.ConversationId, letter.CreatedAt);
        var sequence = await db.Messages.Where(m => m.Id == letter.MessageId).Select(m => m.Sequence).SingleAsync(cancellationToken);
        return await db.Turns.AnyAsync(
                t => t.ConversationId == id && t.ThroughSequence >= sequence && t.FromSequence <= sequence
                    && (t.State == TurnState.Answered || t.State == TurnState.Command),
                cancellationToken)
            || await db.Messages.AnyAsync(
                m => m.ConversationId == id && m.Sequence > sequence && m.Author == MessageAuthor.Agent && m.ReplayOf == null && m.CreatedAt >= failed, cancellationToken);
    }

    /// <summary>Whoever stores a conversation's messages comes through its gate, so that sequences are given out in the order of the commits. SQLite has one writer anyway.</summary>
    private static Task<int> PassGateAsync(ChatDbContext db, ConversationId id, CancellationToken cancellationToken)
    {
        var key = Gates.KeyOf(id);
        return db is PostgresChatDbContext ? db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({key})", cancellationToken) : Task.FromResult(0);
    }

    /// <summary>Another question at the end of the lane, due at once; like a command it flushes a burst that waits. A lane that is held keeps its due time.</summary>
    private static Task<int> AskAsync(ChatDbContext db, ConversationId id, long sequence, DateTimeOffset now, CancellationToken cancellationToken) =>
        db.Lanes.Where(l => l.ConversationId == id).ExecuteUpdateAsync(
            set => set
                .SetProperty(l => l.LastSequence, sequence)
                .SetProperty(l => l.WaitingSince, l => l.WaitingSince ?? now)
                .SetProperty(l => l.QuietUntil, now)
                .SetProperty(l => l.DueAt, l => l.HoldUntil > now || l.DueAt < now ? l.DueAt : now),
            cancellationToken);
}
