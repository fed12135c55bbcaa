using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Application.Ports;

/// <summary>A way to tell somebody something: e-mail, webhooks, push messages.</summary>
public interface INotificationChannel
{
    /// <summary>A stable word: <c>webhook</c>.</summary>
    string Name { get; }

    /// <summary>The secrets that this channel makes itself where none is given; shown once.</summary>
    IReadOnlyList<string> GeneratedSecrets { get; }

    /// <summary>Makes one of <see cref="GeneratedSecrets"/>.</summary>
    string Generate(string secret);

    /// <summary>What is wrong with a rule's settings and secrets; nothing: they can be used.</summary>
    Task<IReadOnlyList<FieldError>> ValidateAsync(JsonObject settings, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken);

    /// <summary>One attempt. Failures that are to be expected are outcomes, not exceptions.</summary>
    Task<NotificationOutcome> SendAsync(OutgoingNotification notification, CancellationToken cancellationToken);
}

/// <summary>What is to be told, and where to.</summary>
public sealed record OutgoingNotification
{
    /// <summary>The same at every attempt and for every rule: receivers know it again.</summary>
    public required Guid EventId { get; init; }

    public required Guid RuleId { get; init; }

    public required string Kind { get; init; }

    public required Guid BotId { get; init; }

    public required string BotName { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is known about it, a JSON object.</summary>
    public required JsonElement Data { get; init; }

    /// <summary>The rule's settings, a JSON object.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>The rule's secrets in the clear; never logged.</summary>
    public required IReadOnlyDictionary<string, string> Secrets { get; init; }
}

/// <summary>How an attempt ended.</summary>
public enum NotificationResult
{
    Delivered = 0,

    /// <summary>It may succeed later.</summary>
    Retry = 1,

    /// <summary>It will never succeed.</summary>
    Refused = 2,

    /// <summary>There is no receiver any more: the rule is switched off.</summary>
    Gone = 3,
}

/// <param name="Status">The HTTP or SMTP status, if there was one.</param>
/// <param name="Error">A stable word.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
public readonly record struct NotificationOutcome(NotificationResult Result, int? Status = null, string? Error = null, TimeSpan? RetryAfter = null);
