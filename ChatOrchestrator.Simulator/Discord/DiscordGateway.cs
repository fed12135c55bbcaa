using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>The Gateway (https://discord.com/developers/docs/events/gateway), encoding json, without compression.</summary>
internal sealed class DiscordGateway(DiscordNetwork network, SimulatorStats stats)
{
    private const int MaxPayload = 4096;

    public async Task HandleAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var output = System.Threading.Channels.Channel.CreateUnbounded<GatewayOutput>();
        var connection = new Connection(output.Writer, $"{(http.Request.IsHttps ? "wss" : "ws")}://{http.Request.Host}/discord/gateway");
        output.Writer.TryWrite(new GatewayOutput(Payload(10, new JsonObject { ["heartbeat_interval"] = network.Settings.HeartbeatIntervalMs, ["_trace"] = new JsonArray() }), null));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var writing = WriteAsync(socket, output.Reader, ended);
        try
        {
            await ReadAsync(socket, connection, ended.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client is gone, or was sent away.
        }
        finally
        {
            lock (network.Sync)
            {
                connection.Session?.Detach(output.Writer);
            }
            output.Writer.TryComplete();
            await ended.CancelAsync();
            await writing;
            network.Notify(connection.Bot?.Id);
        }
    }

    private static async Task WriteAsync(WebSocket socket, ChannelReader<GatewayOutput> output, CancellationTokenSource ended)
    {
        try
        {
            await foreach (var (payload, closeCode) in output.ReadAllAsync(ended.Token))
            {
                if (payload is not null)
                {
                    await socket.SendAsync(payload, WebSocketMessageType.Text, endOfMessage: true, ended.Token);
                    continue;
                }
                if (closeCode is > 0 and var code)
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)code, null, ended.Token);
                }
                else
                {
                    socket.Abort();
                }
                return;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client is gone.
        }
    }

    private async Task ReadAsync(WebSocket socket, Connection connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxPayload];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                // 1000 and 1001 end the session; anything else leaves it to be resumed.
                if (socket.CloseStatus is WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.EndpointUnavailable && connection is { Bot: { } bot, Session: { } session })
                {
                    lock (network.Sync)
                    {
                        bot.Sessions.Remove(session.Id);
                    }
                }
                if (socket.State == WebSocketState.CloseReceived)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                }
                return;
            }
            length += received.Count;
            if (!received.EndOfMessage)
            {
                if (length == MaxPayload)
                {
                    connection.Close(4002);
                    return;
                }
                continue;
            }
            Handle(connection, buffer.AsMemory(0, length));
            length = 0;
        }
    }

    private void Handle(Connection connection, ReadOnlyMemory<byte> payload)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(payload.Span);
        }
        catch (JsonException)
        {
            node = null;
        }
        if (node is not JsonObject message || message["op"] is not JsonValue value || !value.TryGetValue(out int op))
        {
            connection.Close(4002);
            return;
        }
        lock (network.Sync)
        {
            switch (op)
            {
                case 1:
                    stats.Increment("discord.gateway.heartbeat");
                    if (connection.Session?.WithholdsAcks != true)
                    {
                        connection.Send(Payload(11, null));
                    }
                    break;
                case 2 when connection.Session is not null:
                    connection.Close(4005);
                    break;
                case 2:
                    Identify(connection, message["d"] as JsonObject);
                    break;
                case 6:
                    Resume(connection, message["d"] as JsonObject);
                    break;
                case 3 or 4 or 8:
                    // Presence, voice, members: nobody here has any.
                    break;
                default:
                    connection.Close(connection.Session is null ? 4003 : 4001);
                    break;
            }
        }
        network.Notify(connection.Bot?.Id);
    }

    private void Identify(Connection connection, JsonObject? data)
    {
        stats.Increment("discord.gateway.identify");
        if (network.Authenticate(Text(data?["token"])) is not { } bot)
        {
            connection.Close(4004);
            return;
        }
        var intents = data!["intents"] is JsonValue value && value.TryGetValue(out int number) ? number : -1;
        if (intents < 0)
        {
            connection.Close(4013);
            return;
        }
        if ((intents & DiscordIntents.MessageContent) != 0 && !bot.AllowsMessageContent)
        {
            connection.Close(4014);
            return;
        }
        bot.Identifies++;
        var session = new GatewaySession(Guid.NewGuid().ToString("N"), intents);
        bot.Sessions[session.Id] = session;
        session.Attach(connection.Writer);
        (connection.Bot, connection.Session) = (bot, session);
        session.Dispatch("READY", new JsonObject
        {
            ["v"] = 10,
            ["user"] = DiscordWire.User(bot.User),
            ["guilds"] = new JsonArray([.. bot.Guilds.Select(id => (JsonNode)new JsonObject { ["id"] = id, ["unavailable"] = true })]),
            ["session_id"] = session.Id,
            ["resume_gateway_url"] = connection.Url,
            ["shard"] = new JsonArray(0, 1),
            ["application"] = new JsonObject { ["id"] = bot.ApplicationId, ["flags"] = 0 },
            ["private_channels"] = new JsonArray(),
            ["relationships"] = new JsonArray(),
            ["user_settings"] = new JsonObject(),
        });
        foreach (var guild in bot.Guilds.Select(network.FindGuild).OfType<DiscordGuild>())
        {
            session.Dispatch("GUILD_CREATE", DiscordWire.Guild(guild, bot));
        }
    }

    private void Resume(Connection connection, JsonObject? data)
    {
        stats.Increment("discord.gateway.resume");
        if (network.Authenticate(Text(data?["token"])) is not { } bot)
        {
            connection.Close(4004);
            return;
        }
        connection.Bot = bot;
        if (!bot.Sessions.TryGetValue(Text(data!["session_id"]) ?? "", out var session))
        {
            connection.Send(Payload(9, JsonValue.Create(false)));
            return;
        }
        if (data["seq"] is not JsonValue value || !value.TryGetValue(out long sequence) || !session.CanResume(sequence))
        {
            connection.Close(4007);
            return;
        }
        connection.Session = session;
        session.Attach(connection.Writer);
        session.Resume(sequence);
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static byte[] Payload(int op, JsonNode? data) =>
        JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = op, ["d"] = data, ["s"] = null, ["t"] = null });

    private sealed class Connection(ChannelWriter<GatewayOutput> writer, string url)
    {
        public ChannelWriter<GatewayOutput> Writer { get; } = writer;

        public string Url { get; } = url;

        public DiscordBot? Bot { get; set; }

        public GatewaySession? Session { get; set; }

        public void Send(byte[] payload) => Writer.TryWrite(new GatewayOutput(payload, null));

        public void Close(int code) => Writer.TryWrite(new GatewayOutput(null, code));
    }
}
