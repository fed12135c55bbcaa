using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Domain.Bots;

/// <summary>What is found out about each message that a participant writes, beside the answer.</summary>
public sealed record UnderstandingSettings
{
    public const int MaxIntents = 50;

    /// <summary>What participants may want of this bot. A message has one of them, or none.</summary>
    public IReadOnlyList<IntentDefinition> Intents { get; init; } = [];

    /// <summary>False: the built-in lexicon alone judges, and nothing is paid.</summary>
    public bool UseModel { get; init; } = true;

    /// <summary>The model that judges; null: the bot's.</summary>
    public string? Model { get; init; }

    /// <summary>When a conversation is handed over to operators; null: never.</summary>
    public HandOffRule? HandOff { get; init; }

    internal void Validate(string field)
    {
        Require.Length($"{field}.model", Model, 0, 200);
        if (Intents is null || Intents.Count > MaxIntents || Intents.Any(i => i is null) || Intents.Select(i => i.Name).Distinct().Count() != Intents.Count)
        {
            throw new DomainException($"{field}.intents", $"{field}.intents has at most {MaxIntents} entries with names of their own.");
        }
        foreach (var intent in Intents)
        {
            intent.Validate($"{field}.intents");
        }
        HandOff?.Validate($"{field}.handOff", Intents);
    }
}

/// <summary>Something that participants may want.</summary>
public sealed record IntentDefinition
{
    private const int MaxExamples = 30;

    /// <summary>A word for it: 1 to 50 lower-case letters, digits, <c>_</c> and <c>-</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it means, for the model; at most 300 characters.</summary>
    public string? Description { get; init; }

    /// <summary>How participants say it: words or sentences. The lexicon knows an intent by these only.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    internal void Validate(string field)
    {
        if (Name is not { Length: >= 1 and <= 50 } || Name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-')) || Name == "none")
        {
            throw new DomainException($"{field}.name", $"{field}.name has 1 to 50 lower-case letters, digits, '_' and '-', and is not 'none'.");
        }
        Require.Length($"{field}.description", Description, 0, 300);
        if (Examples is null || Examples.Count > MaxExamples || Examples.Any(e => string.IsNullOrWhiteSpace(e) || e.Length > 200))
        {
            throw new DomainException($"{field}.examples", $"{field}.examples has at most {MaxExamples} entries of 1 to 200 characters.");
        }
    }
}

/// <summary>Any of these hands the conversation over.</summary>
public sealed record HandOffRule
{
    public IReadOnlyList<string> Intents { get; init; } = [];

    /// <summary>A sentiment of this or less, -1 to 1.</summary>
    public double? SentimentAtMost { get; init; }

    /// <summary>This urgency or more.</summary>
    public Urgency? UrgencyAtLeast { get; init; }

    /// <summary>What the participant reads then, from the bot; null: nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>Why a message hands over: <c>intent=refund</c>; null: it does not.</summary>
    public string? ReasonFor(Insight insight) =>
        insight.Intent is { } intent && Intents.Contains(intent) ? $"intent={intent}"
        : insight.SentimentScore <= SentimentAtMost ? "sentiment"
        : insight.Urgency >= UrgencyAtLeast ? "urgency"
        : null;

    internal void Validate(string field, IReadOnlyList<IntentDefinition> known)
    {
        if (Intents is null || Intents.Any(i => !known.Any(k => k.Name == i)))
        {
            throw new DomainException($"{field}.intents", $"{field}.intents lists intents of this bot.");
        }
        Require.Range($"{field}.sentimentAtMost", SentimentAtMost, -1, 1);
        Require.Length($"{field}.notice", Notice, 0, 1_000);
        if (UrgencyAtLeast is { } urgency && !Enum.IsDefined(urgency))
        {
            throw new DomainException($"{field}.urgencyAtLeast", $"{field}.urgencyAtLeast is 'low', 'normal' or 'high'.");
        }
    }
}
