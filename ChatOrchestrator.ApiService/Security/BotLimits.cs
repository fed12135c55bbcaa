using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// Keeps callers who are limited to certain bots to them: what belongs to another bot is not there. Lists do it themselves,
/// by <see cref="Caller.Bots"/>.
/// </summary>
internal static class BotLimits
{
    public static void UseBotLimits(this WebApplication app) => app.Use(static (http, next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<PermissionMetadata>() is { } metadata && Acting.Find(http.User) is { Bots.IsLimited: true } caller
            ? RequireAsync(http, metadata.Limit, caller.Bots, next)
            : next(http));

    /// <summary>A bot that a caller names in a query.</summary>
    /// <exception cref="NotFoundException">The caller does not see it.</exception>
    public static BotId? Named(Guid? id, Caller caller)
    {
        var bot = id is { } given ? new BotId(given) : (BotId?)null;
        return bot is not { } named || caller.Bots.Contains(named) ? bot : throw new NotFoundException("bot");
    }

    private static async Task RequireAsync(HttpContext http, BotLimit limit, BotScope bots, RequestDelegate next)
    {
        if (limit == BotLimit.AllBots)
        {
            throw new AccessRefusedException("Only those who see all bots may do that.");
        }
        if (limit is not (BotLimit.None or BotLimit.Filtered))
        {
            var id = Guid.TryParse(http.Request.RouteValues["id"]?.ToString(), out var guid) ? guid : throw new InvalidOperationException("The address has no id.");
            var owners = http.RequestServices.GetRequiredService<IBotOwnership>();
            var (what, owner) = limit switch
            {
                BotLimit.Bot => ("bot", new BotId(id)),
                BotLimit.Connection => ("connection", await owners.OfConnectionAsync(id, http.RequestAborted)),
                BotLimit.Conversation => ("conversation", await owners.OfConversationAsync(id, http.RequestAborted)),
                BotLimit.Message => ("message", await owners.OfMessageAsync(id, http.RequestAborted)),
                BotLimit.DeadLetter => ("dead letter", await owners.OfDeadLetterAsync(id, http.RequestAborted)),
                BotLimit.Participant => ("participant", await owners.OfParticipantAsync(id, http.RequestAborted)),
                BotLimit.Erasure => ("receipt", await owners.OfErasureAsync(id, http.RequestAborted)),
                _ => throw new InvalidOperationException($"There is no rule for {limit}."),
            };
            if (owner is not { } bot || !bots.Contains(bot))
            {
                throw new NotFoundException(what);
            }
        }
        await next(http);
    }
}
