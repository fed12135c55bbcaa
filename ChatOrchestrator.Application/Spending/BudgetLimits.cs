using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Spending;

/// <summary>A bot's limits in the units that the store counts.</summary>
internal static class BudgetLimits
{
    /// <param name="percent">How much of them, where something may go further.</param>
    public static BudgetAmounts OfBot(BudgetSettings budget, int percent) => new(Share(NanosIn(budget.CostPerDay), percent), Share(budget.TokensPerDay, percent));

    /// <param name="percent">How much of them, where something may go further.</param>
    public static BudgetAmounts OfParticipant(BudgetSettings budget, int percent) =>
        new(Share(NanosIn(budget.ParticipantCostPerDay), percent), Share(budget.ParticipantTokensPerDay, percent));

    private static long? NanosIn(decimal? cost) => cost is { } amount ? (long)(amount * ModelPrice.NanosPerUnit) : null;

    private static long? Share(long? limit, int percent) => limit is { } amount ? (long)(amount * (percent / 100m)) : null;
}
