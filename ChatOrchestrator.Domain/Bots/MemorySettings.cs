namespace ChatOrchestrator.Domain.Bots;

/// <summary>What a bot remembers of a conversation beyond its last messages.</summary>
public sealed record MemorySettings
{
    /// <summary>The tokens that history and summary have in a prompt together, 100 to 1,000,000; null: what <see cref="AiSettings.MaxPromptTokens"/> leaves.</summary>
    public int? HistoryTokens { get; init; }

    /// <summary>Whether what leaves the recent history is kept as a rolling summary, which a model writes in the background.</summary>
    public bool Summarize { get; init; } = true;

    /// <summary>The longest summary in tokens, 50 to 4,000.</summary>
    public int SummaryTokens { get; init; } = 400;

    /// <summary>The model that writes it; null: the bot's.</summary>
    public string? Model { get; init; }

    /// <summary>After so many minutes without a message a new session begins, which knows nothing of the one before, 1 to 525,600; 0: never.</summary>
    public int SessionMinutes { get; init; }

    /// <summary>Whether a new session still knows the summary of those before.</summary>
    public bool KeepSummary { get; init; }

    /// <summary>The pause that ends a session; null: none does.</summary>
    public TimeSpan? SessionPause() => SessionMinutes > 0 ? TimeSpan.FromMinutes(SessionMinutes) : null;

    internal void Validate(string field)
    {
        Require.Range($"{field}.historyTokens", HistoryTokens, 100, 1_000_000);
        Require.Range($"{field}.summaryTokens", SummaryTokens, 50, 4_000);
        Require.Length($"{field}.model", Model, 0, 200);
        Require.Range($"{field}.sessionMinutes", SessionMinutes, 0, 525_600);
    }
}
