using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>One step in a message's life.</summary>
/// <param name="At">When; null: it has not happened yet.</param>
/// <param name="Kind">A stable word.</param>
/// <param name="Detail">What is known about it, by name; neither text of messages nor secrets.</param>
public sealed record TimelineEntry(DateTimeOffset? At, string Kind, IReadOnlyDictionary<string, string> Detail);

/// <summary>The life of a message.</summary>
/// <param name="Outcome">
/// For an inbound message <c>answered</c>, <c>waiting</c>, <c>delivering</c>, <c>withdrawn</c>, <c>undelivered</c>, <c>not_addressed</c>,
/// <c>silent</c>, <c>cancelled</c> or <c>failed</c>; for an outbound one <c>delivered</c>, <c>delivering</c>, <c>withdrawn</c> or <c>undelivered</c>.
/// </param>
/// <param name="Reason">Why, as a stable word, where there is one.</param>
public sealed record Timeline(MessageView Message, string Outcome, string? Reason, IReadOnlyList<TimelineEntry> Entries);

/// <summary>Answers "why did I (not) get a reply?".</summary>
public sealed class ReadTimeline(IMessageStore messages)
{
    /// <exception cref="NotFoundException">There is no such message.</exception>
    public async Task<Timeline> HandleAsync(Guid id, CancellationToken cancellationToken)
    {
        var record = await messages.ReadRecordAsync(id, cancellationToken) ?? throw new NotFoundException("message");
        var inbound = record.View.Message.Author == MessageAuthor.Participant;
        var (outcome, reason) = inbound ? InboundOutcome(record) : OutboundOutcome(record.View.Parts);
        var entries = (inbound ? Inbound(record) : Outbound(record)).Concat(Extraordinary(record));
        // Sorting is stable: steps of the same instant keep the order of their nature; what is still to come stands last.
        return new Timeline(record.View, outcome, reason, [.. entries.OrderBy(e => e.At ?? DateTimeOffset.MaxValue)]);
    }

    private static IEnumerable<TimelineEntry> Inbound(MessageRecord record)
    {
        var message = record.View.Message;
        if (message.SentAt is { } sent)
        {
            yield return Entry(sent, "sent", ("clock", "platform"));
        }
        yield return Entry(
            message.CreatedAt,
            "received",
            ("platform", record.Connection.Platform.Value),
            ("connectionId", record.Connection.Id.ToString()),
            ("kind", message.Kind.ToString().ToLowerInvariant()),
            ("platformMessageId", message.PlatformMessageId),
            ("traceParent", message.TraceParent));
        if (message.EditedAt is { } edited)
        {
            yield return Entry(edited, "edited");
        }
        if (record.Turn is { } turn)
        {
            foreach (var entry in TurnEntries(turn))
            {
                yield return entry;
            }
        }
        else if (!WasOverheard(message) && record.Conversation.Lane is { } lane)
        {
            yield return Waiting(lane, record);
        }
        foreach (var answer in record.Answers)
        {
            yield return Entry(answer.Message.CreatedAt, "answer_saved", ("messageId", answer.Message.Id.ToString()), ("parts", Text(answer.Parts.Count)));
            foreach (var entry in PartEntries(answer.Parts))
            {
                yield return entry;
            }
        }
    }

    private static IEnumerable<TimelineEntry> Outbound(MessageRecord record)
    {
        var message = record.View.Message;
        if (record.Turn is { } turn)
        {
            foreach (var entry in TurnEntries(turn))
            {
                yield return entry;
            }
        }
        yield return Entry(
            message.CreatedAt,
            "saved",
            ("author", message.Author.ToString().ToLowerInvariant()),
            ("agent", message.Agent),
            ("platform", record.Connection.Platform.Value),
            ("connectionId", record.Connection.Id.ToString()),
            ("parts", Text(record.View.Parts.Count)));
        foreach (var entry in PartEntries(record.View.Parts))
        {
            yield return entry;
        }
    }

    private static IEnumerable<TimelineEntry> TurnEntries(Turn turn)
    {
        yield return Entry(turn.StartedAt, "turn_started", ("turnId", turn.Id.ToString()), ("worker", turn.Worker), ("attempt", turn.Attempt > 0 ? Text(turn.Attempt) : null));
        if (turn.FirstTokenAt is { } first)
        {
            yield return Entry(first, "first_token");
        }
        yield return Entry(
            turn.EndedAt,
            $"turn_{TurnStateNames.Of(turn.State)}",
            ("turnId", turn.Id.ToString()),
            ("reason", turn.Reason),
            ("model", turn.Model),
            ("promptVersion", turn.State == TurnState.Answered ? Text(turn.PromptVersion) : null),
            ("inputTokens", Text(turn.InputTokens)),
            ("outputTokens", Text(turn.OutputTokens)),
            ("cost", turn.CostNanos is { } nanos ? ((decimal)nanos / ModelPrice.NanosPerUnit).ToString("0.#########", CultureInfo.InvariantCulture) : null),
            ("durationMs", Text((long)(turn.EndedAt - turn.StartedAt).TotalMilliseconds)));
    }

