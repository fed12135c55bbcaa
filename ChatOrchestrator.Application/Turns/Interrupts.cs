using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The signal that a lane was taken from whoever works on it.</summary>
internal static class Interrupts
{
    public const string Channel = "interrupt";

    private const string KeepsAnswer = " handoff";

    /// <summary>Nobody wants the answer that is being made.</summary>
    public static string Of(ConversationId conversation) => conversation.ToString();

    /// <summary>An operator took over: the answer that is being made is not sent, but kept as a suggestion.</summary>
    public static string OfHandOff(ConversationId conversation) => conversation + KeepsAnswer;

    public static bool TryRead(string payload, out ConversationId conversation, out bool keepsAnswer)
    {
        keepsAnswer = payload.EndsWith(KeepsAnswer, StringComparison.Ordinal);
        var known = Guid.TryParse(payload.AsSpan(0, payload.Length - (keepsAnswer ? KeepsAnswer.Length : 0)), out var id);
        conversation = new ConversationId(id);
        return known;
    }
}
