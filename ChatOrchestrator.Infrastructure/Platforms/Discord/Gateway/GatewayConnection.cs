using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>
/// One connection to the Gateway from HELLO to its end: heartbeats, and dispatches in order, several at a time when they
/// come faster than they are stored. Everything received before the end is handed over before the end is reported.
/// </summary>
internal sealed class GatewayConnection(GatewaySocket socket, TimeProvider time)
{
    private const int MaxWaiting = 1_000;
    private const int MaxBatch = 100;

    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(20);

    private readonly Channel<GatewayFrame> _dispatches =
        System.Threading.Channels.Channel.CreateBounded<GatewayFrame>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });

    private volatile bool _acknowledged = true;

    /// <param name="hello">What to send first: IDENTIFY or RESUME.</param>
    /// <param name="sequence">The last one that is stored, for heartbeats.</param>
    /// <param name="handle">Takes dispatches; they count as seen when it returns.</param>
    /// <exception cref="PlatformException">Discord closed for good.</exception>
    public async Task<GatewayEnd> RunAsync(
        byte[] hello, Func<long?> sequence, Func<IReadOnlyList<GatewayFrame>, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (await GreetAsync(ended.Token) is not { } interval)
        {
            return GatewayEnd.Of(socket.CloseCode);
        }
        await socket.SendAsync(hello, cancellationToken);
        var beating = BeatAsync(interval, sequence, ended.Token);
        var reading = ReadAsync(sequence, ended.Token);
        var handling = HandleAsync(handle, cancellationToken);
        try
        {
            var first = await Task.WhenAny(beating, reading, handling);
            if (first == handling)
            {
                // Only a failure ends it before the reading has.
                await handling;
            }
            var end = first == beating ? await beating : await reading;
            _dispatches.Writer.TryComplete();
            await handling;
            return end;
        }
        finally
        {
            await socket.CloseAsync();
            await ended.CancelAsync();
            _dispatches.Writer.TryComplete();
            await Task.WhenAll(beating, reading, handling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The interval of heartbeats; null: closed before HELLO.</summary>
    private async Task<TimeSpan?> GreetAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HelloTimeout);
        try
        {
            var payload = await socket.ReceiveAsync(limit.Token);
            return payload is not null && GatewayFrame.Parse(payload) is { Op: GatewayOp.Hello, Data.IsEmpty: false } hello
                && JsonDocument.Parse(hello.Data).RootElement is { ValueKind: JsonValueKind.Object } data
                && data.TryGetProperty("heartbeat_interval", out var value) && value.TryGetDouble(out var milliseconds) && milliseconds is >= 100 and < 3_600_000
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The first heartbeat at a random moment of the interval, so that not all clients send theirs at once. Ends when one was not acknowledged.</summary>
    private async Task<GatewayEnd> BeatAsync(TimeSpan interval, Func<long?> sequence, CancellationToken cancellationToken)
    {
        await Task.Delay(interval * Random.Shared.NextDouble(), time, cancellationToken);
        while (true)
        {
            if (!_acknowledged)
            {
                return GatewayEnd.Zombie;
            }
            _acknowledged = false;
            try
            {
                await socket.SendAsync(GatewayPayloads.Heartbeat(sequence()), cancellationToken);
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
            {
                return GatewayEnd.Broken;
            }
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    private async Task<GatewayEnd> ReadAsync(Func<long?> sequence, CancellationToken cancellationToken)
    {
        try
        {
            while (await socket.ReceiveAsync(cancellationToken) is { } payload)
            {
                if (GatewayFrame.Parse(payload) is not { } frame)
                {
                    return GatewayEnd.Unreadable;
                }
                switch (frame.Op)
                {
                    case GatewayOp.Dispatch:
                        await _dispatches.Writer.WriteAsync(frame, cancellationToken);
                        break;
                    case GatewayOp.Heartbeat:
                        await socket.SendAsync(GatewayPayloads.Heartbeat(sequence()), cancellationToken);
                        break;
                    case GatewayOp.HeartbeatAck:
                        _acknowledged = true;
                        break;
                    case GatewayOp.Reconnect:
                        return GatewayEnd.Reconnect;
                    case GatewayOp.InvalidSession:
                        return new GatewayEnd("invalid_session", CanResume: frame.Data.Span.SequenceEqual("true"u8), IsInvalidSession: true);
                }
            }
            return GatewayEnd.Of(socket.CloseCode);
        }
        catch (WebSocketException)
        {
            return GatewayEnd.Of(socket.CloseCode);
        }
    }

    private async Task HandleAsync(Func<IReadOnlyList<GatewayFrame>, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        var batch = new List<GatewayFrame>();
        while (await _dispatches.Reader.WaitToReadAsync(cancellationToken))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _dispatches.Reader.TryRead(out var frame))
            {
                batch.Add(frame);
            }
            await handle(batch, cancellationToken);
        }
    }
}
