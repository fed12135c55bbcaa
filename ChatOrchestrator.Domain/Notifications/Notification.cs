using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Domain.Notifications;

/// <summary>What became of a notification.</summary>
public enum NotificationState
{
    /// <summary>It waits for its next attempt, or for its rule to be enabled.</summary>
    Pending = 0,

    /// <summary>The receiver took it.</summary>
    Delivered = 1,

    /// <summary>Given up.</summary>
    Failed = 2,
}

/// <summary>One event that one rule is told of: a row of the outbox, written in the transaction of the event where it has one.</summary>
public sealed class Notification
{
    private Notification()
    {
    }

    public Notification(NotificationRule rule, Guid eventId, string kind, string payload, string? onceKey, DateTimeOffset now)
    {
        RuleId = rule.Id;
        BotId = rule.BotId;
        EventId = eventId;
        Kind = kind;
        Payload = payload;
        OnceKey = onceKey;
        DueAt = now;
        CreatedAt = now;
    }

    public Guid RuleId { get; private set; }

    /// <summary>A UUIDv7, the same for all rules that are told: by it receivers know what they have had already.</summary>
    public Guid EventId { get; private set; }

    public BotId BotId { get; private set; }

    /// <summary>One of <see cref="NotificationKinds"/>.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>What is known about it, a JSON object of ids, words and numbers: neither text of messages nor secrets.</summary>
    public string Payload { get; private set; } = "{}";

    /// <summary>A rule is told of one event with this key only; null: of every one.</summary>
    public string? OnceKey { get; private set; }

    public NotificationState State { get; private set; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; private set; }

    /// <summary>When it should be tried next; while it is being tried: when another worker may. Null: not at all, because it is settled or its rule is off.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    /// <summary>The fencing token: grows with every claim.</summary>
    public long LeaseToken { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When it was delivered or given up.</summary>
    public DateTimeOffset? SettledAt { get; private set; }

    /// <summary>Why the last attempt failed: a stable word, never the text of an error.</summary>
    public string? Error { get; private set; }

    /// <summary>Its rule is off: it waits until that is enabled.</summary>
    public void Hold() => DueAt = null;
}

/// <summary>One attempt at delivering a notification.</summary>
public sealed class NotificationAttempt
{
    private NotificationAttempt()
    {
    }

    public NotificationAttempt(Guid rule, Guid eventId, DateTimeOffset at, int durationMs, int? status, string? error)
    {
        RuleId = rule;
        EventId = eventId;
        At = at;
        DurationMs = durationMs;
        Status = status;
        Error = error;
    }

    public long Id { get; private set; }

    public Guid RuleId { get; private set; }

    public Guid EventId { get; private set; }

    public DateTimeOffset At { get; private set; }

    public int DurationMs { get; private set; }

    /// <summary>The HTTP or SMTP status, if there was one.</summary>
    public int? Status { get; private set; }

    /// <summary>Why it failed: a stable word; null: it was delivered.</summary>
    public string? Error { get; private set; }
}
