namespace ChatOrchestrator.Domain.Bots;

/// <summary>How a bot deals with what comes in.</summary>
public sealed record ProcessingSettings
{
    /// <summary>
    /// How long a lane waits for more text before it is answered, in milliseconds, 0 to 60,000.
    /// 0: every message gets its own answer, nothing is coalesced. Null: the platform's default.
    /// </summary>
    public int? QuietPeriodMs { get; init; }

    /// <summary>What the user reads when no answer could be made. Never the text of an error.</summary>
    public string Apology { get; init; } = "Sorry, I could not answer that just now. Please try again in a moment.";

    /// <summary>The answer to <c>/start</c>, and the first bubble of an empty web chat; null: a text with the bot's name.</summary>
    public string? Greeting { get; init; }

    /// <summary>The answer to <c>/help</c>; null: a list of the commands.</summary>
    public string? Help { get; init; }

    /// <summary>How often a turn is tried before it becomes a dead letter, 1 to 20.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// How many messages of one participant are answered per minute, across all their conversations with a connection, 0 to
    /// 100,000; 0: no limit. What is over it is stored and skipped. Commands that the bot answers itself do not count.
    /// </summary>
    public int MessagesPerMinute { get; init; }

    /// <summary>How many messages a participant may send at once before <see cref="MessagesPerMinute"/> holds, 1 to 100,000; null: as many as in a minute.</summary>
    public int? MessageBurst { get; init; }

    /// <summary>What a participant reads when messages are skipped for <see cref="MessagesPerMinute"/>, at most once a minute.</summary>
    public string RateLimitNotice { get; init; } = "You are writing faster than I can answer. I have skipped your last messages; please try again in a minute.";

    /// <summary>Whether what other bots address to this one is answered; false: it is stored and part of the history.</summary>
    public bool AnswerBots { get; init; }

    /// <summary>After how many days messages are deleted, with their parts, turns, timelines and dead letters, 1 to 36,500; 0: they are kept for ever.</summary>
    public int RetentionDays { get; init; }

    /// <summary>
    /// Kinds of personal data (<see cref="PersonalDataKinds"/>) that the model does not get to see: it reads placeholders
    /// (<c>⟨email-1⟩</c>), and its answer gets the originals back. What is stored is not changed. Empty: none.
    /// </summary>
    public IReadOnlyList<string> RedactPii { get; init; } = [];

    /// <summary>Fallbacks, cache and the limits of an answer; null: the defaults.</summary>
    public ModelSettings? Models { get; init; }

    /// <summary>What the bot may spend on its model; null: no limit.</summary>
    public BudgetSettings? Budgets { get; init; }

    /// <summary>What is let in and out; null: the deployment's word list alone, if it has one.</summary>
    public ModerationSettings? Moderation { get; init; }

    /// <summary>What is remembered beyond the last messages; null: nothing.</summary>
    public MemorySettings? Memory { get; init; }

    /// <summary>What is found out about each message, beside the answer; null: nothing.</summary>
    public UnderstandingSettings? Understanding { get; init; }

    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    public void Validate()
    {
        Require.Range("processing.quietPeriodMs", QuietPeriodMs, 0, 60_000);
        Require.Length("processing.apology", Apology, 1, 1_000);
        Require.Length("processing.greeting", Greeting, 0, 2_000);
        Require.Length("processing.help", Help, 0, 4_000);
        Require.Range("processing.maxAttempts", MaxAttempts, 1, 20);
        Require.Range("processing.messagesPerMinute", MessagesPerMinute, 0, 100_000);
        Require.Range("processing.messageBurst", MessageBurst, 1, 100_000);
        Require.Length("processing.rateLimitNotice", RateLimitNotice, 1, 1_000);
        Require.Range("processing.retentionDays", RetentionDays, 0, 36_500);
        Moderation?.Validate("processing.moderation");
        Memory?.Validate("processing.memory");
        Understanding?.Validate("processing.understanding");
        if (RedactPii is null || RedactPii.Any(kind => !PersonalDataKinds.All.Contains(kind)))
        {
            throw new DomainException("processing.redactPii", $"processing.redactPii lists any of {string.Join(", ", PersonalDataKinds.All)}.");
        }
        Models?.Validate();
        Budgets?.Validate();
    }
}
