using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Spending;

/// <summary>Calls beside the answers, for those who make them.</summary>
internal static class Beside
{
    /// <param name="budgets">Null: nothing is set aside and nobody counts.</param>
    public static AskBeside Ask(IChatClient model, IBudgetStore? budgets = null, AiOptions? prices = null)
    {
        var catalog = new ModelCatalog(Options.Create(prices ?? new AiOptions()));
        return new AskBeside(model, catalog, Substitute.For<ITokenCounter>(), Charge(budgets, prices), TimeProvider.System);
    }

    public static ChargeCall Charge(IBudgetStore? budgets = null, AiOptions? prices = null) =>
        new(
            budgets ?? Substitute.For<IBudgetStore>(), new ModelCatalog(Options.Create(prices ?? new AiOptions())),
            Substitute.For<IHostApplicationLifetime>(), TimeProvider.System, NullLogger<ChargeCall>.Instance);
}
