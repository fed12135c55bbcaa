using System.Globalization;
using System.Text.RegularExpressions;
using ChatOrchestrator.ApiService.Administration;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.WebChat;

/// <summary>The web chat as its page and every other client sees it.</summary>
internal static partial class WebChatEndpoints
{
    private const int MaxClientMessageIdLength = 100;

    /// <summary>A payload is a word for the bot, not a text: the longest of any platform is Messenger's 1,000.</summary>
    private const int MaxPayloadLength = 1_000;

    public static void MapWebChatEndpoints(this IEndpointRouteBuilder app)
    {
        var chat = app.MapGroup("/webchat/{connectionId:guid}").WithTags("Web chat").AllowAnonymous();
        chat.MapGet("", ShowPageAsync).WithName("WebChatPage").WithSummary("The page").Produces(200, contentType: "text/html").ProducesProblem(404);
        chat.MapPost("/sessions", OpenSessionAsync).RequireCors(WebChatCrossOrigin.Policy).WithName("OpenWebChatSession").WithSummary("Opens a session, or renews an earlier one").ProducesProblem(403).ProducesProblem(404).ProducesProblem(429);
        chat.MapGet("/messages", ListMessagesAsync).RequireCors(WebChatCrossOrigin.Policy).WithName("ListWebChatMessages").WithSummary("The conversation so far, the latest first page, oldest message first")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404);
        chat.MapPost("/messages", PostMessageAsync).RequireCors(WebChatCrossOrigin.Policy).WithName("PostWebChatMessage").WithSummary("Says something; accepted after it is stored")
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503);
        chat.MapGet("/events", WebChatStream.HandleAsync).RequireCors(WebChatCrossOrigin.Policy).WithName("StreamWebChatEvents").WithSummary("Server-sent events; resumes behind Last-Event-ID")
            .Produces(200, contentType: "text/event-stream").ProducesProblem(401).ProducesProblem(404);
    }

    /// <exception cref="NotFoundException">There is no such web chat.</exception>
    public static async ValueTask<ConnectionSnapshot> FindAsync(IConnectionDirectory connections, Guid id, CancellationToken cancellationToken) =>
        await connections.FindAsync(new ConnectionId(id), cancellationToken) is { DisabledReason: null } connection && connection.Platform.Value == CreateDemoBot.Platform
            ? connection
            : throw new NotFoundException("web chat");

    /// <summary>The caller's session, or null: 401.</summary>
    public static WebChatSession? FindSession(HttpRequest request, ConnectionSnapshot connection, WebChatSessions sessions, PublicAddress address)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        var origin = WebChatOrigin.Of(request, connection, address);
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? sessions.Find(connection.Id, header[Scheme.Length..].Trim(), origin) : null;
    }

    public static ProblemHttpResult Unauthorized() =>
        TypedResults.Problem("The session's token is missing, of another chat, or has expired; open a session.", statusCode: StatusCodes.Status401Unauthorized);

    private static async Task<Results<PhysicalFileHttpResult, RedirectHttpResult>> ShowPageAsync(
        Guid connectionId, IConnectionDirectory connections, IWebHostEnvironment environment, HttpContext http, CancellationToken cancellationToken)
    {
        var connection = await FindAsync(connections, connectionId, cancellationToken);
        // The page's addresses are relative to /webchat/.
        if (http.Request.Path.Value is { } path && path.EndsWith('/'))
        {
            return TypedResults.Redirect(http.Request.PathBase + path.TrimEnd('/'));
        }
        var page = environment.WebRootFileProvider.GetFileInfo("webchat.html");
        if (!page.Exists || page.PhysicalPath is not { } file)
        {
            throw new NotFoundException("page");
        }
        SecurityHeaders.AllowPage(http.Response, WebChatSettings.OriginsOf(connection.Settings), WebChatSettings.ImageSourcesOf(connection.Settings));
        http.Response.Headers.CacheControl = "no-cache";
        return TypedResults.PhysicalFile(file, "text/html; charset=utf-8");
    }

    private static async Task<Created<SessionResponse>> OpenSessionAsync(
        Guid connectionId, OpenSessionRequest? request, IConnectionDirectory connections, WebChatSessions sessions, IConversationStore conversations,
        PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        var connection = await FindAsync(connections, connectionId, cancellationToken);
        var origin = WebChatOrigin.Of(http.Request, connection, address);
        var renewed = request?.Token is { Length: > 0 } old ? sessions.Renew(connection.Id, old, origin) : null;
        var (token, session) = renewed ?? sessions.Open(connection.Id, origin);
        var conversation = renewed is null ? null : await conversations.FindAsync(connection.Id, new ChatAddress(session.ChatId), cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new SessionResponse(
            token,
            session.ExpiresAt,
            conversation?.Conversation.Id.Value,
            new WebChatBot(connection.Bot.Name, connection.Bot.Processing.Greeting),
            new WebChatLimits(Message.MaxTextLength),
            WebChatSettings.ImageOriginsOf(connection.Settings)));
    }

    private static async Task<Results<Ok<WebChatMessages>, ProblemHttpResult>> ListMessagesAsync(
        Guid connectionId, string? before, int? limit, IConnectionDirectory connections, WebChatSessions sessions, IConversationStore conversations,
        IMessageStore messages, PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        var connection = await FindAsync(connections, connectionId, cancellationToken);
        if (FindSession(http.Request, connection, sessions, address) is not { } session)
        {
            return Unauthorized();
        }
        var count = Requests.Page(limit, null).Limit;
        var sequence = long.MaxValue;
        if (!string.IsNullOrEmpty(before) && !long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
        {
            throw new MalformedQueryException("before", "before is a sequence, as in nextCursor.");
        }
        http.Response.Headers.CacheControl = "no-store";
        if (await conversations.FindAsync(connection.Id, new ChatAddress(session.ChatId), cancellationToken) is not { } conversation)
        {
            return TypedResults.Ok(new WebChatMessages([], null));
        }
        var found = await messages.ListVisibleBeforeAsync(conversation.Conversation.Id, sequence, count + 1, cancellationToken);
        var page = found.Take(count).Reverse().Select(WebChatMessage.Of).ToArray();
        return TypedResults.Ok(new WebChatMessages(page, found.Count > count ? page[0].Sequence.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<Results<Accepted<MessageAccepted>, ProblemHttpResult>> PostMessageAsync(
        Guid connectionId, PostMessageRequest request, IConnectionDirectory connections, WebChatSessions sessions, Inbox inbox, IMessageStore messages,
        ISignals signals, IngressGate gate, PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        using var ticket = gate.Enter(http.Request.ContentLength ?? 0);
        var connection = await FindAsync(connections, connectionId, cancellationToken);
        if (FindSession(http.Request, connection, sessions, address) is not { } session)
        {
            return Unauthorized();
        }
        Message.RequireText(request.Text);
        if (request.ClientMessageId is not { Length: > 0 and <= MaxClientMessageIdLength } clientMessageId || clientMessageId.Any(char.IsControl))
        {
            throw new InvalidInputException("clientMessageId", $"clientMessageId must have 1 to {MaxClientMessageIdLength} characters and no control characters.");
        }
        if (request.Payload is { } payload && (string.IsNullOrWhiteSpace(payload) || payload.Length > MaxPayloadLength || payload.Any(char.IsControl)))
        {
            throw new InvalidInputException("payload", $"payload must have 1 to {MaxPayloadLength} characters and no control characters, or be left out.");
        }
        var platformId = $"{session.ChatId}:{clientMessageId}";
        await inbox.ReceiveAsync(
            connection,
            [
                new InboundMessage
                {
                    PlatformId = platformId,
                    Chat = new ChatAddress(session.ChatId),
                    Author = new InboundAuthor(session.ChatId),
                    Kind = request.Payload is not null ? MessageKind.ButtonPress
                        : Command().IsMatch(request.Text!) ? MessageKind.Command
                        : MessageKind.Text,
                    Text = request.Text!,
                    Content = request.Payload is null ? null : new MessageContent { Button = new ButtonPress(request.Payload, request.Text) },
                },
            ],
            cancellationToken);
        var stored = await messages.FindAsync(connection.Id, platformId, cancellationToken) ?? throw new NotFoundException("web chat");
        // The visitor's other windows.
        signals.Publish(WebChatSignal.Channel(session.ChatId), WebChatSignal.Stored.Instance.Encode());
        return TypedResults.Accepted((string?)null, new MessageAccepted(stored.Id, clientMessageId, stored.CreatedAt));
    }

    [GeneratedRegex(@"^/[A-Za-z][A-Za-z0-9_]{0,31}(?=\s|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
