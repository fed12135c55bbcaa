using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What a caller says about a bot.</summary>
public sealed record BotInput(string Name, AiSettings Ai, ProcessingSettings Processing);

public sealed class CreateBot(IBotStore bots, RequirePrices prices, TimeProvider time)
{
    /// <exception cref="Domain.DomainException">A value lies outside its limits.</exception>
    /// <param name="id">The id it had elsewhere; null: a new one.</param>
    public async Task<Bot> HandleAsync(BotInput input, Actor actor, CancellationToken cancellationToken, BotId? id = null)
    {
        prices.Check(input);
        var bot = new Bot(input.Name, input.Ai, input.Processing, time.GetUtcNow(), id);
        await bots.AddAsync(bot, BotAudit.Of(actor, "bot.created", bot.Id, bot.CreatedAt, null, BotAudit.Input(bot)), cancellationToken);
        return bot;
    }
}

public sealed class ReadBots(IBotStore bots)
{
    public Task<Page<Bot>> HandleAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken) => bots.ListAsync(scope, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such bot.</exception>
    public async Task<Bot> HandleAsync(BotId id, CancellationToken cancellationToken) =>
        await bots.FindAsync(id, cancellationToken) ?? throw new NotFoundException("bot");
}

/// <summary>Changes a bot, and makes every process see it.</summary>
public sealed class ChangeBot(IBotStore bots, IConnectionStore connections, IConnectionDirectory directory, RequirePrices prices, TimeProvider time)
{
    /// <param name="merge">Makes the new input from what is stored.</param>
    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such bot.</exception>
    /// <exception cref="StaleVersionException">The bot has another version.</exception>
    public async Task<Bot> HandleAsync(BotId id, Func<BotInput, BotInput> merge, ExpectedVersions? expected, Actor actor, CancellationToken cancellationToken)
    {
        var bot = await bots.ChangeAsync(
            id,
            stored =>
            {
                if (expected?.Include(stored.Version) == false)
                {
                    throw new StaleVersionException();
                }
                var before = BotAudit.Input(stored);
                var input = merge(before);
                prices.Check(input);
                stored.Change(input.Name, input.Ai, input.Processing, time.GetUtcNow());
                return BotAudit.Of(actor, "bot.changed", id, stored.UpdatedAt, before, BotAudit.Input(stored));
            },
            cancellationToken) ?? throw new NotFoundException("bot");
        // It is changed: that the caller goes away must not keep the others from hearing of it.
        foreach (var connection in await connections.ListIdsAsync(id, CancellationToken.None))
        {
            await directory.ChangedAsync(connection, CancellationToken.None);
        }
        return bot;
    }
}

/// <summary>Deletes a bot with its connections and everything that was said there.</summary>
public sealed class DeleteBot(IBotStore bots, IConnectionStore connections, DeleteConnection deleteConnection, FindCaller callers, TimeProvider time)
{
    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such bot.</exception>
    /// <exception cref="StaleVersionException">The bot has another version.</exception>
    public async Task HandleAsync(BotId id, ExpectedVersions? expected, Actor actor, CancellationToken cancellationToken)
    {
        var stored = await bots.FindAsync(id, cancellationToken) ?? throw new NotFoundException("bot");
        if (expected?.Include(stored.Version) == false)
        {
            throw new StaleVersionException();
        }
        while (true)
        {
            foreach (var connection in await connections.ListIdsAsync(id, cancellationToken))
            {
                await deleteConnection.HandleAsync(connection, null, actor, cancellationToken);
            }
            if (await bots.DeleteAsync(id, BotAudit.Of(actor, "bot.deleted", id, time.GetUtcNow(), BotAudit.Input(stored), null), cancellationToken))
            {
                // Keys that are limited to it alone are nobody's from now on.
                callers.Changed();
                return;
            }
            // Not there, or somebody added a connection meanwhile.
            if (await bots.FindAsync(id, cancellationToken) is null)
            {
                throw new NotFoundException("bot");
            }
        }
    }
}

internal static class BotAudit
{
    public static BotInput Input(Bot bot) => new(bot.Name, bot.Ai, bot.Processing);

    public static AuditEntry Of(Actor actor, string action, BotId id, DateTimeOffset now, BotInput? before, BotInput? after) =>
        AuditEntry.Of(actor, action, "bot", id, now, id, before: before, after: after);
}
