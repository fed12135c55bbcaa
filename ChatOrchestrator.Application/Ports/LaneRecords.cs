using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>A lane that this worker holds.</summary>
public sealed record ClaimedLane
{
    public required ConversationId Conversation { get; init; }

    public required long Token { get; init; }

    public required ConnectionId Connection { get; init; }

    public required ChatAddress Chat { get; init; }

    public required bool IsGroup { get; init; }

    public required ConversationState State { get; init; }

    public required long ForgottenThrough { get; init; }

    public required long LastSequence { get; init; }

    public required long HandledSequence { get; init; }

    public required long OutboundSequence { get; init; }

    public required long DeliveredSequence { get; init; }

    public required int Attempts { get; init; }

    /// <summary>The worker that held the lane and did not release it, if one did.</summary>
    public string? TakenOverFrom { get; init; }

    public Lease Lease => new(Conversation, Token);

    public bool HasInbound => LastSequence > HandledSequence;

    public bool HasOutbound => OutboundSequence > DeliveredSequence;
}

/// <summary>Which messages of a lane to load.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="MaxPending">How many waiting messages at most; the oldest.</param>
/// <param name="MaxHistory">How many earlier ones at most; the latest.</param>
public readonly record struct LaneQuery(ClaimedLane Lane, int MaxPending, int MaxHistory);

/// <summary>What a lane holds.</summary>
/// <param name="Pending">Inbound messages without a turn, oldest first.</param>
/// <param name="History">Earlier messages, oldest first, an answer behind its question.</param>
/// <param name="OpenParts">Parts that are not sent yet, in order.</param>
public sealed record LaneContent(IReadOnlyList<LaneMessage> Pending, IReadOnlyList<LaneMessage> History, IReadOnlyList<OpenPart> OpenParts)
{
    public static readonly LaneContent Empty = new([], [], []);

    /// <summary>What is left when a turn has dealt with the first of what waited: its messages and its answer are history.</summary>
    public LaneContent After(IReadOnlyList<LaneMessage> handled, TurnCommit turn, long answerSequence, int maxHistory)
    {
        var history = new List<LaneMessage>(History.Count + handled.Count + 1);
        history.AddRange(History);
        history.AddRange(handled);
        if (turn.Answer is not null)
        {
            history.Add(new LaneMessage(answerSequence, turn.AnswerId, MessageAuthor.Bot, MessageKind.Text, turn.Answer, turn.ThroughSequence, null, turn.EndedAt, null));
        }
        history.RemoveRange(0, Math.Max(0, history.Count - maxHistory));
        return new LaneContent([.. Pending.Skip(handled.Count)], history, []);
    }
}

/// <summary>A message as a turn needs it.</summary>
/// <param name="AuthorName">The participant's name, in groups only.</param>
/// <param name="Participant">Who wrote it, when a participant did.</param>
/// <param name="Content">What it carries beside the text; of waiting messages only.</param>
/// <param name="EditedAt">When its author changed it last; null: it is as it was written.</param>
public sealed record LaneMessage(
    long Sequence,
    Guid Id,
    MessageAuthor Author,
    MessageKind Kind,
    string Text,
    long? AnswersSequence,
    string? TraceParent,
    DateTimeOffset CreatedAt,
    string? AuthorName,
    Guid? Participant = null,
    MessageContent? Content = null,
    DateTimeOffset? EditedAt = null);

/// <summary>A part that is still to be sent.</summary>
/// <param name="Author">Who wrote the message.</param>
/// <param name="LastInboundAt">When the participant last wrote.</param>
/// <param name="AnswerVia">From the message that this answers; see <see cref="OutboundPart.AnswerVia"/>.</param>
public sealed record OpenPart(
    Guid MessageId,
    long MessageSequence,
    int Ordinal,
    string Text,
    string? Format,
    string? PlainText,
    PartState State,
    int Attempts,
    MessageAuthor Author = MessageAuthor.Bot,
    DateTimeOffset? LastInboundAt = null,
    string? AnswerVia = null);

/// <summary>The end of a turn.</summary>
public sealed record TurnCommit
{
    public required Lease Lease { get; init; }

    public required ConnectionId Connection { get; init; }

    public required Guid TurnId { get; init; }

    public required long FromSequence { get; init; }

    public required long ThroughSequence { get; init; }

    public required TurnState State { get; init; }

    public string? Reason { get; init; }

    /// <summary>The answer in CommonMark, or null for a turn without one.</summary>
    public string? Answer { get; init; }

    /// <summary>The id of the outbound message that holds the answer.</summary>
    public Guid AnswerId { get; init; }

    public IReadOnlyList<PartBody> Parts { get; init; } = [];

    public string? Model { get; init; }

    public int PromptVersion { get; init; }

    public int? InputTokens { get; init; }

    public int? OutputTokens { get; init; }

