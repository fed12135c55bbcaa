using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>One thing that somebody did.</summary>
/// <param name="Actor"><c>owner</c> for the configured key, otherwise the key's name and id.</param>
/// <param name="Action">A stable word: <c>dead_letter.replayed</c>.</param>
/// <param name="Detail">What is worth knowing about it; neither text of messages nor secrets.</param>
internal sealed record AuditResponse(Guid Id, DateTimeOffset At, string Actor, string Action, string SubjectType, string SubjectId, JsonElement Detail)
{
    public static AuditResponse Of(AuditEntry entry)
    {
        using var detail = JsonDocument.Parse(entry.Detail);
        return new AuditResponse(entry.Id, entry.At, entry.Actor, entry.Action, entry.SubjectType, entry.SubjectId, detail.RootElement.Clone());
    }
}

internal static class AuditEndpoints
{
    public static void MapAuditEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ListAsync).WithTags("Audit").WithName("ListAuditEntries").WithSummary("Lists who did what, newest first").ProducesProblem(400);

    private static async Task<Ok<PageResponse<AuditResponse>>> ListAsync(int? limit, string? cursor, IAuditLog log, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<AuditResponse>.Of(await log.ListAsync(Requests.Page(limit, cursor), cancellationToken), AuditResponse.Of));
}
