using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>One connection of <see href="https://docs.slack.dev/apis/events-api/using-socket-mode/">Socket Mode</see>.</summary>
internal sealed class SlackSocket(WebSocket socket) : IDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string?>> _waiting = new();
    private readonly SemaphoreSlim _sending = new(1);
    private volatile bool _refreshing;

    /// <summary>Whether it is given anything new.</summary>
    public bool IsOpen => !_refreshing && socket.State == WebSocketState.Open;

    /// <summary>Greets, and reads acknowledgements until the other side goes away.</summary>
    public async Task RunAsync(string appId, int connections, Action greeted, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(
                new JsonObject
                {
                    ["type"] = "hello",
                    ["num_connections"] = connections,
                    ["debug_info"] = new JsonObject { ["host"] = "simulator", ["approximate_connection_time"] = 18_060 },
                    ["connection_info"] = new JsonObject { ["app_id"] = appId },
                },
                cancellationToken);
            greeted();
            var buffer = new byte[64 * 1024];
            while (await ReadAsync(buffer, cancellationToken) is { } message)
            {
                Acknowledge(message);
            }

            if (socket.State == WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // Whoever waits for an acknowledgement tries another connection.
        }
        finally
        {
            _refreshing = true;
            foreach (var one in _waiting.Values)
            {
                one.TrySetResult(null);
            }
        }
    }

    /// <summary>Sends an envelope and waits for its acknowledgement.</summary>
    /// <returns>The payload of the acknowledgement; null: the connection went away first.</returns>
    public async Task<string?> SendAsync(SlackDelivery delivery, int retry, string? reason, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString();
        var acknowledged = _waiting[id] = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var envelope = new JsonObject
            {
                ["envelope_id"] = id,
                ["payload"] = delivery.Payload.DeepClone(),
                ["type"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(delivery.Kind.ToString()),
                ["accepts_response_payload"] = delivery.Kind != SlackDeliveryKind.EventsApi,
            };
            if (delivery.Kind == SlackDeliveryKind.EventsApi)
            {
                envelope["retry_attempt"] = retry;
                envelope["retry_reason"] = reason ?? "";
            }

            await WriteAsync(envelope, cancellationToken);
            if (!IsOpen && socket.State != WebSocketState.Open)
            {
                return null;
            }

            return await acknowledged.Task.WaitAsync(cancellationToken);
        }
        catch (WebSocketException)
        {
            return null;
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Asks the client to connect anew, and gives this connection nothing more.</summary>
    public async Task RefreshAsync(string reason, CancellationToken cancellationToken)
    {
        _refreshing = true;
        try
        {
            await WriteAsync(new JsonObject { ["type"] = "disconnect", ["reason"] = reason, ["debug_info"] = new JsonObject { ["host"] = "simulator" } }, cancellationToken);
        }
        catch (WebSocketException)
        {
            // It is gone already.
        }
    }

    /// <summary>Breaks the connection off without a word.</summary>
    public void Abort()
    {
        _refreshing = true;
        socket.Abort();
    }

    public void Dispose() => _sending.Dispose();

    private async Task<string?> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }

    private void Acknowledge(string message)
    {
        try
        {
            if (JsonNode.Parse(message) is JsonObject json && BlockRules.Text(json["envelope_id"]) is { } id && _waiting.TryGetValue(id, out var waiting))
            {
                waiting.TrySetResult(json["payload"] is JsonObject { Count: > 0 } payload ? payload.ToJsonString() : "");
            }
        }
        catch (JsonException)
        {
            // No acknowledgement of anything.
        }
    }

    private async Task WriteAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(message.ToJsonString(SimulatorJson.Options));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }
}
