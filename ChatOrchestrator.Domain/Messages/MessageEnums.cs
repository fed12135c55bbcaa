namespace ChatOrchestrator.Domain.Messages;

/// <summary>Who wrote a message.</summary>
public enum MessageAuthor
{
    Participant = 0,
    Bot = 1,
    Agent = 2,
}

/// <summary>What an inbound message is.</summary>
public enum MessageKind
{
    Text = 0,

    /// <summary>A slash command; it is not coalesced with text.</summary>
    Command = 1,

    /// <summary>Of a kind that the bot can make nothing of (a dice, a poll); stored, and answered by saying so.</summary>
    Unsupported = 2,

    /// <summary>Stored for the record but not addressed to the bot (talk in a group); never answered, part of the history.</summary>
    Overheard = 3,

    /// <summary>A text that another bot addressed to the bot; answered where <c>answerBots</c> is set, behind the loop guard.</summary>
    Automated = 4,

    /// <summary>
    /// A question that failed, put again by an operator. It stands alone in its turn; the participant does not see it, and
    /// is not told when it fails once more.
    /// </summary>
    Replay = 5,

    /// <summary>A button or quick reply was pressed; the text is its label. It does not wait for more.</summary>
    ButtonPress = 6,

    /// <summary>Moderation refused it: it was answered with a polite text, and no model ever reads it.</summary>
    Blocked = 7,

    /// <summary>
    /// Refused before anybody judged it (too many in a minute), where moderation is on: answered by nothing. It is judged
    /// when a model would read it.
    /// </summary>
    Unjudged = 8,
}

/// <summary>
/// How a turn ended. <c>Answered</c>: the model's answer was saved. <c>Command</c>: answered with a text of the house's, not the
/// model's.
/// <c>Silent</c>: nothing to say (nothing was addressed to the bot, or an operator holds the conversation).
/// <c>Cancelled</c>: <c>/stop</c> or <c>/reset</c>. <c>Failed</c>: a dead letter; the user got the apology.
/// </summary>
public enum TurnState
{
    Answered = 0,
    Command = 1,
    Silent = 2,
    Cancelled = 3,
    Failed = 4,
}

/// <summary>The state of one part, only ever moving forward: pending → (retry | unknown) → sent → delivered → read, or failed or cancelled.</summary>
public enum PartState
{
    Pending = 0,

    /// <summary>The platform asked to try again later.</summary>
    Retry = 1,

    /// <summary>The connection broke after sending: it may or may not have arrived.</summary>
    Unknown = 2,

    /// <summary>Accepted by the platform.</summary>
    Sent = 3,

    /// <summary>Arrived at the user's device.</summary>
    Delivered = 4,

    /// <summary>Seen by the user.</summary>
    Read = 5,

    /// <summary>Refused for good.</summary>
    Failed = 6,

    /// <summary>Withdrawn before it was sent.</summary>
    Cancelled = 7,
}
