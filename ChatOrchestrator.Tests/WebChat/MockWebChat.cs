using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.WebChat;

/// <summary>One message of the mock's conversation, in the shape of the wire.</summary>
public sealed record MockMessage(
    string Id, long Sequence, string Role, string Text, DateTimeOffset CreatedAt, string? ClientMessageId, string? TurnId);

/// <summary>
/// The web chat's server contract with one conversation in memory, serving the real files of wwwroot under the real
/// Content-Security-Policy. Faults are asked for by the tests.
/// </summary>
public sealed class MockWebChat : IAsyncDisposable
{
    public const string ConnectionId = "0199aa00-0000-7000-8000-000000000001";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; img-src 'self' data:";

    private static readonly string WebRoot = Path.Combine(RepositoryRoot(), "ChatOrchestrator.ApiService", "wwwroot");

    private readonly Lock _lock = new();
    private readonly List<MockMessage> _messages = [];
    private readonly List<Channel<string>> _streams = [];
    private readonly HashSet<string> _tokens = [];
    private readonly HashSet<string> _renewable = [];
    private int _conversation = 1;
    private WebApplication? _app;
    private int _tokensIssued;

    public string? Greeting { get; set; }

    public string BotName { get; set; } = "Ada";

    public int MaxTextLength { get; set; } = 4000;

    /// <summary>Of the connection's settings: where pictures may come from.</summary>
    public IReadOnlyList<string> ImageOrigins { get; set; } = [];

    /// <summary>The payloads of the posted messages; empty for those that were written.</summary>
    public ConcurrentQueue<string> PostedPayloads { get; } = new();

    /// <summary>How the next POSTs of messages fail: status and, optionally, Retry-After in seconds.</summary>
    public ConcurrentQueue<(int Status, int? RetryAfter)> PostFaults { get; } = new();

    /// <summary>Stores the message but breaks the connection before answering, this many times.</summary>
    public int LostAnswers { get; set; }

    public int HistoryFaults { get; set; }

    public ConcurrentQueue<string> LastEventIds { get; } = new();

    public ConcurrentQueue<string> PostedTexts { get; } = new();

    public Action<MockMessage>? OnUserMessage { get; set; }

    public Uri Address { get; private set; } = null!;

    public string PageAddress => $"{Address}webchat/{ConnectionId}";

    /// <summary>The same server by another name: to the browser a foreign origin.</summary>
    public string ForeignAddress => $"http://localhost:{Address.Port}/";

    public IReadOnlyList<MockMessage> Messages
    {
        get
        {
            lock (_lock)
            {
                return [.. _messages];
            }
        }
    }

