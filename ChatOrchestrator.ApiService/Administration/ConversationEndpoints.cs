using System.Security.Claims;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class ConversationEndpoints
{
    public static void MapConversationEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/conversations").WithTags("Conversations");
        group.MapGet("/", ListAsync).WithName("ListConversations").WithSummary("Lists conversations, the latest activity first").ProducesProblem(400);
        group.MapGet("/{id:guid}", GetAsync).WithName("GetConversation").WithSummary("Reads a conversation").ProducesProblem(404);
        group.MapGet("/{id:guid}/messages", ListMessagesAsync).WithName("ListMessages")
            .WithSummary("Lists a conversation's messages, newest first, or oldest first with order=asc").ProducesProblem(400).ProducesProblem(404);
        group.MapPost("/{id:guid}/messages", SendAsync).WithName("SendMessage").WithSummary("Writes into a conversation as an operator; delivered like the bot's")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapPost("/{id:guid}/handoff", HandOffAsync).WithName("HandOffConversation").WithSummary("Takes a conversation over; the bot is silent from now on")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapPost("/{id:guid}/resume", ResumeAsync).WithName("ResumeConversation").WithSummary("Lets the bot answer again, starting with the next message")
            .ProducesProblem(404).ProducesProblem(409);
        group.MapPost("/{id:guid}/end", EndAsync).WithName("EndConversation").WithSummary("Closes a conversation")
            .ProducesProblem(404).ProducesProblem(409);
        api.MapPost("/connections/{id:guid}/conversations", StartAsync).WithTags("Conversations").WithName("StartConversation")
            .WithSummary("Speaks first, where the platform allows it").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(502);
        api.MapGet("/messages/{id:guid}/timeline", ReadTimelineAsync).WithTags("Messages").WithName("GetMessageTimeline")
            .WithSummary("Answers \"why did I (not) get a reply?\"").ProducesProblem(404);
    }

    private static async Task<Ok<PageResponse<ConversationResponse>>> ListAsync(
        Guid? botId, Guid? connectionId, string? state, int? limit, string? cursor, ReadConversations read, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ConversationResponse>.Of(
            await read.HandleAsync(
                new ConversationFilter(botId is { } bot ? new BotId(bot) : null, connectionId is { } connection ? new ConnectionId(connection) : null, State(state)),
                Requests.Page(limit, cursor),
                cancellationToken),
            ConversationResponse.Of));

    private static async Task<Ok<ConversationResponse>> GetAsync(Guid id, ReadConversations read, CancellationToken cancellationToken) =>
        TypedResults.Ok(ConversationResponse.Of(await read.HandleAsync(new ConversationId(id), cancellationToken)));

    private static async Task<Ok<PageResponse<MessageResponse>>> ListMessagesAsync(
        Guid id, string? order, int? limit, string? cursor, ReadConversations read, CancellationToken cancellationToken)
    {
        var newestFirst = order switch
        {
            null or "desc" => true,
            "asc" => false,
            _ => throw new MalformedQueryException("order", "order is 'asc' or 'desc'."),
        };
        return TypedResults.Ok(PageResponse<MessageResponse>.Of(
            await read.ListMessagesAsync(new ConversationId(id), newestFirst, Requests.Page(limit, cursor), cancellationToken), MessageResponse.Of));
    }

    private static async Task<Created<MessageResponse>> SendAsync(
        Guid id, SendMessageRequest request, SendAgentMessage send, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        var view = await send.HandleAsync(new ConversationId(id), Agent(request.Agent, caller), request.Text, request.SuggestionId, cancellationToken);
        return TypedResults.Created($"/api/v1/messages/{view.Message.Id}/timeline", MessageResponse.Of(view));
    }

    private static async Task<Created<MessageResponse>> StartAsync(
        Guid id, StartConversationRequest request, StartConversation start, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        var view = await start.HandleAsync(new ConnectionId(id), request.To, Agent(request.Agent, caller), request.Text, cancellationToken);
        return TypedResults.Created($"/api/v1/conversations/{view.Message.ConversationId}", MessageResponse.Of(view));
    }

    private static async Task<Ok<ConversationResponse>> HandOffAsync(
        Guid id, HandOffRequest? request, SteerConversation steer, ReadConversations read, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        await steer.HandOffAsync(new ConversationId(id), Agent(request?.Agent, caller), cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<ConversationResponse>> ResumeAsync(Guid id, SteerConversation steer, ReadConversations read, CancellationToken cancellationToken)
    {
        await steer.ResumeAsync(new ConversationId(id), cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<ConversationResponse>> EndAsync(Guid id, SteerConversation steer, ReadConversations read, CancellationToken cancellationToken)
    {
        await steer.EndAsync(new ConversationId(id), cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<TimelineResponse>> ReadTimelineAsync(Guid id, ReadTimeline read, CancellationToken cancellationToken) =>
        TypedResults.Ok(TimelineResponse.Of(await read.HandleAsync(id, cancellationToken)));

    internal static string Agent(string? given, ClaimsPrincipal caller) => given ?? caller.Identity?.Name ?? "operator";

    private static ConversationState? State(string? state) => state switch
    {
        null or "" => null,
        "active" => ConversationState.Active,
        "handed_off" => ConversationState.HandedOff,
        "ended" => ConversationState.Ended,
        _ => throw new MalformedQueryException("state", "state is 'active', 'handed_off' or 'ended'."),
    };
}
