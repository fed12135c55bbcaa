using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class DeadLetterEndpoints
{
    public static void MapDeadLetterEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/dead-letters").WithTags("Dead letters");
        group.MapGet("/", ListAsync).WithName("ListDeadLetters").RequirePermission(Permissions.DeadLettersRead, BotLimit.Filtered).WithSummary("Lists what failed for good, newest first; from and to bound when it failed").ProducesProblem(400).ProducesProblem(404);
        group.MapGet("/{id:guid}", GetAsync).WithName("GetDeadLetter").RequirePermission(Permissions.DeadLettersRead, BotLimit.DeadLetter).WithSummary("Reads a dead letter: what failed, why, and its history").ProducesProblem(404);
        group.MapPost("/{id:guid}/replay", ReplayAsync).WithName("ReplayDeadLetter").RequirePermission(Permissions.DeadLettersWrite, BotLimit.DeadLetter)
            .WithSummary("Asks the question again, or sends again what was not delivered, at the end of its lane; with a text, that instead")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapPost("/replay", ReplayManyAsync).WithName("ReplayDeadLetters").RequirePermission(Permissions.DeadLettersWrite, BotLimit.Filtered)
            .WithSummary("Replays the open dead letters of a filter, oldest first, at most limit of them; nextCursor asks for more").ProducesProblem(400).ProducesProblem(404);
        group.MapDelete("/{id:guid}", DiscardAsync).WithName("DiscardDeadLetter").RequirePermission(Permissions.DeadLettersWrite, BotLimit.DeadLetter)
            .WithSummary("Takes a dead letter out of the way; the query parameter reason (1 to 500 characters) is required").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
    }

    private static async Task<Ok<PageResponse<DeadLetterResponse>>> ListAsync(
        [AsParameters] DeadLetterQuery query, int? limit, string? cursor, ReadDeadLetters read, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<DeadLetterResponse>.Of(
            await read.HandleAsync(query.ToFilter(acting.Caller), Requests.Page(limit, cursor), cancellationToken), DeadLetterResponse.Of));

    private static async Task<Ok<DeadLetterDetailResponse>> GetAsync(Guid id, ReadDeadLetters read, CancellationToken cancellationToken) =>
        TypedResults.Ok(DeadLetterDetailResponse.Of(await read.HandleAsync(id, cancellationToken)));

    private static async Task<Ok<ReplayResponse>> ReplayAsync(
        Guid id, ReplayRequest? request, ResolveDeadLetters resolve, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ReplayResponse(id, await resolve.ReplayAsync(id, request?.Text, acting.Actor, cancellationToken)));

    private static async Task<Ok<ReplayManyResponse>> ReplayManyAsync(
        [AsParameters] DeadLetterQuery query, int? limit, string? cursor, ResolveDeadLetters resolve, Acting acting, CancellationToken cancellationToken)
    {
        var done = await resolve.ReplayManyAsync(query.ToFilter(acting.Caller), Requests.Page(limit, cursor), acting.Actor, cancellationToken);
        return TypedResults.Ok(new ReplayManyResponse(done.Replayed, done.Refused.Values.Sum(), done.Refused, done.NextCursor));
    }

    private static async Task<NoContent> DiscardAsync(Guid id, string? reason, ResolveDeadLetters resolve, Acting acting, CancellationToken cancellationToken)
    {
        await resolve.DiscardAsync(id, reason, acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }
}

/// <summary>Which dead letters; what is left out does not matter. Times are ISO 8601.</summary>
internal sealed record DeadLetterQuery
{
    public string? State { get; init; }

    public Guid? BotId { get; init; }

    public Guid? ConnectionId { get; init; }

    public Guid? ConversationId { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <exception cref="MalformedQueryException">There is no such state.</exception>
    public DeadLetterFilter ToFilter(Caller caller) => new(
        State switch
        {
            null or "" => null,
            "open" => DeadLetterState.Open,
            "replayed" => DeadLetterState.Replayed,
            "discarded" => DeadLetterState.Discarded,
            _ => throw new MalformedQueryException("state", "state is 'open', 'replayed' or 'discarded'."),
        },
        BotLimits.Named(BotId, caller),
        ConnectionId is { } connection ? new ConnectionId(connection) : null,
        ConversationId is { } conversation ? new ConversationId(conversation) : null,
        string.IsNullOrEmpty(Reason) ? null : Reason,
        From?.ToUniversalTime(),
        To?.ToUniversalTime(),
        caller.Bots);
}

/// <summary>A turn or an outbound message that failed for good.</summary>
/// <param name="Stage"><c>turn</c>: no answer could be made; <c>delivery</c>: a part could not be delivered.</param>
/// <param name="Reason">A stable word.</param>
/// <param name="MessageId">The question, or the message that was to be delivered.</param>
/// <param name="Resolution">Why it was discarded.</param>
/// <param name="ReplayedAs">The message in its place.</param>
internal sealed record DeadLetterResponse(
    Guid Id,
    DeadLetterState State,
    string Stage,
    string Reason,
    int Attempts,
    Guid BotId,
    Guid ConnectionId,
    string Platform,
    Guid ConversationId,
    Guid MessageId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ResolvedAt,
    string? ResolvedBy,
    string? Resolution,
    Guid? ReplayedAs)
{
    public static DeadLetterResponse Of(DeadLetterView view)
    {
        var d = view.Letter;
        return new DeadLetterResponse(
            d.Id, d.State, d.Stage, d.Reason, d.Attempts, view.Bot.Value, view.Connection.Value, view.Platform.Value, d.ConversationId.Value, d.MessageId,
            d.CreatedAt, d.ResolvedAt, d.ResolvedBy, d.Resolution, d.ReplayedAs);
    }
}

/// <param name="Message">The message that failed, with its parts.</param>
/// <param name="Texts">What would be asked or sent again: the questions of the failed turn, or the parts that were not delivered.</param>
/// <param name="Timeline">The message's history with its times.</param>
internal sealed record DeadLetterDetailResponse(DeadLetterResponse Letter, MessageResponse Message, IReadOnlyList<string> Texts, TimelineResponse Timeline)
{
    public static DeadLetterDetailResponse Of(DeadLetterDetail detail)
    {
        var (record, timeline) = detail;
        IReadOnlyList<string> texts = record.View.Letter.Stage == DeadLetter.TurnStage
            ? [.. record.Questions.Select(m => m.Text)]
            : [.. record.FailedParts.Select(p => p.PlainBody ?? p.Body ?? record.Message.Text)];
        return new DeadLetterDetailResponse(DeadLetterResponse.Of(record.View), MessageResponse.Of(timeline.Message), texts, TimelineResponse.Of(timeline));
    }
}

/// <param name="MessageId">The message that was put into the lane in the dead letter's place.</param>
internal sealed record ReplayResponse(Guid Id, Guid MessageId);

/// <param name="Reasons">How many were refused, by reason.</param>
internal sealed record ReplayManyResponse(int Replayed, int Refused, IReadOnlyDictionary<string, int> Reasons, string? NextCursor);
