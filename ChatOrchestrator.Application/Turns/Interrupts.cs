using System.Globalization;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The signal that a lane was taken from whoever works on it.</summary>
/// <param name="Conversation">Whose lane.</param>
/// <param name="KeepsAnswer">Whether an answer in the making is still wanted, as a suggestion.</param>
/// <param name="BeforeSequence">Only who works on what stands before this message is meant; null: whoever has the lane.</param>
internal readonly record struct Interrupts(ConversationId Conversation, bool KeepsAnswer, long? BeforeSequence)
{
    public const string Channel = "interrupt";

    private const string KeptAnswer = "handoff";

    /// <summary>Nobody wants the answer that is being made.</summary>
    public static string Of(ConversationId conversation) => conversation.ToString();

    /// <summary>
    /// Nobody wants an answer to what was written before this message. The signal may be late: who has taken the lane since
    /// works on what came after it, and is not meant.
    /// </summary>
    public static string OfStop(ConversationId conversation, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{conversation} {sequence}");

    /// <summary>An operator took over: the answer that is being made is not sent, but kept as a suggestion.</summary>
    public static string OfHandOff(ConversationId conversation) => $"{conversation} {KeptAnswer}";

    public static bool TryRead(string payload, out Interrupts interrupt)
    {
        var space = payload.IndexOf(' ', StringComparison.Ordinal);
        var (who, what) = space < 0 ? (payload, "") : (payload[..space], payload[(space + 1)..]);
        var known = Guid.TryParse(who, out var id);
        interrupt = new Interrupts(
            new ConversationId(id), what == KeptAnswer, long.TryParse(what, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence : null);
        return known;
    }
}
