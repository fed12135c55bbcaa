using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;

namespace ChatOrchestrator.ApiService.WebChat;

/// <summary>
/// One open page's stream of server-sent events. It subscribes first and reads the store then, always behind the last
/// sequence it wrote: so nothing is lost and nothing comes twice between what was and what is. A signal only says that
/// there is something to read; a lost one is made good by looking every few seconds.
/// </summary>
internal sealed class WebChatStream : IAsyncDisposable
{
    private const int PageSize = 100;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);
    private static readonly byte[] Ping = ": ping\n\n"u8.ToArray();

    private readonly HttpResponse _response;
    private readonly ConnectionId _connection;
    private readonly ChatAddress _chat;
    private readonly IConversationStore _conversations;
    private readonly IMessageStore _messages;
    private readonly TimeProvider _time;

    // Bounded: a page that reads slowly loses pieces of the answer that grows, never the stored message at its end.
    private readonly Channel<WebChatSignal> _signals = Channel.CreateBounded<WebChatSignal>(
        new BoundedChannelOptions(1_024) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private IAsyncDisposable? _subscription;
    private long _lastSequence;
    private ConversationState? _state;
    private bool _typing;
    private long _lastWrite;

    private WebChatStream(HttpContext http, WebChatSession session, long lastSequence)
    {
        var services = http.RequestServices;
        _response = http.Response;
        _connection = session.Connection;
        _chat = new ChatAddress(session.ChatId);
        _lastSequence = lastSequence;
        _conversations = services.GetRequiredService<IConversationStore>();
        _messages = services.GetRequiredService<IMessageStore>();
        _time = services.GetRequiredService<TimeProvider>();
    }

    public static async Task<IResult> HandleAsync(
        Guid connectionId, IConnectionDirectory connections, WebChatSessions sessions, ISignals signals, StreamPlaces places, TimeProvider time,
        IHostApplicationLifetime lifetime, PublicAddress address, HttpContext http)
    {
        var connection = await WebChatEndpoints.FindAsync(connections, connectionId, http.RequestAborted);
        if (WebChatEndpoints.FindSession(http.Request, connection, sessions, address) is not { } session)
        {
            return WebChatEndpoints.Unauthorized();
        }
        // What is not a number is no event of ours; from the start then.
        _ = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last);
        using var place = places.TryEnter(Callers.AddressOf(http));
        if (place is null)
        {
            http.Response.Headers.RetryAfter = "5";
            return TypedResults.Problem("This address has more chats open than one may have; close some.", statusCode: StatusCodes.Status429TooManyRequests);
        }
        // It may have expired since it was looked at; a negative time would be an error, or for ever.
        var left = session.ExpiresAt - time.GetUtcNow();
        using var expired = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping, expired.Token);
        await using var stream = new WebChatStream(http, session, last);
        try
        {
            await stream.SubscribeAsync(signals, ended.Token);
            await stream.RunAsync(ended.Token);
        }
        catch (Exception e) when (ended.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The page is gone, its token has expired, or this process stops: the page comes back with Last-Event-ID, and
            // with a new token where it must.
        }
        return Results.Empty;
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync();
        }
    }

    private async Task SubscribeAsync(ISignals signals, CancellationToken cancellationToken) => _subscription = await signals.SubscribeAsync(
        WebChatSignal.Channel(_chat.ChatId),
        payload =>
        {
            if (WebChatSignal.Decode(payload) is { } signal)
            {
                _signals.Writer.TryWrite(signal);
            }
        },
        cancellationToken);

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first look comes before the headers, so that a store that is down is answered with 503.
        var first = await LookAsync(cancellationToken);
        _response.ContentType = "text/event-stream";
        _response.Headers.CacheControl = "no-store";
        _response.Headers["X-Accel-Buffering"] = "no";
        await _response.Body.WriteAsync(Ping, cancellationToken);
        await WriteAsync(first, cancellationToken);
        await FlushAsync(cancellationToken);
        while (true)
        {
            var look = !await WaitAsync(cancellationToken);
            StringBuilder? more = null;
            WebChatSignal.Delta? begun = null;
            while (_signals.Reader.TryRead(out var signal))
            {
                // What came in one go is written in one go.
                if (signal is WebChatSignal.Delta delta && begun is not null && begun.TurnId == delta.TurnId && begun.Offset + more!.Length == delta.Offset)
                {
                    more.Append(delta.Text);
                    continue;
                }
                await WriteDeltaAsync(begun, more, cancellationToken);
                (begun, more) = signal is WebChatSignal.Delta next ? (next, new StringBuilder(next.Text)) : (null, null);
                look |= await ApplyAsync(signal, cancellationToken);
            }
            await WriteDeltaAsync(begun, more, cancellationToken);
            if (look)
            {
                await LookAndWriteAsync(cancellationToken);
            }
            if (_time.GetElapsedTime(_lastWrite) >= PingInterval)
            {
                await _response.Body.WriteAsync(Ping, cancellationToken);
                _lastWrite = _time.GetTimestamp();
            }
            await _response.Body.FlushAsync(cancellationToken);
        }
    }

    /// <summary>False: nothing was signalled for a while.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LookInterval, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await _signals.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>True: there is something to read in the store.</summary>
    private async Task<bool> ApplyAsync(WebChatSignal signal, CancellationToken cancellationToken)
    {
        switch (signal)
        {
            case WebChatSignal.Typing:
                await WriteTypingAsync(true, cancellationToken);
                return false;
            case WebChatSignal.Abandoned abandoned:
                await WriteTypingAsync(false, cancellationToken);
                await WriteAsync("failed", null, new { abandoned.TurnId }, cancellationToken);
                return false;
            case WebChatSignal.State or WebChatSignal.Stored:
                return true;
            default:
                return false;
        }
    }

    private async Task LookAndWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(await LookAsync(cancellationToken), cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The next look comes by itself; the page keeps its connection meanwhile.
        }
    }

    private async Task<Sight> LookAsync(CancellationToken cancellationToken) =>
        await _conversations.FindAsync(_connection, _chat, cancellationToken) is { Conversation: var conversation }
            ? new Sight(conversation, await _messages.ListVisibleAfterAsync(conversation.Id, _lastSequence, PageSize, cancellationToken))
            : new Sight(null, []);

    private async Task WriteAsync(Sight sight, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var message in sight.Messages)
            {
                var seen = WebChatMessage.Of(message);
                if (seen.Role != "user")
                {
                    await WriteTypingAsync(false, cancellationToken);
                }
                await WriteAsync("message", message.Sequence, seen, cancellationToken);
                _lastSequence = message.Sequence;
            }
            if (sight.Messages.Count < PageSize)
            {
                break;
            }
            sight = await LookAsync(cancellationToken);
        }
        if (sight.Conversation is { } conversation && conversation.State != _state)
        {
            // A page begins with "active" in mind.
            if (_state is not null || conversation.State != ConversationState.Active)
            {
                await WriteAsync("state", null, new { conversation.State }, cancellationToken);
            }
            _state = conversation.State;
        }
    }

    private async Task WriteTypingAsync(bool on, CancellationToken cancellationToken)
    {
        if (on || _typing)
        {
            _typing = on;
            await WriteAsync("typing", null, new { on }, cancellationToken);
        }
    }

    private async Task WriteDeltaAsync(WebChatSignal.Delta? begun, StringBuilder? text, CancellationToken cancellationToken)
    {
        if (begun is not null)
        {
            await WriteAsync("delta", null, new { begun.TurnId, begun.Offset, Text = text!.ToString() }, cancellationToken);
        }
    }

    private async Task WriteAsync<T>(string type, long? id, T data, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        buffer.Write(Encoding.UTF8.GetBytes(id is { } sequence
            ? string.Create(CultureInfo.InvariantCulture, $"id: {sequence}\nevent: {type}\ndata: ")
            : $"event: {type}\ndata: "));
        using (var json = new Utf8JsonWriter(buffer))
        {
            // JSON has no line breaks of its own here, so one data line holds it.
            JsonSerializer.Serialize(json, data, ApiJson.Options);
        }
        buffer.Write("\n\n"u8);
        await _response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken);
        _lastWrite = _time.GetTimestamp();
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        _lastWrite = _time.GetTimestamp();
        await _response.Body.FlushAsync(cancellationToken);
    }

    private sealed record Sight(Conversation? Conversation, IReadOnlyList<Domain.Messages.Message> Messages);
}
