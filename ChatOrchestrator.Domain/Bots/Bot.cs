namespace ChatOrchestrator.Domain.Bots;

/// <summary>A persona with its prompt and model; it is present on platforms through its connections.</summary>
public sealed class Bot
{
    private Bot()
    {
    }

    /// <param name="id">The id it had elsewhere; null: a new one.</param>
    public Bot(string name, AiSettings ai, ProcessingSettings processing, DateTimeOffset now, BotId? id = null)
    {
        Id = id ?? BotId.New();
        CreatedAt = now;
        Change(name, ai, processing, now);
        PromptVersion = 1;
        Version = 1;
    }

    /// <summary>As it was stored; nothing is checked.</summary>
    public static Bot FromStore(
        BotId id, string name, AiSettings ai, ProcessingSettings processing, int promptVersion, int version, DateTimeOffset createdAt, DateTimeOffset updatedAt) => new()
        {
            Id = id,
            Name = name,
            Ai = ai,
            Processing = processing,
            PromptVersion = promptVersion,
            Version = version,
            CreatedAt = createdAt,
            UpdatedAt = updatedAt,
        };

    public BotId Id { get; private set; }

    /// <summary>What the bot is called; 1 to 100 characters.</summary>
    public string Name { get; private set; } = "";

    public AiSettings Ai { get; private set; } = new();

    public ProcessingSettings Processing { get; private set; } = new();

    /// <summary>Counts the changes of the system prompt; recorded with every turn.</summary>
    public int PromptVersion { get; private set; }

    /// <summary>Counts all changes; a stale update is refused.</summary>
    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <exception cref="DomainException">A value lies outside its limits; nothing was changed.</exception>
    public void Change(string name, AiSettings ai, ProcessingSettings processing, DateTimeOffset now)
    {
        Require.Length("name", name?.Trim(), 1, 100);
        ai.Validate();
        processing.Validate();
        if (ai.SystemPrompt != Ai.SystemPrompt)
        {
            PromptVersion++;
        }
        Name = name!.Trim();
        Ai = ai;
        Processing = processing;
        Version++;
        UpdatedAt = now;
    }
}
