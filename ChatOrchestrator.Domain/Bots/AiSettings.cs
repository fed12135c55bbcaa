namespace ChatOrchestrator.Domain.Bots;

/// <summary>How a bot talks to its model.</summary>
public sealed record AiSettings
{
    public const int MaxSystemPromptLength = 32_000;

    /// <summary>The model's name at the provider; null: the deployment's default (<c>Ai:Model</c>).</summary>
    public string? Model { get; init; }

    /// <summary>The instructions that precede every conversation; at most <see cref="MaxSystemPromptLength"/> characters.</summary>
    public string SystemPrompt { get; init; } = "You are a helpful assistant. Answer briefly and in the user's language.";

    /// <summary>Sampling temperature, 0 to 2; null: the model's default.</summary>
    public double? Temperature { get; init; }

    /// <summary>How many earlier messages go into a prompt at most, 0 to 200.</summary>
    public int MaxHistory { get; init; } = 20;

    /// <summary>The token budget of a prompt (system prompt, history and question), 256 to 1,000,000.</summary>
    public int MaxPromptTokens { get; init; } = 8_000;

    /// <summary>The longest answer in tokens, 1 to 100,000; null: the model's default.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether the model reads pictures; null: as its name suggests.</summary>
    public bool? ReadsImages { get; init; }

    /// <summary>How long one answer may take in all, in seconds, 1 to 600.</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    public void Validate()
    {
        Require.Length("ai.model", Model, 0, 200);
        Require.Length("ai.systemPrompt", SystemPrompt, 0, MaxSystemPromptLength);
        Require.Range("ai.temperature", Temperature, 0, 2);
        Require.Range("ai.maxHistory", MaxHistory, 0, 200);
        Require.Range("ai.maxPromptTokens", MaxPromptTokens, 256, 1_000_000);
        Require.Range("ai.maxOutputTokens", MaxOutputTokens, 1, 100_000);
        Require.Range("ai.timeoutSeconds", TimeoutSeconds, 1, 600);
    }
}
