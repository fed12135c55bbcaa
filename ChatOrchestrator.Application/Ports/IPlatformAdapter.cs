using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>One platform: how its webhooks are verified and read, how answers are split, sent, and what the outcome was.</summary>
public interface IPlatformAdapter
{
    PlatformName Platform { get; }

    PlatformCapabilities Capabilities { get; }

    /// <summary>What is wrong with the secrets and settings of a connection, by the API's field names; nothing: they can be used.</summary>
    IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, System.Text.Json.JsonElement settings);

    /// <summary>Whether the request comes from the platform: on the raw bytes, in constant time. A connection without its secret rejects everything.</summary>
    bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request);

    /// <summary>Reads every event of a body, in order. No I/O.</summary>
    /// <exception cref="MalformedPayloadException">The body is not what the platform sends.</exception>
    IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body);

    /// <summary>Turns an answer (CommonMark) into what is sent, each within the platform's limit, nothing left out.</summary>
    IReadOnlyList<PartBody> Split(string answer);

    /// <summary>Sends one part. Refusals are outcomes, not exceptions; only cancellation is thrown.</summary>
    Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken);

    /// <summary>Shows that the bot is typing, for about five seconds; failures are of no consequence and not thrown.</summary>
    Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken);
}

/// <summary>A platform that shows an answer while it is being generated.</summary>
public interface IStreamsAnswers
{
    /// <summary>Whether answers are streamed on this connection.</summary>
    bool Streams(ConnectionSnapshot connection);

    /// <summary>Shows more of the answer; may be lost without harm.</summary>
    void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text);

    /// <summary>Takes back what was shown of a turn that will not be finished.</summary>
    void Abandon(ConnectionSnapshot connection, AnswerDraft draft);
}

/// <summary>An answer in the making.</summary>
/// <param name="Chat">Where it is shown.</param>
/// <param name="TurnId">The turn that makes it.</param>
/// <param name="AnswerId">The outbound message that it becomes: <see cref="OutboundPart.MessageId"/>.</param>
/// <param name="AnswerVia">As in <see cref="OutboundPart.AnswerVia"/>.</param>
public readonly record struct AnswerDraft(ChatAddress Chat, Guid TurnId, Guid AnswerId, string? AnswerVia = null);

/// <summary>A platform whose webhooks are answered with more than an empty 200 (a challenge, PONG, "deferred").</summary>
public interface IRepliesToWebhooks
{
    /// <summary>The body to answer with, after everything in the request is stored; null: an empty 200.</summary>
    WebhookReply? Reply(ConnectionSnapshot connection, in WebhookRequest request);
}

/// <summary>The body of a webhook's answer.</summary>
public sealed record WebhookReply(string ContentType, string Body);

/// <summary>A platform that checks a webhook's address with a GET request first (Meta's <c>hub.challenge</c>).</summary>
public interface IVerifiesWebhooks
{
    /// <summary>What is answered as plain text; null: the request is refused with 401.</summary>
    string? Verify(ConnectionSnapshot connection, Func<string, string?> query);
}

/// <summary>A platform whose attachments can be fetched.</summary>
public interface IFetchesMedia
{
    /// <summary>Downloads an attachment of an inbound message.</summary>
    /// <param name="maxBytes">More than this is not read: <see cref="MediaException"/> with <c>too_large</c>.</param>
    /// <exception cref="MediaException">It cannot be had.</exception>
    Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken);
}

/// <summary>A downloaded attachment.</summary>
public sealed record Media(ReadOnlyMemory<byte> Bytes, string MimeType);

/// <summary>An attachment cannot be had. The message is a stable word: <c>too_large</c>, <c>gone</c>, <c>unreachable</c>, <c>refused</c>.</summary>
/// <param name="temporary">Another attempt may succeed.</param>
public sealed class MediaException(string reason, bool temporary = false) : Exception(reason)
{
    public bool Temporary { get; } = temporary;
}

/// <summary>A platform on which a bot may speak first.</summary>
public interface IStartsConversations
{
    /// <summary>Finds or opens the chat with a recipient.</summary>
    /// <param name="recipient">A user or chat, as the platform names it.</param>
    /// <exception cref="PlatformException">The platform refuses: the recipient is unknown or may not be written to.</exception>
    Task<StartedChat> OpenAsync(ConnectionSnapshot connection, string recipient, CancellationToken cancellationToken);
}

/// <summary>A chat that the bot opened.</summary>
/// <param name="UserId">The participant, where the chat is with one person.</param>
public sealed record StartedChat(ChatAddress Chat, bool IsGroup = false, string? Title = null, string? UserId = null);

/// <summary>A platform that must be told where to send webhooks.</summary>
public interface IRegistersWebhooks
{
    /// <summary>Registers the address; throws <see cref="PlatformException"/> when the platform refuses.</summary>
    Task RegisterAsync(ConnectionSnapshot connection, Uri webhookUrl, CancellationToken cancellationToken);

    /// <summary>Takes the registration back; failures are logged, not thrown: the connection is going away.</summary>
    Task UnregisterAsync(ConnectionSnapshot connection, CancellationToken cancellationToken);
}

/// <summary>A platform that knows things about a connection that adapters need and nobody should have to type in.</summary>
public interface IDescribesConnection
{
    /// <summary>
    /// Asks the platform whose credentials these are: settings to be kept with the connection, so that every process has
    /// them without asking (Telegram: <c>username</c>). Called when a connection is made or its secrets change.
    /// </summary>
    /// <exception cref="PlatformException">The platform refuses the credentials for good, or cannot be reached now.</exception>
    Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken);
}

