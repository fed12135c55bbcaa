using System.Buffers;
using System.Net.WebSockets;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>The WebSocket: whole payloads in, whole payloads out, and closing so that the session lives on.</summary>
internal sealed class GatewaySocket : IDisposable
{
    /// <summary>
    /// Any code but 1000 and 1001, which end the session
    /// (https://discord.com/developers/docs/events/gateway#initiating-a-disconnect).
    /// </summary>
    private const WebSocketCloseStatus Resumable = (WebSocketCloseStatus)4000;

    /// <summary>A guild of many thousand channels fits.</summary>
    private const int MaxPayload = 32 << 20;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <exception cref="WebSocketException">It cannot be reached.</exception>
    public async Task ConnectAsync(string url, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            // https://discord.com/developers/docs/events/gateway#connecting
            await _socket.ConnectAsync(new Uri($"{url.TrimEnd('/')}/?v=10&encoding=json"), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WebSocketException(WebSocketError.Faulted, "timeout");
        }
    }

    /// <summary>The next payload; null: the other side has closed, see <see cref="CloseCode"/>.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async Task<byte[]?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var length = 0;
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }
                length += received.Count;
                if (received.EndOfMessage)
                {
                    return buffer.AsSpan(0, length).ToArray();
                }
                if (length == MaxPayload)
                {
                    throw new WebSocketException(WebSocketError.Faulted, "too_large");
                }
                if (length == buffer.Length)
                {
                    var smaller = buffer;
                    buffer = ArrayPool<byte>.Shared.Rent(Math.Min(smaller.Length * 2, MaxPayload));
                    smaller.AsSpan(0, length).CopyTo(buffer);
                    ArrayPool<byte>.Shared.Return(smaller);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The code with which the other side closed.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async Task SendAsync(byte[] payload, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(payload, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Closes without ending the session.</summary>
    public async Task CloseAsync()
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }
        using var limit = new CancellationTokenSource(CloseTimeout);
        try
        {
            await _socket.CloseOutputAsync(Resumable, null, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // It is gone already; disposing does the rest.
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
    }
}
