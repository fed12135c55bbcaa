using System.Text.Json;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
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
        group.MapGet("/", ListAsync).WithName("ListConversations").RequirePermission(Permissions.ConversationsRead, BotLimit.Filtered).WithSummary("Lists conversations, the latest activity first").ProducesProblem(400).ProducesProblem(404);
        group.MapGet("/{id:guid}", GetAsync).WithName("GetConversation").RequirePermission(Permissions.ConversationsRead, BotLimit.Conversation).WithSummary("Reads a conversation").ProducesProblem(404);
        group.MapGet("/{id:guid}/messages", ListMessagesAsync).WithName("ListMessages").RequirePermission(Permissions.ConversationsRead, BotLimit.Conversation)
            .WithSummary("Lists a conversation's messages, newest first, or oldest first with order=asc").ProducesProblem(400).ProducesProblem(404);
        group.MapPost("/{id:guid}/messages", SendAsync).WithName("SendMessage").RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).AcceptsIdempotencyKey().WithSummary("Writes into a conversation as an operator; delivered like the bot's")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapPost("/{id:guid}/handoff", HandOffAsync).WithName("HandOffConversation").RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).WithSummary("Takes a conversation over; the bot is silent from now on")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapPost("/{id:guid}/resume", ResumeAsync).WithName("ResumeConversation").RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).WithSummary("Lets the bot answer again, starting with the next message")
            .ProducesProblem(404).ProducesProblem(409);
        group.MapPost("/{id:guid}/end", EndAsync).WithName("EndConversation").RequirePermission(Permissions.ConversationsWrite, BotLimit.Conversation).WithSummary("Closes a conversation")
            .ProducesProblem(404).ProducesProblem(409);
        group.MapGet("/{id:guid}/export", ExportAsync).WithName("ExportConversation").RequirePermission(Permissions.ConversationsExport, BotLimit.Conversation)
            .WithSummary("Gives a whole conversation away as JSON Lines").Produces<ExportLine>(200, "application/x-ndjson").ProducesProblem(404);
        api.MapPost("/connections/{id:guid}/conversations", StartAsync).WithTags("Conversations").WithName("StartConversation").RequirePermission(Permissions.ConversationsWrite, BotLimit.Connection).AcceptsIdempotencyKey()
            .WithSummary("Speaks first, where the platform allows it").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(502);
        api.MapGet("/messages/{id:guid}/timeline", ReadTimelineAsync).WithTags("Messages").WithName("GetMessageTimeline").RequirePermission(Permissions.ConversationsRead, BotLimit.Message)
            .WithSummary("Answers \"why did I (not) get a reply?\"").ProducesProblem(404);
    }

    private static async Task<Ok<PageResponse<ConversationResponse>>> ListAsync(
        [AsParameters] ConversationQuery query, [AsParameters] InsightQuery insight, int? limit, string? cursor, ReadConversations read, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ConversationResponse>.Of(
            await read.HandleAsync(query.ToFilter(acting.Caller) with { Insight = insight.ToFilter() }, Requests.Page(limit, cursor), cancellationToken), ConversationResponse.Of));

    private static async Task<Ok<ConversationResponse>> GetAsync(Guid id, ReadConversations read, CancellationToken cancellationToken) =>
        TypedResults.Ok(ConversationResponse.Of(await read.HandleAsync(new ConversationId(id), cancellationToken)));

    private static async Task<Ok<PageResponse<MessageResponse>>> ListMessagesAsync(
        Guid id, [AsParameters] InsightQuery insight, string? order, int? limit, string? cursor, ReadConversations read, CancellationToken cancellationToken)
    {
        var newestFirst = order switch
        {
            null or "desc" => true,
            "asc" => false,
            _ => throw new MalformedQueryException("order", "order is 'asc' or 'desc'."),
        };
        return TypedResults.Ok(PageResponse<MessageResponse>.Of(
            await read.ListMessagesAsync(new ConversationId(id), insight.ToFilter(), newestFirst, Requests.Page(limit, cursor), cancellationToken), MessageResponse.Of));
    }

    private static async Task<Created<MessageResponse>> SendAsync(
        Guid id, SendMessageRequest request, SendAgentMessage send, Acting acting, CancellationToken cancellationToken)
    {
        var view = await send.HandleAsync(new ConversationId(id), Agent(request.Agent, acting), request.Text, request.SuggestionId, acting.Actor, cancellationToken);
        return TypedResults.Created($"/api/v1/messages/{view.Message.Id}/timeline", MessageResponse.Of(view));
    }

    private static async Task<Created<MessageResponse>> StartAsync(
        Guid id, StartConversationRequest request, StartConversation start, Acting acting, CancellationToken cancellationToken)
    {
        var view = await start.HandleAsync(new ConnectionId(id), request.To, Agent(request.Agent, acting), request.Text, acting.Actor, cancellationToken);
        return TypedResults.Created($"/api/v1/conversations/{view.Message.ConversationId}", MessageResponse.Of(view));
    }

    private static async Task<Ok<ConversationResponse>> HandOffAsync(
        Guid id, HandOffRequest? request, SteerConversation steer, ReadConversations read, Acting acting, CancellationToken cancellationToken)
    {
        await steer.HandOffAsync(new ConversationId(id), Agent(request?.Agent, acting), acting.Actor, cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<ConversationResponse>> ResumeAsync(Guid id, SteerConversation steer, ReadConversations read, Acting acting, CancellationToken cancellationToken)
    {
        await steer.ResumeAsync(new ConversationId(id), acting.Actor, cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<ConversationResponse>> EndAsync(Guid id, SteerConversation steer, ReadConversations read, Acting acting, CancellationToken cancellationToken)
    {
        await steer.EndAsync(new ConversationId(id), acting.Actor, cancellationToken);
        return await GetAsync(id, read, cancellationToken);
    }

    private static async Task<Ok<TimelineResponse>> ReadTimelineAsync(Guid id, ReadTimeline read, CancellationToken cancellationToken) =>
        TypedResults.Ok(TimelineResponse.Of(await read.HandleAsync(id, cancellationToken)));

    internal static string Agent(string? given, Acting acting) => given ?? acting.Caller.Name;

    /// <summary>One JSON document to a line: the conversation, then its messages, oldest first.</summary>
    private static async Task ExportAsync(Guid id, ExportConversation export, Acting acting, HttpContext http, CancellationToken cancellationToken)
    {
        var conversation = await export.BeginAsync(new ConversationId(id), acting.Actor, cancellationToken);
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"conversation-{id}.jsonl\"";
        http.Response.Headers.CacheControl = "no-store";
        await WriteLineAsync(http.Response, new ExportLine("conversation", ConversationResponse.Of(conversation), null), cancellationToken);
        await foreach (var message in export.MessagesAsync(new ConversationId(id), cancellationToken))
        {
            await WriteLineAsync(http.Response, new ExportLine("message", null, MessageResponse.Of(message)), cancellationToken);
        }
    }

    private static async Task WriteLineAsync(HttpResponse response, ExportLine line, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(response.Body, line, ApiJson.Lines, cancellationToken);
        await response.Body.WriteAsync("\n"u8.ToArray(), cancellationToken);
    }
}

/// <summary>What was found out about a message; what is left out does not matter. A conversation needs one message that has it all.</summary>
internal sealed record InsightQuery
{
    /// <summary>One of the bot's intents, or <c>none</c>.</summary>
    public string? Intent { get; init; }

    /// <summary><c>negative</c>, <c>neutral</c> or <c>positive</c>.</summary>
    public string? Sentiment { get; init; }

    /// <summary><c>low</c>, <c>normal</c> or <c>high</c>.</summary>
    public string? Urgency { get; init; }

    /// <summary>ISO 639-1: <c>en</c>.</summary>
    public string? Language { get; init; }

    /// <exception cref="MalformedQueryException">There is no such word.</exception>
    public InsightFilter ToFilter() => new(
        string.IsNullOrEmpty(Intent) ? null : Intent.Length <= 50 && !Intent.Contains('\0', StringComparison.Ordinal) ? Intent : throw new MalformedQueryException("intent", "There is no such intent."),
        Sentiment switch
        {
            null or "" => null,
            "negative" => Domain.Messages.Sentiment.Negative,
            "neutral" => Domain.Messages.Sentiment.Neutral,
            "positive" => Domain.Messages.Sentiment.Positive,
            _ => throw new MalformedQueryException("sentiment", "sentiment is 'negative', 'neutral' or 'positive'."),
        },
        Urgency switch
        {
            null or "" => null,
            "low" => Domain.Messages.Urgency.Low,
            "normal" => Domain.Messages.Urgency.Normal,
            "high" => Domain.Messages.Urgency.High,
            _ => throw new MalformedQueryException("urgency", "urgency is 'low', 'normal' or 'high'."),
        },
        string.IsNullOrEmpty(Language) ? null
            : Language.Length == 2 && Language.All(char.IsAsciiLetterLower) ? Language
            : throw new MalformedQueryException("language", "language is an ISO 639-1 code such as 'en'."));
}

/// <summary>One line of an export.</summary>
/// <param name="Kind"><c>conversation</c> or <c>message</c>.</param>
internal sealed record ExportLine(string Kind, ConversationResponse? Conversation, MessageResponse? Message);

/// <summary>Which conversations; what is left out does not matter. Times are ISO 8601.</summary>
internal sealed record ConversationQuery
{
    public Guid? BotId { get; init; }

    public Guid? ConnectionId { get; init; }

    /// <summary><c>active</c>, <c>handed_off</c> or <c>ended</c>.</summary>
    public string? State { get; init; }

    public string? Platform { get; init; }

    /// <summary>A part of the name, or the platform's id, of somebody who takes part.</summary>
    public string? Participant { get; init; }

    /// <summary>Words of a message.</summary>
    public string? Text { get; init; }

    /// <summary>Active at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Last active before this.</summary>
    public DateTimeOffset? To { get; init; }

    private const int MaxSearchLength = 200;

    /// <exception cref="MalformedQueryException">There is no such state, or what is searched for is too long.</exception>
    public ConversationFilter ToFilter(Caller caller) => new(
        caller.Bots,
        BotLimits.Named(BotId, caller),
        ConnectionId is { } connection ? new ConnectionId(connection) : null,
        State switch
        {
            null or "" => null,
            "active" => ConversationState.Active,
            "handed_off" => ConversationState.HandedOff,
            "ended" => ConversationState.Ended,
            _ => throw new MalformedQueryException("state", "state is 'active', 'handed_off' or 'ended'."),
        },
        string.IsNullOrEmpty(Platform) ? null : Platform is { Length: >= 2 and <= 20 } && Platform.All(char.IsAsciiLetterLower) ? PlatformName.From(Platform) : throw new MalformedQueryException("platform", "There is no such platform."),
        Search("participant", Participant),
        Search("text", Text),
        From?.ToUniversalTime(),
        To?.ToUniversalTime());

    private static string? Search(string field, string? text) => string.IsNullOrWhiteSpace(text) ? null
        : text.Length <= MaxSearchLength && !text.Contains('\0', StringComparison.Ordinal) ? text.Trim()
        : throw new MalformedQueryException(field, $"{field} has at most {MaxSearchLength} characters.");
}
