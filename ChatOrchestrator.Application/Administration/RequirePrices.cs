using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;

namespace ChatOrchestrator.Application.Administration;

/// <summary>A limit of cost without a price would limit nothing: it is refused where it is set, and closes the bot where a price is taken away later.</summary>
public sealed class RequirePrices(IModelCatalog catalog)
{
    /// <exception cref="DomainException">The bot limits costs, and the price of a model that may answer for it is not known.</exception>
    public void Check(BotInput bot)
    {
        if (bot.Processing.Budgets is not { HasCostLimits: true } budget)
        {
            return;
        }
        IEnumerable<string> models = catalog.ChainOf(bot.Ai.Model, bot.Processing.Models?.Fallbacks);
        if (!string.IsNullOrEmpty(budget.CheaperModel))
        {
            models = models.Append(budget.CheaperModel);
        }
        if (bot.Processing.Memory is { Summarize: true, Model: { Length: > 0 } summarizing })
        {
            models = models.Concat(catalog.ChainOf(summarizing, null));
        }
        if (bot.Processing.Understanding is { UseModel: true, Model: { Length: > 0 } judging })
        {
            models = models.Concat(catalog.ChainOf(judging, null));
        }
        if (models.FirstOrDefault(m => catalog.PriceOf(m) is null) is { } unpriced)
        {
            throw new DomainException(
                budget.CostPerDay is null ? "processing.budgets.participantCostPerDay" : "processing.budgets.costPerDay",
                $"The price of {unpriced} is not known: set Ai:Models:{unpriced}:InputPrice and OutputPrice, or limit tokens.");
        }
    }
}
