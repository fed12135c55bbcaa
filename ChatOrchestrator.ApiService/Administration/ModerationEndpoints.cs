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

/// <summary>What moderation found in a text, and what was done about it.</summary>
/// <param name="MessageId">The participant's message, or the one that was sent as the answer or in its place.</param>
/// <param name="Reason"><c>judged</c>, or <c>unavailable</c>: nobody could judge it.</param>
/// <param name="Categories">The categories that counted, with their scores.</param>
/// <param name="Text">The answer of the model's that was held back.</param>
internal sealed record ModerationResponse(
    Guid Id,
    Guid BotId,
    Guid ConversationId,
    Guid MessageId,
    ModerationDirection Direction,
    ModerationAction Action,
    string Reason,
    IReadOnlyDictionary<string, double> Categories,
    string? Text,
    ModerationState State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReviewedAt,
    string? ReviewedBy)
{
    public static ModerationResponse Of(ModerationRecord r) => new(
        r.Id, r.BotId.Value, r.ConversationId.Value, r.MessageId, r.Direction, r.Action, r.Reason, r.Categories, r.Text, r.State, r.CreatedAt, r.ReviewedAt, r.ReviewedBy);
}

internal static class ModerationEndpoints
{
    public static void MapModerationEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/moderations", ListAsync).WithTags("Moderation").WithName("ListModerations").RequirePermission(Permissions.ConversationsRead, BotLimit.Filtered)
            .WithSummary("Lists what moderation objected to, newest first").ProducesProblem(400).ProducesProblem(404);
        api.MapPost("/conversations/{id:guid}/moderations/{moderationId:guid}/review", ReviewAsync).WithTags("Moderation").WithName("ReviewModeration")
            .RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).WithSummary("Notes that an operator has looked at it").ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<PageResponse<ModerationResponse>>> ListAsync(
        [AsParameters] ModerationQuery query, int? limit, string? cursor, ReviewModeration review, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ModerationResponse>.Of(
            await review.ListAsync(query.ToFilter(acting.Caller), Requests.Page(limit, cursor), cancellationToken), ModerationResponse.Of));

    private static async Task<Ok<ModerationResponse>> ReviewAsync(Guid id, Guid moderationId, ReviewModeration review, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(ModerationResponse.Of(
            await review.HandleAsync(new ConversationId(id), moderationId, ConversationEndpoints.Agent(null, acting), acting.Actor, cancellationToken)));
}

/// <summary>Which records; what is left out does not matter.</summary>
internal sealed record ModerationQuery
{
    public Guid? BotId { get; init; }

    public Guid? ConversationId { get; init; }

    /// <summary><c>open</c>, <c>reviewed</c> or <c>recorded</c>.</summary>
    public string? State { get; init; }

    /// <summary><c>block</c>, <c>flag</c> or <c>record</c>.</summary>
    public string? Action { get; init; }

    /// <summary><c>input</c> or <c>output</c>.</summary>
    public string? Direction { get; init; }

    /// <exception cref="MalformedQueryException">There is no such word.</exception>
    public ModerationFilter ToFilter(Caller caller) => new(
        caller.Bots,
        BotLimits.Named(BotId, caller),
        ConversationId is { } conversation ? new ConversationId(conversation) : null,
        State switch
        {
            null or "" => null,
            "open" => ModerationState.Open,
            "reviewed" => ModerationState.Reviewed,
            "recorded" => ModerationState.Recorded,
            _ => throw new MalformedQueryException("state", "state is 'open', 'reviewed' or 'recorded'."),
        },
        Action switch
        {
            null or "" => null,
            "block" => ModerationAction.Block,
            "flag" => ModerationAction.Flag,
            "record" => ModerationAction.Record,
            _ => throw new MalformedQueryException("action", "action is 'block', 'flag' or 'record'."),
        },
        Direction switch
        {
            null or "" => null,
            "input" => ModerationDirection.Input,
            "output" => ModerationDirection.Output,
            _ => throw new MalformedQueryException("direction", "direction is 'input' or 'output'."),
        });
}
