using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Watching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class LaneEndpoints
{
    private const int MaxLimit = 1_000;

    public static void MapLaneEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/lanes/stuck", ListStuckAsync).WithTags("Lanes").WithName("ListStuckLanes").RequirePermission(Permissions.LanesRead, BotLimit.Filtered)
            .WithSummary("Lists the lanes that do not get on, and why, the longest due first").ProducesProblem(400);

    private static async Task<Ok<StuckLanesResponse>> ListStuckAsync(int? limit, ReadStuckLanes read, Acting acting, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw new MalformedQueryException("limit", $"limit is 1 to {MaxLimit:#,0}.");
        }
        return TypedResults.Ok(new StuckLanesResponse([.. (await read.HandleAsync(limit ?? 100, acting.Caller.Bots, cancellationToken)).Select(StuckLaneResponse.Of)]));
    }
}

internal sealed record StuckLanesResponse(IReadOnlyList<StuckLaneResponse> Items);

/// <summary>A lane that does not get on.</summary>
/// <param name="Reason">A stable word.</param>
/// <param name="Explanation">The reason in plain words, and what to do about it.</param>
/// <param name="Since">Since when it has been due, or in its worker's hand.</param>
/// <param name="Worker">The worker that holds it, or did not release it.</param>
/// <param name="Attempts">Failed attempts at the turn in hand.</param>
internal sealed record StuckLaneResponse(Guid ConversationId, Guid ConnectionId, string Reason, string Explanation, DateTimeOffset? Since, string? Worker, int Attempts)
{
    public static StuckLaneResponse Of(StuckLane lane) => new(
        lane.Conversation.Value, lane.Connection.Value, ReadStuckLanes.Word(lane.Reason), ReadStuckLanes.Explain(lane), lane.Since, lane.Worker, lane.Attempts);
}