    public int OpenStreams
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    public static async Task<MockWebChat> StartAsync()
    {
        var mock = new MockWebChat();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        mock._app = app;
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(WebRoot) });
        app.UseRouting();
        mock.MapEndpoints(app);
        await app.StartAsync();
        mock.Address = new Uri(app.Urls.Single() + "/");
        return mock;
    }

    /// <summary>Stores a message and sends it to the open streams.</summary>
    public MockMessage Publish(string role, string text, string? clientMessageId = null, string? turnId = null)
    {
        lock (_lock)
        {
            var message = Append(role, text, clientMessageId, turnId);
            Write(Frame(message));
            return message;
        }
    }

    /// <summary>Stores a message without telling any stream: only history or a resumed stream brings it.</summary>
    public MockMessage Append(string role, string text, string? clientMessageId = null, string? turnId = null, TimeSpan age = default)
    {
        lock (_lock)
        {
            var message = new MockMessage(
                Guid.CreateVersion7().ToString(), _messages.Count + 1, role, text, TimeProvider.System.GetUtcNow() - age, clientMessageId, turnId);
            _messages.Add(message);
            return message;
        }
    }

    public void Emit(string type, object data)
    {
        lock (_lock)
        {
            Write($"event: {type}\ndata: {JsonSerializer.Serialize(data, JsonSerializerOptions.Web)}\n\n");
        }
    }

    public void DropStreams()
    {
        lock (_lock)
        {
            _streams.ForEach(stream => stream.Writer.TryComplete());
        }
    }

    /// <summary>Every token issued so far is expired: good for renewal, for nothing else.</summary>
    public void ExpireTokens()
    {
        lock (_lock)
        {
            _tokens.Clear();
        }
    }

    /// <summary>The conversation and its tokens are gone for good: the next session is a new conversation.</summary>
    public void ForgetConversation()
    {
        lock (_lock)
        {
            _messages.Clear();
            _tokens.Clear();
            _renewable.Clear();
            _conversation++;
        }

        DropStreams();
    }

    public async ValueTask DisposeAsync()
    {
        DropStreams();
        if (_app is not null)
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
            await _app.DisposeAsync();
        }
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ChatOrchestrator.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("ChatOrchestrator.sln");
    }

    private static string Frame(MockMessage message) =>
        $"event: message\nid: {message.Sequence}\ndata: {JsonSerializer.Serialize(message, JsonSerializerOptions.Web)}\n\n";

    private void Write(string frame) => _streams.ForEach(stream => stream.Writer.TryWrite(frame));

    private void MapEndpoints(WebApplication app)
    {
        app.MapGet("/webchat/{id}", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = string.Join(' ', [Policy, .. ImageOrigins]);
            return Results.File(Path.Combine(WebRoot, "webchat.html"), "text/html; charset=utf-8");
        });
        app.MapPost("/webchat/{id}/sessions", (SessionRequest request) =>
        {
            lock (_lock)
            {
                if (request.Token is { } old && !_renewable.Contains(old))
                {
                    return Results.Problem(statusCode: 401);
                }

                var token = $"token-{++_tokensIssued}";
                _tokens.Add(token);
                _renewable.Add(token);
                return Results.Json(
                    new
                    {
                        token,
                        expiresAt = TimeProvider.System.GetUtcNow().AddHours(1),
                        conversationId = $"c{_conversation}",
                        bot = new { name = BotName, greeting = Greeting },
                        limits = new { maxTextLength = MaxTextLength },
                        imageOrigins = ImageOrigins,
                    },
                    statusCode: 201);
            }
        });
        app.MapGet("/webchat/{id}/messages", (HttpContext context, string? before, int limit) => History(context, before, limit));
        app.MapPost("/webchat/{id}/messages", (HttpContext context, PostRequest request) => Post(context, request));
        app.MapGet("/webchat/{id}/events", EventsAsync);

        app.MapGet("/picture.png", () => Results.File(Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), "image/png"));

        // A foreign page with hostile styles and a strict policy of its own.
        app.MapGet("/host", (HttpContext context) =>
        {
            var chat = $"http://127.0.0.1:{Address.Port}";
            context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'self'; script-src {chat}; frame-src {chat}";
            return Results.Content(
                $"""
                <!doctype html><html lang="en"><head><title>Shop</title><link rel="stylesheet" href="/host.css"></head>
                <body><h1>A shop</h1><p>Welcome. Every <button>button</button> here is ugly on purpose.</p>
                <script src="{chat}/webchat.js" data-connection="{ConnectionId}" data-title="Help" data-color="#0b7a5c" async></script></body></html>
                """,
                "text/html; charset=utf-8");
        });
        app.MapGet("/host.css", () => Results.Content(
            "body{font:22px serif;margin:40px;color:#402} div{opacity:.2!important;display:inline!important;transform:rotate(3deg)} "
            + "button{background:yellow!important;border:5px dashed red!important;font-size:40px!important} iframe{display:none!important}",
            "text/css"));
    }

    private bool IsAuthorized(HttpContext context)
    {
        lock (_lock)
        {
            return context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && _tokens.Contains(token);
        }
    }

    private IResult History(HttpContext context, string? before, int limit)
    {
        if (!IsAuthorized(context))
        {
            return Results.Problem(statusCode: 401);
        }

        if (HistoryFaults > 0)
        {
            HistoryFaults--;
            return Results.Problem(statusCode: 503);
        }

        lock (_lock)
        {
            var end = before is null ? _messages.Count : int.Parse(before, System.Globalization.CultureInfo.InvariantCulture);
            var start = Math.Max(0, end - limit);
            return Results.Json(new { items = _messages[start..end], nextCursor = start > 0 ? $"{start}" : null });
        }
    }

    private IResult Post(HttpContext context, PostRequest request)
    {
        if (!IsAuthorized(context))
        {
            return Results.Problem(statusCode: 401);
        }

        PostedTexts.Enqueue(request.Text);
        PostedPayloads.Enqueue(request.Payload ?? "");
        if (PostFaults.TryDequeue(out var fault))
        {
            if (fault.RetryAfter is { } seconds)
            {
                context.Response.Headers.RetryAfter = $"{seconds}";
            }

            return fault.Status == 422
                ? Results.ValidationProblem(new Dictionary<string, string[]> { ["text"] = ["too long"] }, statusCode: 422)
                : Results.Problem(statusCode: fault.Status, detail: "NpgsqlException: secret internals");
        }

        MockMessage? message;
        bool isNew;
        lock (_lock)
        {
            message = _messages.Find(m => m.ClientMessageId == request.ClientMessageId);
            isNew = message is null;
            message ??= Publish("user", request.Text, request.ClientMessageId);
        }

        if (LostAnswers > 0)
        {
            LostAnswers--;
            context.Abort();
            return Results.Empty;
        }

        if (isNew)
        {
            OnUserMessage?.Invoke(message);
        }

        return Results.Json(new { message.Id, message.ClientMessageId, message.CreatedAt }, statusCode: 202);
    }

    private async Task EventsAsync(HttpContext context)
    {
        if (!IsAuthorized(context))
        {
            context.Response.StatusCode = 401;
            return;
        }

        var lastEventId = context.Request.Headers["Last-Event-ID"].ToString();
        LastEventIds.Enqueue(lastEventId);
        var channel = Channel.CreateUnbounded<string>();
        lock (_lock)
        {
            channel.Writer.TryWrite(": ping\n\n");
            foreach (var missed in _messages.Where(m => long.TryParse(lastEventId, out var last) && m.Sequence > last))
            {
                channel.Writer.TryWrite(Frame(missed));
            }

            _streams.Add(channel);
        }

        context.Response.ContentType = "text/event-stream";
        try
        {
            await foreach (var frame in channel.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(frame, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            context.Abort(); // As a dropped connection, not a tidy end.
        }
        catch (OperationCanceledException)
        {
            // The page went away.
        }
        finally
        {
            lock (_lock)
            {
                _streams.Remove(channel);
            }
        }
    }

    private sealed record SessionRequest(string? Token);

    private sealed record PostRequest(string Text, string ClientMessageId, string? Payload = null);
}
