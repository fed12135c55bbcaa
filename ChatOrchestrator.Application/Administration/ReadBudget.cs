using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What a bot may spend, and has spent, on a day.</summary>
/// <param name="Currency">What costs are in: three letters (ISO 4217).</param>
/// <param name="Settings">The bot's budget; null: it has none, and nothing is counted for it.</param>
public sealed record BudgetView(DateOnly Day, string Currency, BudgetSettings? Settings, BudgetSpending Spending);

public sealed class ReadBudget(IBotStore bots, IBudgetStore budgets, IModelCatalog catalog, TimeProvider time)
{
    /// <param name="day">Of UTC; null: today.</param>
    /// <exception cref="NotFoundException">There is no such bot.</exception>
    public async Task<BudgetView> HandleAsync(BotId id, DateOnly? day, CancellationToken cancellationToken)
    {
        var bot = await bots.FindAsync(id, cancellationToken) ?? throw new NotFoundException("bot");
        var asked = day ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return new BudgetView(asked, catalog.Currency, bot.Processing.Budgets, await budgets.ReadAsync(id, asked, cancellationToken));
    }
}
