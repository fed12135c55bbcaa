using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;

namespace ChatOrchestrator.Application.Spending;

/// <summary>The bot's budget does not bear a call in the background. The message is the limit's stable word.</summary>
internal sealed class BudgetReachedException(BudgetLimit limit) : Exception(ReserveBudget.NameOf(limit))
{
    /// <summary>The outcome of what was not done, in metrics and in the store.</summary>
    public const string Reason = "budget_reached";

    public BudgetLimit Limit { get; } = limit;
}
