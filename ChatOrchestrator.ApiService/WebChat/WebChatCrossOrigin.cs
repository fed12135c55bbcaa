using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.WebChat;

/// <summary>
/// Which pages elsewhere may call a web chat from a browser: those that its connection names in <c>allowedOrigins</c>. Where
/// it names none, any page may embed the chat's own page, but none may call: nobody said that theirs is meant.
/// The session's token travels in a header, so credentials that a browser adds by itself are never allowed.
/// </summary>
internal sealed class WebChatCrossOrigin(IOptions<CorsOptions> options, IConnectionDirectory connections) : ICorsPolicyProvider
{
    public const string Policy = "web-chat";

    /// <summary>Not null: without a policy a preflight would go on to the endpoint.</summary>
    private static readonly CorsPolicy Nobody = new CorsPolicyBuilder().Build();

    private readonly DefaultCorsPolicyProvider _configured = new(options);

    /// <exception cref="StoreUnavailableException">The store is down.</exception>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName) =>
        policyName == Policy ? OfConnectionAsync(context) : _configured.GetPolicyAsync(context, policyName);

    private async Task<CorsPolicy?> OfConnectionAsync(HttpContext context)
    {
        if (!Guid.TryParse(context.GetRouteValue("connectionId")?.ToString(), out var id)
            || await connections.FindAsync(new ConnectionId(id), context.RequestAborted) is not { DisabledReason: null } connection
            || connection.Platform.Value != CreateDemoBot.Platform
            || WebChatSettings.OriginsOf(connection.Settings) is not { Count: > 0 } origins)
        {
            return Nobody;
        }
        return new CorsPolicyBuilder([.. origins])
            .WithMethods("GET", "POST")
            .WithHeaders("Accept", "Authorization", "Content-Type", "Last-Event-ID")
            .WithExposedHeaders("Retry-After")
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10))
            .Build();
    }
}
