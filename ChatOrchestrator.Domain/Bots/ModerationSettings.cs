namespace ChatOrchestrator.Domain.Bots;

/// <summary>What becomes of a text that moderation objects to. The worst of a text's categories decides.</summary>
public enum ModerationAction
{
    /// <summary>Nothing: the category does not matter to this bot.</summary>
    Ignore = 0,

    /// <summary>It goes on, and what was found is kept.</summary>
    Record = 1,

    /// <summary>It goes on, and waits for an operator to look at it.</summary>
    Flag = 2,

    /// <summary>It does not go on: the participant reads a polite text, and an operator may look at it.</summary>
    Block = 3,
}

/// <summary>What a bot lets in and what it lets out. The deployment's word list holds beneath it, for every bot.</summary>
public sealed record ModerationSettings
{
    /// <summary>The category of what a word list found.</summary>
    public const string WordList = "word_list";

    public const int MaxWords = 1_000;

    private const int MaxWordLength = 100;
    private const int MaxTextLength = 1_000;

    /// <summary>What participants write.</summary>
    public ModerationRule Input { get; init; } = new();

    /// <summary>What the model answers. Nothing of an answer is shown before the whole of it has been judged.</summary>
    public ModerationRule Output { get; init; } = new();

    /// <summary>Words and phrases of this bot's own, beside the deployment's; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>What a participant reads whose message was blocked.</summary>
    public string Refusal { get; init; } = "I am sorry, I cannot help with that.";

    /// <summary>What a participant reads in place of an answer that was blocked.</summary>
    public string Replacement { get; init; } = "I am sorry, I cannot give you the answer to that.";

    internal void Validate(string field)
    {
        Require.Present($"{field}.input", Input).Validate($"{field}.input");
        Require.Present($"{field}.output", Output).Validate($"{field}.output");
        Require.Length($"{field}.refusal", Refusal, 1, MaxTextLength);
        Require.Length($"{field}.replacement", Replacement, 1, MaxTextLength);
        if (Words is null || Words.Count > MaxWords || Words.Any(w => string.IsNullOrWhiteSpace(w) || w.Length > MaxWordLength))
        {
            throw new DomainException($"{field}.words", $"{field}.words has at most {MaxWords} entries of 1 to {MaxWordLength} characters.");
        }
    }
}

/// <summary>What happens to texts of one direction.</summary>
public sealed record ModerationRule
{
    private const int MaxCategories = 100;

    /// <summary>For every category that has no action of its own.</summary>
    public ModerationAction Action { get; init; } = ModerationAction.Block;

    /// <summary>From which score on a category counts, 0 to 1; null: when the endpoint says so itself.</summary>
    public double? Threshold { get; init; }

    /// <summary>By category (<c>violence</c>, <c>self-harm/intent</c>, <c>word_list</c>); one stands for those below it, too, unless they are named.</summary>
    public IReadOnlyDictionary<string, CategoryRule> Categories { get; init; } = new Dictionary<string, CategoryRule>();

    /// <summary>
    /// Whether a text goes on that could not be judged because the endpoint does not answer; null: what participants write
    /// does, what the model answers does not.
    /// </summary>
    public bool? AllowUnchecked { get; init; }

    /// <summary>What to do about a category.</summary>
    /// <param name="category">As the endpoint names it.</param>
    /// <param name="score">0 to 1.</param>
    /// <param name="isFlagged">The endpoint's own judgement.</param>
    public ModerationAction ActionFor(string category, double score, bool isFlagged)
    {
        var rule = RuleOf(category);
        var counts = (rule?.Threshold ?? Threshold) is { } threshold && category != ModerationSettings.WordList ? score >= threshold : isFlagged;
        return counts ? rule?.Action ?? Action : ModerationAction.Ignore;
    }

    internal void Validate(string field)
    {
        Require.Range($"{field}.threshold", Threshold, 0, 1);
        if (Categories is null || Categories.Count > MaxCategories)
        {
            throw new DomainException($"{field}.categories", $"{field}.categories has at most {MaxCategories} entries.");
        }
        foreach (var (category, rule) in Categories)
        {
            Require.Length($"{field}.categories", category, 1, 100);
            Require.Range($"{field}.categories.{category}.threshold", Require.Present($"{field}.categories.{category}", rule).Threshold, 0, 1);
        }
    }

    private CategoryRule? RuleOf(string category)
    {
        if (Categories.TryGetValue(category, out var rule))
        {
            return rule;
        }
        var slash = category.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? Categories.GetValueOrDefault(category[..slash]) : null;
    }
}

/// <summary>What differs for one category; null: as for the others.</summary>
public sealed record CategoryRule
{
    public ModerationAction? Action { get; init; }

    /// <summary>0 to 1.</summary>
    public double? Threshold { get; init; }
}
