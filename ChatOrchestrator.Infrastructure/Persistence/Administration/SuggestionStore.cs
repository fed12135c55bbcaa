using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class SuggestionStore(ChatDatabase database, TimeProvider time) : ISuggestionStore
{
    /// <summary>The reason that a takeover writes into what it silences.</summary>
    internal const string TakenOver = "taken_over";

    /// <summary>The reason of the turn that passes over a question because an operator holds the conversation.</summary>
    private const string HandedOff = "handed_off";

    private const string ListName = "suggestions";

    public Task<bool> KeepAsync(Suggestion suggestion, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var id = suggestion.ConversationId;
            if (!await ConversationStore.LockLaneAsync(db, id, cancellationToken)
                || await db.Suggestions.AnyAsync(s => s.ConversationId == id && s.AnswersSequence == suggestion.AnswersSequence, cancellationToken)
                || !await WasOvertakenAsync(db, suggestion, cancellationToken))
            {
                return false;
            }
            await AddAsync(db, suggestion, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<Suggestion?> FindAsync(ConversationId conversation, Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Suggestions.AsNoTracking().SingleOrDefaultAsync(s => s.ConversationId == conversation && s.Id == id, cancellationToken), cancellationToken);

    public Task<Page<Suggestion>> ListAsync(ConversationId conversation, SuggestionState? state, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var suggestions = db.Suggestions.AsNoTracking().Where(s => s.ConversationId == conversation);
            if (state is { } wanted)
            {
                suggestions = suggestions.Where(s => s.State == wanted);
            }
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(ListName, cursor);
                suggestions = suggestions.Where(s => s.Id < before);
            }
            var items = await suggestions.OrderByDescending(s => s.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, s => Cursor.Encode(ListName, s.Id));
        },
        cancellationToken);

    public Task<Suggestion?> DismissAsync(ConversationId conversation, Guid id, string agent, AuditEntry? audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (!await ConversationStore.LockLaneAsync(db, conversation, cancellationToken)
                || await db.Suggestions.SingleOrDefaultAsync(s => s.ConversationId == conversation && s.Id == id, cancellationToken) is not { } suggestion)
            {
                return null;
            }
            suggestion.Dismiss(agent, time.GetUtcNow());
            db.Note(audit);
            await NoteAsync(db, suggestion, "suggestion_dismissed", suggestion.Id, suggestion.ResolvedAt!.Value, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return suggestion;
        },
        cancellationToken);

    /// <summary>Keeps what a takeover is about to withdraw: of each answer the parts that were not sent. Behind the lane's lock.</summary>
    internal static async Task KeepWithdrawnAsync(ChatDbContext db, ConversationId id, IReadOnlyList<Guid> messages, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answers = await db.Messages.AsNoTracking()
            .Where(m => messages.Contains(m.Id) && m.AnswersSequence != null && db.Turns.Any(t => t.Id == m.TurnId && t.State == TurnState.Answered))
            .OrderBy(m => m.Sequence).ToListAsync(cancellationToken);
        foreach (var answer in answers)
        {
            var parts = await db.Parts.AsNoTracking().Where(p => p.MessageId == answer.Id).OrderBy(p => p.Ordinal).ToListAsync(cancellationToken);
            var unsent = parts.Where(p => p.State is PartState.Pending or PartState.Retry).ToList();
            var sequence = answer.AnswersSequence!.Value;
            if (unsent.Count == 0 || await db.Suggestions.AnyAsync(s => s.ConversationId == id && s.AnswersSequence == sequence, cancellationToken))
            {
                continue;
            }
            var text = unsent.Count == parts.Count ? answer.Text : string.Join("\n\n", unsent.Select(p => p.PlainBody ?? p.Body ?? answer.Text));
            await AddAsync(db, new Suggestion(id, answer.TurnId!.Value, sequence, text, now), cancellationToken);
        }
    }

    /// <summary>Marks a suggestion as the agent's message. Behind the lane's lock. False: there is none in this conversation.</summary>
    /// <exception cref="Domain.DomainException">It was sent or dismissed already.</exception>
    internal static async Task<bool> SendAsync(ChatDbContext db, Guid id, Message message, CancellationToken cancellationToken)
    {
        if (await db.Suggestions.SingleOrDefaultAsync(s => s.ConversationId == message.ConversationId && s.Id == id, cancellationToken) is not { } suggestion)
        {
            return false;
        }
        suggestion.Send(message.Agent!, message.Id, message.CreatedAt);
        await NoteAsync(db, suggestion, "suggestion_sent", message.Id, message.CreatedAt, cancellationToken);
        return true;
    }

    /// <summary>
    /// An operator holds the conversation, or held it when the question's turn came, and nothing else answers it. Another
    /// worker that took the lane over is no operator: it answers by itself.
    /// </summary>
    private static async Task<bool> WasOvertakenAsync(ChatDbContext db, Suggestion suggestion, CancellationToken cancellationToken)
    {
        var (id, sequence) = (suggestion.ConversationId, suggestion.AnswersSequence);
        var turn = await db.Turns.AsNoTracking()
            .Where(t => t.ConversationId == id && t.ThroughSequence >= sequence && t.FromSequence <= sequence).OrderBy(t => t.ThroughSequence)
            .FirstOrDefaultAsync(cancellationToken);
        return turn is null
            ? await db.Conversations.AnyAsync(c => c.Id == id && c.State == ConversationState.HandedOff, cancellationToken)
            : turn is { State: TurnState.Silent, Reason: HandedOff };
    }

    private static Task AddAsync(ChatDbContext db, Suggestion suggestion, CancellationToken cancellationToken)
    {
        db.Suggestions.Add(suggestion);
        return NoteAsync(db, suggestion, "suggested", suggestion.Id, suggestion.CreatedAt, cancellationToken);
    }

    private static async Task NoteAsync(ChatDbContext db, Suggestion suggestion, string kind, Guid detail, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (id, sequence) = (suggestion.ConversationId, suggestion.AnswersSequence);
        var question = await db.Messages.Where(m => m.ConversationId == id && m.Sequence == sequence).Select(m => m.Id).SingleOrDefaultAsync(cancellationToken);
        if (question != Guid.Empty)
        {
            db.TimelineEvents.Add(new TimelineEvent(id, question, kind, detail.ToString(), at));
        }
    }
}