    private static IEnumerable<TimelineEntry> PartEntries(IReadOnlyList<Part> parts)
    {
        foreach (var part in parts)
        {
            var about = new (string, string?)[]
            {
                ("messageId", part.MessageId.ToString()), ("part", Text(part.Ordinal)), ("attempts", Text(part.Attempts)),
                ("platformMessageId", part.PlatformMessageId), ("error", part.Error),
            };
            if (part.SentAt is { } sent)
            {
                yield return Entry(sent, "part_sent", about);
            }
            if (part.DeliveredAt is { } delivered)
            {
                yield return Entry(delivered, "part_delivered", about);
            }
            if (part.ReadAt is { } read)
            {
                yield return Entry(read, "part_read", about);
            }
            if (part.State is PartState.Pending or PartState.Retry or PartState.Unknown or PartState.Failed or PartState.Cancelled)
            {
                yield return Entry(null, $"part_{part.State.ToString().ToLowerInvariant()}", about);
            }
        }
    }

    private static TimelineEntry Waiting(Lane lane, MessageRecord record) => Entry(
        null,
        "waiting",
        ("dueAt", Text(lane.DueAt)),
        ("quietUntil", Text(lane.QuietUntil)),
        ("holdUntil", Text(lane.HoldUntil)),
        ("worker", lane.LeaseOwner),
        ("attempts", Text(lane.Attempts)),
        ("conversation", record.Conversation.Conversation.State == ConversationState.HandedOff ? "handed_off" : null),
        ("connectionDisabled", record.Connection.DisabledReason));

    private static IEnumerable<TimelineEntry> Extraordinary(MessageRecord record) =>
        record.Events.Select(e => Entry(e.At, e.Kind, ("detail", e.Detail)))
            .Concat(record.DeadLetters.Select(d => Entry(
                d.CreatedAt,
                "dead_letter",
                ("deadLetterId", d.Id.ToString()), ("stage", d.Stage), ("reason", d.Reason), ("state", d.State.ToString().ToLowerInvariant()),
                ("replayedAs", d.ReplayedAs?.ToString()), ("resolvedBy", d.ResolvedBy))));

    /// <summary>Of those without a turn: what is addressed to the bot is only blocked in its turn.</summary>
    private static bool WasOverheard(Message message) => message.Kind is MessageKind.Overheard or MessageKind.Blocked;

    private static (string Outcome, string? Reason) InboundOutcome(MessageRecord record)
    {
        if (record.Turn is not { } turn)
        {
            return WasOverheard(record.View.Message)
                ? ("not_addressed", record.View.Message.Kind == MessageKind.Blocked ? ModerateTurn.InputBlocked : null)
                : ("waiting", record.Connection.DisabledReason is null ? null : "connection_disabled");
        }
        if (turn.State is not (TurnState.Answered or TurnState.Command))
        {
            return (TurnStateNames.Of(turn.State), turn.Reason);
        }
        // What was sent again stands for what did not arrive.
        var latest = record.Answers.Where(a => !record.Answers.Any(again => again.Message.ReplayOf == a.Message.Id));
        var (delivery, reason) = OutboundOutcome([.. latest.SelectMany(a => a.Parts)]);
        return delivery == "delivered" ? ("answered", turn.Reason) : (delivery, reason);
    }

    private static (string Outcome, string? Reason) OutboundOutcome(IReadOnlyList<Part> parts)
    {
        if (parts.FirstOrDefault(p => p.State == PartState.Failed) is { } failed)
        {
            return ("undelivered", failed.Error);
        }
        if (parts.FirstOrDefault(p => p.State == PartState.Cancelled) is { } cancelled)
        {
            return ("withdrawn", cancelled.Error);
        }
        var open = parts.FirstOrDefault(p => p.State is PartState.Pending or PartState.Retry or PartState.Unknown);
        return open is null ? ("delivered", null) : ("delivering", open.Error);
    }

    private static TimelineEntry Entry(DateTimeOffset? at, string kind, params ReadOnlySpan<(string Name, string? Value)> detail)
    {
        var known = new Dictionary<string, string>();
        foreach (var (name, value) in detail)
        {
            if (value is not null)
            {
                known[name] = value;
            }
        }
        return new TimelineEntry(at, kind, known);
    }

    private static string? Text(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
