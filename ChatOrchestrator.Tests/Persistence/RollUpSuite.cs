using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What the suites about numbers share.</summary>
public abstract class RollUpSuite(TestStore store) : StoreSuite(store)
{
    private protected static readonly int ThisHour = AnalyticsHours.Of(TimeProvider.System.GetUtcNow());

    private protected AnalyticsStore Analytics => new(Database);

    private protected ChatDatabase Database => Store.Database;

    private protected async Task CatchUpAsync()
    {
        var mark = TimeProvider.System.GetUtcNow();
        await Eventually.TrueAsync(
            async _ =>
            {
                while ((await Analytics.RollUpAsync(10_000, default)).HasMore)
                {
                }
                return await Analytics.CompleteUntilAsync(default) >= mark;
            },
            Deadline, "everything is in the numbers");
    }

    private protected async Task<(BotId, ConnectionId)> NewBotAsync(string platform)
    {
        await using var db = Store.CreateContext();
        var now = TimeProvider.System.GetUtcNow();
        var bot = new Bot("Test", new AiSettings(), new ProcessingSettings(), now);
        var connection = new PlatformConnection(bot.Id, PlatformName.From(platform), "Test", "{}", "", now);
        db.Bots.Add(bot);
        db.Connections.Add(connection);
        await db.SaveChangesAsync();
        return (bot.Id, connection.Id);
    }

    private protected Task<AnalyticsNumbers> SumAsync(BotId bot, string? platform = null) =>
        Analytics.SummarizeAsync(Filter(bot) with { Platform = platform is null ? null : PlatformName.From(platform) }, default);

    private protected static AnalyticsFilter Filter(BotId bot) => new(BotScope.All, ThisHour - 1, ThisHour + 3, bot);
}
