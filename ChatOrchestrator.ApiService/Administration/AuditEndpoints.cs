using System.Text.Json;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>One thing that somebody did.</summary>
/// <param name="Actor"><c>owner</c> for the configured key, otherwise the key's or the user's name and id.</param>
/// <param name="Address">The network address that it was done from.</param>
/// <param name="Action">A stable word: <c>dead_letter.replayed</c>.</param>
/// <param name="BotId">The bot that it concerns, if one.</param>
/// <param name="Detail">What is worth knowing about it; neither text of messages nor secrets.</param>
/// <param name="Before">What it was, secrets masked.</param>
/// <param name="After">What it became, secrets masked.</param>
internal sealed record AuditResponse(
    Guid Id,
    DateTimeOffset At,
    string Actor,
    string? Address,
    string Action,
    string SubjectType,
    string SubjectId,
    Guid? BotId,
    JsonElement Detail,
    JsonElement? Before,
    JsonElement? After)
{
    public static AuditResponse Of(AuditEntry e) =>
        new(e.Id, e.At, e.Actor, e.Address, e.Action, e.SubjectType, e.SubjectId, e.BotId, Parse(e.Detail)!.Value, Parse(e.Before), Parse(e.After));

    private static JsonElement? Parse(string? json)
    {
        if (json is null)
        {
            return null;
        }
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

internal static class AuditEndpoints
{
    public static void MapAuditEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ListAsync).WithTags("Audit").WithName("ListAuditEntries").RequirePermission(Permissions.AuditRead, BotLimit.Filtered)
            .WithSummary("Lists who did what, newest first").ProducesProblem(400).ProducesProblem(404);

    private static async Task<Ok<PageResponse<AuditResponse>>> ListAsync(
        [AsParameters] AuditQuery query, int? limit, string? cursor, IAuditLog log, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<AuditResponse>.Of(
            await log.ListAsync(query.ToFilter(acting.Caller), Requests.Page(limit, cursor), cancellationToken), AuditResponse.Of));
}

/// <summary>Which entries; what is left out does not matter. Times are ISO 8601.</summary>
internal sealed record AuditQuery
{
    public Guid? BotId { get; init; }

    public string? Actor { get; init; }

    public string? Action { get; init; }

    public string? SubjectType { get; init; }

    public string? SubjectId { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public AuditFilter ToFilter(Caller caller) => new(
        caller.Bots,
        BotLimits.Named(BotId, caller),
        Given(Actor),
        Given(Action),
        Given(SubjectType),
        Given(SubjectId),
        From?.ToUniversalTime(),
        To?.ToUniversalTime());

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text.Replace('\0', '\uFFFD');
}
