using ChatOrchestrator.Application.Access;
using Microsoft.AspNetCore.Authorization;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>What an endpoint means to callers who are limited to certain bots.</summary>
internal enum BotLimit
{
    /// <summary>Nothing of any bot is in it.</summary>
    None,

    /// <summary>It shows, or touches, only what belongs to their bots.</summary>
    Filtered,

    /// <summary>The <c>id</c> in its address is a bot's; another bot's is a 404.</summary>
    Bot,

    /// <inheritdoc cref="Bot"/>
    Connection,

    /// <inheritdoc cref="Bot"/>
    Conversation,

    /// <inheritdoc cref="Bot"/>
    Message,

    /// <inheritdoc cref="Bot"/>
    DeadLetter,

    /// <inheritdoc cref="Bot"/>
    Participant,

    /// <inheritdoc cref="Bot"/>
    Erasure,

    /// <summary>It is for those who see all bots: 403.</summary>
    AllBots,
}

/// <summary>What an endpoint asks of its callers.</summary>
internal sealed record PermissionMetadata(string Permission, BotLimit Limit);

internal static class PermissionRegistration
{
    /// <summary>The policy of the whole API: an endpoint that asks for no permission lets nobody in.</summary>
    public const string Api = "api";

    private const string Prefix = "permission:";

    public static IServiceCollection AddPermissions(this IServiceCollection services)
    {
        services.AddSingleton<IAuthorizationHandler, PermissionHandler>();
        var authorization = services.AddAuthorizationBuilder()
            .AddPolicy(Api, policy => policy.AddAuthenticationSchemes(AccessRegistration.Scheme).RequireAuthenticatedUser().AddRequirements(new AnyPermission()));
        foreach (var permission in Permissions.All)
        {
            authorization.AddPolicy(Prefix + permission, policy => policy
                .AddAuthenticationSchemes(AccessRegistration.Scheme).RequireAuthenticatedUser()
                .RequireAssertion(context => Acting.Find(context.User)?.May(permission) == true));
        }
        return services;
    }

    /// <summary>Lets only those in who have <paramref name="permission"/>, one of <see cref="Permissions"/>, and of them only those who may see the bot in question.</summary>
    public static RouteHandlerBuilder RequirePermission(this RouteHandlerBuilder endpoint, string permission, BotLimit limit) => endpoint
        .RequireAuthorization(Prefix + permission)
        .WithMetadata(new PermissionMetadata(permission, limit))
        .ProducesProblem(StatusCodes.Status403Forbidden);

    private sealed class AnyPermission : IAuthorizationRequirement;

    private sealed class PermissionHandler : AuthorizationHandler<AnyPermission>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AnyPermission requirement)
        {
            if (context.Resource is HttpContext http && http.GetEndpoint()?.Metadata.GetMetadata<PermissionMetadata>() is not null)
            {
                context.Succeed(requirement);
            }
            return Task.CompletedTask;
        }
    }
}