/// <summary>A platform that can be listened to without a public address (polling, gateway, socket).</summary>
public interface IListens
{
    /// <summary>Whether this connection is listened to at all, by its secrets and settings.</summary>
    bool Listens(ConnectionSnapshot connection) => true;

    /// <summary>Hands in everything that arrives until cancelled or refused. The caller makes sure that one process listens at a time.</summary>
    /// <exception cref="PlatformException">The platform refuses the connection for good.</exception>
    Task ListenAsync(ConnectionSnapshot connection, Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive, CancellationToken cancellationToken);
}

/// <summary>What a platform can do and what suits it.</summary>
/// <param name="QuietPeriodMs">How long a burst of texts is waited for when the bot does not say, in milliseconds.</param>
/// <param name="Pace">How fast the platform's documents allow to send.</param>
/// <param name="ShowsTyping">Whether it has a typing indicator.</param>
public sealed record PlatformCapabilities(int QuietPeriodMs, Pace Pace, bool ShowsTyping)
{
    /// <summary>The longest text of one message, in <see cref="TextUnit"/>.</summary>
    public int MaxTextLength { get; init; }

    /// <summary>In what text is counted: <c>utf16</c>, <c>codepoint</c>.</summary>
    public string TextUnit { get; init; } = "utf16";

    /// <summary>How text is formatted: <c>html</c>, <c>mrkdwn</c>, <c>markdown</c>, <c>whatsapp</c>, <c>plain</c>.</summary>
    public string Markup { get; init; } = "plain";

    /// <summary>What can be attached to a message to the participant; what is not here is sent as a link.</summary>
    public IReadOnlyList<AttachmentKind> SendsMedia { get; init; } = [];

    /// <summary>What participants can attach that the platform tells us of.</summary>
    public IReadOnlyList<AttachmentKind> ReceivesMedia { get; init; } = [];

    /// <summary>The most buttons of one message; 0: a row of buttons becomes a numbered list. More than this goes as a numbered list too.</summary>
    public int MaxButtons { get; init; }

    /// <summary>The longest label of a button, in <see cref="TextUnit"/>.</summary>
    public int MaxButtonLabel { get; init; }

    /// <summary>Edits of participants' messages are told to us.</summary>
    public bool ReceivesEdits { get; init; }

    /// <summary>Deletions of participants' messages are told to us.</summary>
    public bool ReceivesDeletions { get; init; }

    public bool ReceivesReactions { get; init; }

    /// <summary>A participant's message can be a reply to another one.</summary>
    public bool ReceivesQuotes { get; init; }

    public bool DeliveryReceipts { get; init; }

    public bool ReadReceipts { get; init; }

    public bool Threads { get; init; }

    public bool Groups { get; init; }

    /// <summary>An answer can be shown while it is being made.</summary>
    public bool Streaming { get; init; }

    /// <summary>A bot may speak first.</summary>
    public bool StartsConversations { get; init; }

    /// <summary>After a participant's message the bot may write for so many hours; 0: for ever.</summary>
    public int WindowHours { get; init; }
}

/// <summary>Sending rates in messages per second; 0: no limit.</summary>
public sealed record Pace(double ChatPerSecond, double ConnectionPerSecond);

/// <summary>A webhook request before anything of it is trusted.</summary>
/// <param name="Body">The raw bytes.</param>
/// <param name="Header">A header's value by name, or null.</param>
public readonly record struct WebhookRequest(ReadOnlyMemory<byte> Body, Func<string, string?> Header);

/// <summary>One problem with an input field.</summary>
public sealed record FieldError(string Field, string Message);

/// <summary>What is sent as one platform message.</summary>
/// <param name="Body">The text in <paramref name="Format"/>; null: the message's text as it is.</param>
/// <param name="Format">The platform's name of the markup; null: plain.</param>
/// <param name="PlainBody">The same without markup, for when the platform refuses the markup; null: there is none.</param>
public sealed record PartBody(string? Body, string? Format = null, string? PlainBody = null);

/// <summary>A part on its way out.</summary>
/// <param name="MessageId">The outbound message.</param>
/// <param name="Ordinal">The position in it, from 0.</param>
/// <param name="Chat">Where to.</param>
/// <param name="Text">The text in <paramref name="Format"/>.</param>
/// <param name="Format">The platform's name of the markup; null: plain.</param>
/// <param name="PlainText">The fallback when the markup is refused; null: there is none.</param>
/// <param name="Attempt">How often it was tried before.</param>
public sealed record OutboundPart(Guid MessageId, int Ordinal, ChatAddress Chat, string Text, string? Format, string? PlainText, int Attempt)
{
    /// <summary>The part's name towards the platform, for <see cref="IReconcilesDeliveries"/>: the same at every attempt.</summary>
    public PartReference Reference => new(MessageId, Ordinal);

    /// <summary>Who speaks: some platforms let a person do what a bot may not.</summary>
    public MessageAuthor Author { get; init; } = MessageAuthor.Bot;

    /// <summary>When the participant last wrote, for platforms with a window; null: never.</summary>
    public DateTimeOffset? LastInboundAt { get; init; }

    /// <summary>What the adapter put into <see cref="MessageContent.AnswerVia"/> of the message that this answers.</summary>
    public string? AnswerVia { get; init; }
}

/// <summary>The body is not what the platform sends: 400. The message holds nothing of the body.</summary>
public sealed class MalformedPayloadException(string message) : Exception(message);

/// <summary>The platform refused. <see cref="Exception.Message"/> is a stable word or the platform's own description, without secrets.</summary>
public sealed class PlatformException(string message, bool permanent) : Exception(message)
{
    /// <summary>Trying again is useless until somebody changes the connection.</summary>
    public bool Permanent { get; } = permanent;
}
