using System.Text.Json.Serialization;

namespace ChatOrchestrator.Domain.Bots;

/// <summary>What a bot may spend on its model. A day is one of UTC. Costs are in the deployment's currency (<c>Ai:Currency</c>), by its prices.</summary>
public sealed record BudgetSettings
{
    private const double HighestCost = 1_000_000;
    private const double MostTokens = 1_000_000_000_000;

    /// <summary>What all answers of a day may cost, more than 0 and at most 1,000,000; null: no limit.</summary>
    public decimal? CostPerDay { get; init; }

    /// <summary>How many tokens the prompts and answers of a day may have, 1 to 10¹²; null: no limit.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>What the answers to one participant may cost on a day; null: no limit.</summary>
    public decimal? ParticipantCostPerDay { get; init; }

    /// <summary>How many tokens the prompts and answers of one participant may have on a day; null: no limit.</summary>
    public long? ParticipantTokensPerDay { get; init; }

    /// <summary>What happens at a limit, one of <see cref="BudgetActions"/>.</summary>
    public string AtLimit { get; init; } = BudgetActions.Answer;

    /// <summary>What the participant reads at a limit, where the cheaper model does not answer.</summary>
    public string Notice { get; init; } = "I have reached my limit for today. Please write again tomorrow.";

    /// <summary>For <see cref="BudgetActions.CheaperModel"/>: the model that answers from the limit on.</summary>
    public string? CheaperModel { get; init; }

    /// <summary>How far over the limits the cheaper model may go, in percent of them, 1 to 10,000. Then comes <see cref="Notice"/>.</summary>
    public int CheaperModelPercent { get; init; } = 100;

    /// <summary>
    /// How many tokens are set aside for an answer before it is made, where <c>ai.maxOutputTokens</c> does not say, 1 to
    /// 100,000. An answer that becomes longer may take what is spent over the limit.
    /// </summary>
    public int ReserveOutputTokens { get; init; } = 1_000;

    /// <summary>Whether anything is limited at all.</summary>
    [JsonIgnore]
    public bool HasLimits => HasCostLimits || TokensPerDay is not null || ParticipantTokensPerDay is not null;

    /// <summary>Whether prices must be known.</summary>
    [JsonIgnore]
    public bool HasCostLimits => CostPerDay is not null || ParticipantCostPerDay is not null;

    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    public void Validate()
    {
        RequireCost("processing.budgets.costPerDay", CostPerDay);
        RequireCost("processing.budgets.participantCostPerDay", ParticipantCostPerDay);
        Require.Range("processing.budgets.tokensPerDay", TokensPerDay, 1, MostTokens);
        Require.Range("processing.budgets.participantTokensPerDay", ParticipantTokensPerDay, 1, MostTokens);
        Require.Length("processing.budgets.notice", Notice, 1, 1_000);
        Require.Length("processing.budgets.cheaperModel", CheaperModel, 0, 200);
        Require.Range("processing.budgets.cheaperModelPercent", CheaperModelPercent, 1, 10_000);
        Require.Range("processing.budgets.reserveOutputTokens", ReserveOutputTokens, 1, 100_000);
        if (!BudgetActions.All.Contains(AtLimit))
        {
            throw new DomainException("processing.budgets.atLimit", $"processing.budgets.atLimit must be one of {string.Join(", ", BudgetActions.All)}.");
        }
        if (AtLimit == BudgetActions.CheaperModel && string.IsNullOrEmpty(CheaperModel))
        {
            throw new DomainException("processing.budgets.cheaperModel", "processing.budgets.cheaperModel must name the model that answers at the limit.");
        }
    }

    private static void RequireCost(string field, decimal? cost)
    {
        Require.Range(field, (double?)cost, 0, HighestCost);
        if (cost is <= 0)
        {
            throw new DomainException(field, $"{field} must be more than 0.");
        }
    }
}

/// <summary>What a bot does at its budget's limit (<see cref="BudgetSettings.AtLimit"/>).</summary>
public static class BudgetActions
{
    /// <summary>The participant gets <see cref="BudgetSettings.Notice"/>.</summary>
    public const string Answer = "answer";

    /// <summary>A cheaper model answers, until it has reached limits of its own.</summary>
    public const string CheaperModel = "cheaper_model";

    /// <summary>The conversation is handed over to an operator; the participant gets <see cref="BudgetSettings.Notice"/>.</summary>
    public const string Operator = "operator";

    public static IReadOnlyList<string> All { get; } = [Answer, CheaperModel, Operator];
}
