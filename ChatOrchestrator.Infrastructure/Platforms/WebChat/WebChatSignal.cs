using System.Globalization;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>
/// What is told to the streams of one chat. None carries a stored message: <see cref="Stored"/> says that there is one, and
/// the stream reads it. So a lost signal loses nothing that a later look at the store does not bring.
/// </summary>
public abstract record WebChatSignal
{
    private WebChatSignal()
    {
    }

    /// <summary>There is something new in the store.</summary>
    public sealed record Stored : WebChatSignal
    {
        public static readonly Stored Instance = new();
    }

    /// <summary>The bot is working on an answer.</summary>
    public sealed record Typing : WebChatSignal
    {
        public static readonly Typing Instance = new();
    }

    /// <summary>Somebody else answers from now on.</summary>
    public sealed record State(ConversationState Value) : WebChatSignal;

    /// <summary>More of an answer. <paramref name="Offset"/>: how many UTF-16 units of it were told before.</summary>
    public sealed record Delta(Guid TurnId, int Offset, string Text) : WebChatSignal;

    /// <summary>An answer that will not be finished.</summary>
    public sealed record Abandoned(Guid TurnId) : WebChatSignal;

    /// <summary>The signals' channel of a chat.</summary>
    public static string Channel(string chatId) => $"webchat:{chatId}";

    public string Encode() => this switch
    {
        Stored => "m",
        Typing => "t",
        State state => string.Create(CultureInfo.InvariantCulture, $"s{(int)state.Value}"),
        Delta delta => string.Create(CultureInfo.InvariantCulture, $"d{delta.TurnId:N}{delta.Offset}:{delta.Text}"),
        Abandoned abandoned => $"a{abandoned.TurnId:N}",
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Null: a newer process says something that this one does not know.</summary>
    public static WebChatSignal? Decode(string payload)
    {
        if (payload.Length == 0)
        {
            return null;
        }
        var rest = payload.AsSpan(1);
        switch (payload[0])
        {
            case 'm':
                return Stored.Instance;
            case 't':
                return Typing.Instance;
            case 's' when int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var state) && Enum.IsDefined((ConversationState)state):
                return new State((ConversationState)state);
            case 'a' when Guid.TryParseExact(rest, "N", out var turn):
                return new Abandoned(turn);
            case 'd' when rest.Length > 33 && Guid.TryParseExact(rest[..32], "N", out var turn):
                var end = rest.IndexOf(':');
                return end > 32 && int.TryParse(rest[32..end], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                    ? new Delta(turn, offset, rest[(end + 1)..].ToString())
                    : null;
            default:
                return null;
        }
    }
}
