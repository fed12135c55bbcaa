using ChatOrchestrator.Domain.Bots;

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
    /// <summary>Shows more of the answer; may be lost without harm.</summary>
    void Stream(ConnectionSnapshot connection, ChatAddress chat, Guid turnId, string text);

    /// <summary>Takes back what was shown of a turn that will not be finished.</summary>
    void Abandon(ConnectionSnapshot connection, ChatAddress chat, Guid turnId);
}

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
    /// <summary>Hands in everything that arrives until cancelled or refused. The caller makes sure that one process listens at a time.</summary>
    /// <exception cref="PlatformException">The platform refuses the connection for good.</exception>
    Task ListenAsync(ConnectionSnapshot connection, Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive, CancellationToken cancellationToken);
}

/// <summary>What a platform can do and what suits it.</summary>
/// <param name="QuietPeriodMs">How long a burst of texts is waited for when the bot does not say, in milliseconds.</param>
/// <param name="Pace">How fast the platform's documents allow to send.</param>
/// <param name="ShowsTyping">Whether it has a typing indicator.</param>
public sealed record PlatformCapabilities(int QuietPeriodMs, Pace Pace, bool ShowsTyping);

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
}

/// <summary>The body is not what the platform sends: 400. The message holds nothing of the body.</summary>
public sealed class MalformedPayloadException(string message) : Exception(message);

/// <summary>The platform refused. <see cref="Exception.Message"/> is a stable word or the platform's own description, without secrets.</summary>
public sealed class PlatformException(string message, bool permanent) : Exception(message)
{
    /// <summary>Trying again is useless until somebody changes the connection.</summary>
    public bool Permanent { get; } = permanent;
}