    /// <summary>What they cost, in billionths of the currency; null: no price is known.</summary>
    public long? CostNanos { get; init; }

    public int Attempt { get; init; } = 1;

    public required string Worker { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FirstTokenAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public string? TraceParent { get; init; }

    /// <summary>Forget everything up to <see cref="ThroughSequence"/> (<c>/reset</c>).</summary>
    public bool Forget { get; init; }

    /// <summary>Make an ended conversation active again.</summary>
    public bool Reopen { get; init; }

    /// <summary>The last inbound message that it deals with.</summary>
    public required Guid MessageId { get; init; }

    /// <summary>The worker whose lane was taken over for this turn, for the timeline.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>What the calls of the turn have used of a budget.</summary>
    public BudgetCharge? Charge { get; init; }

    /// <summary>The bot gives the conversation to its operators; nobody holds it yet.</summary>
    public bool HandOver { get; init; }

    /// <summary>What was out of the ordinary, for the timeline of <see cref="MessageId"/>.</summary>
    public IReadOnlyList<TurnNote> Notes { get; init; } = [];

    /// <summary>What somebody may want to be told of.</summary>
    public IReadOnlyList<NotificationEvent> Notifications { get; init; } = [];

    /// <summary>The inbound message that becomes a dead letter, when the turn failed for good.</summary>
    public Guid? DeadLetterOf { get; init; }

    /// <summary>What moderation found in the messages and the answer; inbound messages that it blocks become <see cref="MessageKind.Blocked"/>.</summary>
    public IReadOnlyList<ModerationRecord> Moderations { get; init; } = [];

    /// <summary>Inbound messages that nobody has judged, and has to before a model reads them; they become <see cref="MessageKind.Unjudged"/>.</summary>
    public IReadOnlyList<Guid> Unjudged { get; init; } = [];
}

/// <summary>A line in a message's timeline.</summary>
/// <param name="Kind">A stable word.</param>
/// <param name="Detail">A short detail without message text and without secrets.</param>
public readonly record struct TurnNote(string Kind, string? Detail);

/// <summary>What became of a turn's commit.</summary>
/// <param name="Held">False: the lease was lost and nothing was saved.</param>
/// <param name="AnswerSequence">The place of the answer, if there is one.</param>
/// <param name="IsBehind">Something that is not sent yet stands before the answer: an operator's message that came meanwhile.</param>
public readonly record struct TurnCommitted(bool Held, long AnswerSequence, bool IsBehind = false);

/// <summary>The outcome of one part, or (without a part) the end of the work on a lane.</summary>
public sealed record DeliveryCommit
{
    public required Lease Lease { get; init; }

    public PartOutcome? Part { get; init; }

    /// <summary>Outbound messages up to this one are done; 0: unchanged.</summary>
    public long DeliveredThrough { get; init; }

    /// <summary>What happens to the lane.</summary>
    public required LaneNext Next { get; init; }

    /// <summary>For <see cref="LaneNext.Hold"/>: how long.</summary>
    public TimeSpan Hold { get; init; }

    /// <summary>Counts a failed attempt at the turn, with its reason for the timeline of this message.</summary>
    public FailedAttempt? Failure { get; init; }

    /// <summary>What a failed attempt has used of a budget; what it had set aside is free again.</summary>
    public BudgetCharge? Charge { get; init; }
}

public readonly record struct FailedAttempt(Guid MessageId, string Reason);

/// <summary>What happens to a lane after a commit.</summary>
public enum LaneNext
{
    /// <summary>The worker keeps it.</summary>
    Keep = 0,

    /// <summary>Released: due at once when more waits, idle otherwise.</summary>
    Release = 1,

    /// <summary>Released, and due again only after a while.</summary>
    Hold = 2,
}

/// <summary>What became of a part.</summary>
public sealed record PartOutcome
{
    public required Guid MessageId { get; init; }

    public required int Ordinal { get; init; }

    public required PartState State { get; init; }

    public string? PlatformMessageId { get; init; }

    public string? Error { get; init; }

    /// <summary>The parts that follow in the same message fail with it.</summary>
    public bool FailsRest { get; init; }

    /// <summary>The message becomes a dead letter.</summary>
    public bool DeadLetter { get; init; }

    /// <summary>An earlier attempt may have arrived: the user may see the part twice. Noted in the timeline.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>How often the part was sent, this time included.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The chat's new id, when the platform moved it.</summary>
    public string? MovedToChatId { get; init; }

    /// <summary>The participant refuses messages.</summary>
    public bool Blocked { get; init; }
}

/// <summary>What became of a delivery's commit.</summary>
/// <param name="Held">False: the lease was lost and nothing was saved.</param>
/// <param name="DueIn">When the released lane is due; null: it is idle, or still held.</param>
public readonly record struct DeliveryCommitted(bool Held, TimeSpan? DueIn);
