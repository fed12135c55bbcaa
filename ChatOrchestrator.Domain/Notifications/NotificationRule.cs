using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Domain.Notifications;

/// <summary>Who is told what about a bot, and how: certain events through one channel.</summary>
public sealed class NotificationRule
{
    /// <summary>The reason that a rule is off when an operator switched it off.</summary>
    public const string SwitchedOff = "switched_off";

    /// <summary>The reason that a rule is off when too many notifications in a row could not be delivered.</summary>
    public const string KeepsFailing = "keeps_failing";

    /// <summary>The reason that a rule is off when the receiver said that it is gone for good.</summary>
    public const string Gone = "gone";

    private NotificationRule()
    {
    }

    public NotificationRule(BotId botId, string channel, DateTimeOffset now)
    {
        Id = Guid.CreateVersion7(now);
        BotId = botId;
        Channel = channel;
        CreatedAt = now;
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public BotId BotId { get; private set; }

    /// <summary>What operators read; 1 to 100 characters.</summary>
    public string Name { get; private set; } = "";

    /// <summary>How it is told: <c>email</c>, <c>webhook</c>, <c>web_push</c>.</summary>
    public string Channel { get; private set; } = "";

    /// <summary>The events as they are stored: each between commas, so that a statement finds one with <c>LIKE</c>.</summary>
    public string EventList { get; private set; } = "";

    /// <summary>Of which events (<see cref="NotificationKinds"/>).</summary>
    public IReadOnlyList<string> Events => EventList.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>For how long after one event others of the same kind are not told, in seconds, 0 to 86,400; 0: each is told.</summary>
    public int QuietSeconds { get; private set; }

    /// <summary>The channel's settings, a JSON object: where to.</summary>
    public string Settings { get; private set; } = "{}";

    /// <summary>The channel's secrets, encrypted; only Infrastructure can read them.</summary>
    public string ProtectedSecrets { get; private set; } = "";

    /// <summary>Why nothing is sent, or null while the rule works.</summary>
    public string? DisabledReason { get; private set; }

    /// <summary>How many notifications in a row have failed for good.</summary>
    public int Failures { get; private set; }

    /// <summary>Counts the changes that operators make; a stale update is refused.</summary>
    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>How <see cref="EventList"/> names an event.</summary>
    public static string Listed(string kind) => $",{kind},";

    /// <exception cref="DomainException">A value lies outside its limits; nothing was changed.</exception>
    public void Change(string? name, IReadOnlyList<string> events, int quietSeconds, string settings, string protectedSecrets, DateTimeOffset now)
    {
        Require.Length("name", name?.Trim(), 1, 100);
        Require.Range("quietSeconds", quietSeconds, 0, 86_400);
        if (events.Count == 0 || events.Any(kind => !NotificationKinds.All.Contains(kind)))
        {
            throw new DomainException("events", $"events lists one or more of {string.Join(", ", NotificationKinds.All)}.");
        }
        Name = name!.Trim();
        EventList = $",{string.Join(',', NotificationKinds.All.Where(events.Contains))},";
        QuietSeconds = quietSeconds;
        Settings = settings;
        ProtectedSecrets = protectedSecrets;
        Version++;
        UpdatedAt = now;
    }

    /// <summary>Nothing is sent, and nothing is kept to be sent, until it is enabled again.</summary>
    public void Disable(string reason, DateTimeOffset now)
    {
        DisabledReason = reason;
        UpdatedAt = now;
    }

    public void Enable(DateTimeOffset now)
    {
        DisabledReason = null;
        Failures = 0;
        UpdatedAt = now;
    }
}
