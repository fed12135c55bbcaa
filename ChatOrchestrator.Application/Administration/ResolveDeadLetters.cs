using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Why a dead letter is not replayed: 409.</summary>
/// <param name="reason">
/// A stable word: <c>replayed</c>, <c>discarded</c>, <c>answered</c> (meanwhile), <c>handed_off</c>, <c>ended</c>, or
/// <c>nothing_to_send</c>.
/// </param>
/// <param name="message">The same for the reader.</param>
public sealed class ReplayRefusedException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}

/// <summary>What became of many replays.</summary>
/// <param name="Refused">How many were refused, by the reason of <see cref="ReplayRefusedException"/>.</param>
/// <param name="NextCursor">Asks for the next batch; null: there are no more.</param>
public sealed record ReplayedMany(int Replayed, IReadOnlyDictionary<string, int> Refused, string? NextCursor);

/// <summary>
/// Replays and discards dead letters. A failed question is put again at the end of its lane, and a failed delivery is
/// said again behind what was said since: nothing that came later waits for it or changes its place.
/// </summary>
public sealed class ResolveDeadLetters(IDeadLetterStore letters, Platforms platforms, Doorbell doorbell, TimeProvider time)
{
    private const string Subject = "dead_letter";

    /// <param name="id">The dead letter.</param>
    /// <param name="text">What is asked or sent instead; null: as it was.</param>
    /// <param name="actor">Who does it, for the audit log.</param>
    /// <returns>The message in its place.</returns>
    /// <exception cref="NotFoundException">There is no such dead letter.</exception>
    /// <exception cref="ReplayRefusedException">It may not be replayed, or not any more.</exception>
    /// <exception cref="Domain.DomainException">The text is empty or too long.</exception>
    public async Task<Guid> ReplayAsync(Guid id, string? text, Actor actor, CancellationToken cancellationToken)
    {
        var message = await ReplayOneAsync(id, text, actor, cancellationToken);
        doorbell.Ring(0);
        return message;
    }

    /// <summary>Replays the dead letters of one page, the oldest first, so that questions are put again in the order in which they were asked.</summary>
    public async Task<ReplayedMany> ReplayManyAsync(DeadLetterFilter filter, PageRequest page, Actor actor, CancellationToken cancellationToken)
    {
        var batch = await letters.ListAsync(filter with { State = filter.State ?? DeadLetterState.Open }, oldestFirst: true, page, cancellationToken);
        var replayed = 0;
        var refused = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var view in batch.Items)
        {
            try
            {
                await ReplayOneAsync(view.Letter.Id, null, actor, cancellationToken);
                replayed++;
            }
            catch (ReplayRefusedException e)
            {
                refused[e.Reason] = refused.GetValueOrDefault(e.Reason) + 1;
            }
            catch (NotFoundException)
            {
                // Deleted with its conversation since the list was read.
                refused["not_found"] = refused.GetValueOrDefault("not_found") + 1;
            }
        }
        if (replayed > 0)
        {
            doorbell.Ring(0);
        }
        return new ReplayedMany(replayed, refused, batch.NextCursor);
    }

    /// <exception cref="NotFoundException">There is no such dead letter.</exception>
    /// <exception cref="Domain.DomainException">It is not open any more, or the reason is empty or longer than 500 characters.</exception>
    public async Task DiscardAsync(Guid id, string? reason, Actor actor, CancellationToken cancellationToken)
    {
        var clean = reason?.Replace('\0', '\uFFFD');
        var record = await letters.FindAsync(id, cancellationToken) ?? throw new NotFoundException("dead letter");
        var audit = Audit(record.View, "dead_letter.discarded", actor, new { reason = clean?.Trim() });
        if (!await letters.DiscardAsync(id, clean, audit, cancellationToken))
        {
            throw new NotFoundException("dead letter");
        }
    }

    private async Task<Guid> ReplayOneAsync(Guid id, string? text, Actor actor, CancellationToken cancellationToken)
    {
        var record = await letters.FindAsync(id, cancellationToken) ?? throw new NotFoundException("dead letter");
        if (text is not null)
        {
            Message.RequireText(text);
        }
        var letter = record.View.Letter;
        var (message, parts) = letter.Stage == DeadLetter.TurnStage ? Question(record, text) : Delivery(record, text);
        var audit = Audit(
            record.View, "dead_letter.replayed", actor,
            new { stage = letter.Stage, reason = letter.Reason, edited = text is not null, conversationId = letter.ConversationId.Value, messageId = letter.MessageId, replayedAs = message.Id });
        await letters.ReplayAsync(id, message, parts, audit, cancellationToken);
        return message.Id;
    }

    /// <summary>What was to be answered in one turn is asked in one message.</summary>
    private (Message, IReadOnlyList<PartBody>) Question(DeadLetterRecord record, string? text)
    {
        text ??= string.Join('\n', record.Questions.Select(m => m.Text));
        return string.IsNullOrWhiteSpace(text)
            ? throw new ReplayRefusedException("nothing_to_send", "The question has no text; give one.")
            : (Message.Again(record.Message, Clean(text), time.GetUtcNow()), []);
    }

    /// <summary>As it was: the parts that failed, each as it was. Edited: the new text, split anew.</summary>
    private (Message, IReadOnlyList<PartBody>) Delivery(DeadLetterRecord record, string? text)
    {
        if (text is not null)
        {
            var edited = Message.Resent(record.Message, Clean(text), time.GetUtcNow());
            return (edited, platforms.Get(record.View.Platform).Split(edited.Text));
        }
        var failed = record.FailedParts;
        if (failed.Count == 0)
        {
            throw record.View.Letter.State == DeadLetterState.Open
                ? new ReplayRefusedException("nothing_to_send", "Every part has arrived or was withdrawn; give a text to send.")
                : new ReplayRefusedException(Word(record.View.Letter.State), "The dead letter is not open any more.");
        }
        var original = record.Message.Text;
        var whole = failed is [{ Body: null }];
        var rest = whole ? original : string.Join("\n\n", failed.Select(p => p.PlainBody ?? p.Body ?? original));
        return (Message.Resent(record.Message, rest, time.GetUtcNow()), [.. failed.Select(p => new PartBody(p.Body, p.Format, p.PlainBody))]);
    }

    private AuditEntry Audit(DeadLetterView view, string action, Actor actor, object detail) =>
        AuditEntry.Of(actor, action, Subject, view.Letter.Id, time.GetUtcNow(), view.Bot, detail);

    private static string Word(DeadLetterState state) => state == DeadLetterState.Replayed ? "replayed" : "discarded";

    /// <summary>Postgres cannot store U+0000 in text.</summary>
    private static string Clean(string text) => text.Replace('\0', '\uFFFD');
}
