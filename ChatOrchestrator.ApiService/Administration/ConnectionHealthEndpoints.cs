using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class ConnectionHealthEndpoints
{
    public static void MapConnectionHealthEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/health/connections", ListAsync).WithTags("Connections").WithName("ListConnectionHealth").RequirePermission(Permissions.ConnectionsRead, BotLimit.Filtered)
            .WithSummary("How each connection is doing: credentials, webhook, last event, last error; asks the platforms, at most every 30 s").ProducesProblem(400);

    private static async Task<Ok<PageResponse<ConnectionHealthResponse>>> ListAsync(
        int? limit, string? cursor, ReadConnectionHealth read, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ConnectionHealthResponse>.Of(
            await read.HandleAsync(Requests.Page(limit, cursor), acting.Caller.Bots, cancellationToken), ConnectionHealthResponse.Of));
}

/// <summary>How a connection is doing.</summary>
/// <param name="Status"><c>ok</c>; <c>degraded</c>: look at it; <c>down</c>: nothing can come in or go out.</param>
/// <param name="DisabledReason">Why it is off.</param>
/// <param name="Token">Whether the platform takes the credentials: <c>valid</c>, <c>refused</c>, <c>unknown</c>, <c>not_used</c>.</param>
/// <param name="TokenError">What the platform says of them.</param>
/// <param name="LastEventAt">When something came in last.</param>
/// <param name="LastErrorAt">When a message or an answer there failed for good last.</param>
/// <param name="LastError">Why, a stable word.</param>
/// <param name="Listener">The process that listens to the platform, where no webhook is used.</param>
/// <param name="CheckedAt">When the platform was asked.</param>
internal sealed record ConnectionHealthResponse(
    Guid ConnectionId, Guid BotId, string Platform, string DisplayName, string Status, string? DisabledReason, TokenState Token, string? TokenError,
    WebhookHealthResponse Webhook, DateTimeOffset? LastEventAt, DateTimeOffset? LastErrorAt, string? LastError, string? Listener, DateTimeOffset CheckedAt)
{
    public static ConnectionHealthResponse Of(ConnectionHealth health)
    {
        var connection = health.Connection;
        return new ConnectionHealthResponse(
            connection.Id.Value, connection.Bot.Id.Value, connection.Platform.Value, connection.DisplayName, health.Status, connection.DisabledReason,
            health.Token, health.TokenError, WebhookHealthResponse.Of(health.Webhook), health.Record.LastEventAt,
            health.Record.LastFailure?.At, health.Record.LastFailure?.Reason, health.Listener, health.CheckedAt);
    }
}

/// <summary>Where the platform sends the connection's webhooks.</summary>
/// <param name="State"><c>registered</c>: here; <c>elsewhere</c>, <c>missing</c>; <c>not_used</c>; <c>unknown</c>: the platform does not tell.</param>
/// <param name="Waiting">How many it has not delivered yet.</param>
/// <param name="LastError">What it says of the last delivery that failed.</param>
internal sealed record WebhookHealthResponse(WebhookState State, int? Waiting, DateTimeOffset? LastErrorAt, string? LastError)
{
    public static WebhookHealthResponse Of(WebhookCheck check) => new(check.State, check.Waiting, check.LastErrorAt, check.LastError);
}
