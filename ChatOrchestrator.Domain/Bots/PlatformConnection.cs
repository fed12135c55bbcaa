namespace ChatOrchestrator.Domain.Bots;

/// <summary>A bot's presence on one platform: its secrets and settings there.</summary>
public sealed class PlatformConnection
{
    private PlatformConnection()
    {
    }

    /// <param name="id">The id it had elsewhere; null: a new one.</param>
    public PlatformConnection(BotId botId, PlatformName platform, string displayName, string settings, string protectedSecrets, DateTimeOffset now, ConnectionId? id = null)
    {
        Id = id ?? ConnectionId.New();
        BotId = botId;
        Platform = platform;
        CreatedAt = now;
        Change(displayName, settings, protectedSecrets, now);
        Version = 1;
    }

    /// <summary>As it was stored; nothing is checked.</summary>
    public static PlatformConnection FromStore(
        ConnectionId id,
        BotId botId,
        PlatformName platform,
        string displayName,
        string settings,
        string protectedSecrets,
        string? disabledReason,
        int version,
        DateTimeOffset createdAt,
        DateTimeOffset updatedAt) => new()
        {
            Id = id,
            BotId = botId,
            Platform = platform,
            DisplayName = displayName,
            Settings = settings,
            ProtectedSecrets = protectedSecrets,
            DisabledReason = disabledReason,
            Version = version,
            CreatedAt = createdAt,
            UpdatedAt = updatedAt,
        };

    public ConnectionId Id { get; private set; }

    public BotId BotId { get; private set; }

    public PlatformName Platform { get; private set; }

    /// <summary>What operators read; 1 to 100 characters.</summary>
    public string DisplayName { get; private set; } = "";

    /// <summary>The platform's settings, a JSON object; its adapter says which.</summary>
    public string Settings { get; private set; } = "{}";

    /// <summary>The secrets, encrypted; only Infrastructure can read them.</summary>
    public string ProtectedSecrets { get; private set; } = "";

    /// <summary>Why nothing is received or sent here, or null while the connection works.</summary>
    public string? DisabledReason { get; private set; }

    /// <summary>Counts all changes; a stale update is refused.</summary>
    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <exception cref="DomainException">The name is empty or too long; nothing was changed.</exception>
    public void Change(string displayName, string settings, string protectedSecrets, DateTimeOffset now)
    {
        Require.Length("displayName", displayName?.Trim(), 1, 100);
        DisplayName = displayName!.Trim();
        Settings = settings;
        ProtectedSecrets = protectedSecrets;
        Version++;
        UpdatedAt = now;
    }

    /// <summary>Stops traffic, for instance because the platform revoked the token.</summary>
    public void Disable(string reason, DateTimeOffset now)
    {
        Require.Length("disabledReason", reason, 1, 200);
        DisabledReason = reason;
        Version++;
        UpdatedAt = now;
    }

    public void Enable(DateTimeOffset now)
    {
        DisabledReason = null;
        Version++;
        UpdatedAt = now;
    }
}
