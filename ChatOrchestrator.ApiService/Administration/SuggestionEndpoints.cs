using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>What the bot would have said when an operator took over.</summary>
/// <param name="Text">CommonMark.</param>
/// <param name="AnswersSequence">The last message of the participant that it would have answered.</param>
/// <param name="SentAs">The agent's message that it became.</param>
internal sealed record SuggestionResponse(
    Guid Id,
    Guid ConversationId,
    SuggestionState State,
    string Text,
    Guid TurnId,
    long AnswersSequence,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ResolvedAt,
    string? ResolvedBy,
    Guid? SentAs)
{
    public static SuggestionResponse Of(Suggestion s) =>
        new(s.Id, s.ConversationId.Value, s.State, s.Text, s.TurnId, s.AnswersSequence, s.CreatedAt, s.ResolvedAt, s.ResolvedBy, s.SentAs);
}

internal static class SuggestionEndpoints
{
    public static void MapSuggestionEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/conversations/{id:guid}/suggestions").WithTags("Conversations");
        group.MapGet("/", ListAsync).WithName("ListSuggestions").RequirePermission(Permissions.ConversationsRead, BotLimit.Conversation)
            .WithSummary("Lists what the bot would have said when an operator took over, newest first; sent with POST …/messages and its suggestionId")
            .ProducesProblem(400).ProducesProblem(404);
        group.MapDelete("/{suggestionId:guid}", DismissAsync).WithName("DismissSuggestion").RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).WithSummary("Dismisses a suggestion")
            .ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<PageResponse<SuggestionResponse>>> ListAsync(
        Guid id, string? state, int? limit, string? cursor, SuggestAnswers suggest, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<SuggestionResponse>.Of(
            await suggest.ListAsync(new ConversationId(id), State(state), Requests.Page(limit, cursor), cancellationToken), SuggestionResponse.Of));

    private static async Task<NoContent> DismissAsync(Guid id, Guid suggestionId, SuggestAnswers suggest, Acting acting, CancellationToken cancellationToken)
    {
        await suggest.DismissAsync(new ConversationId(id), suggestionId, ConversationEndpoints.Agent(null, acting), acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }

    private static SuggestionState? State(string? state) => state switch
    {
        null or "" => null,
        "open" => SuggestionState.Open,
        "sent" => SuggestionState.Sent,
        "dismissed" => SuggestionState.Dismissed,
        _ => throw new MalformedQueryException("state", "state is 'open', 'sent' or 'dismissed'."),
    };
}
