using System.Net.WebSockets;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// <see href="https://docs.slack.dev/apis/events-api/using-socket-mode/">Socket Mode</see>: what Slack would send to a public address comes
/// through a WebSocket that we open. An envelope is acknowledged only after it was handed in; Slack sends again what was not.
/// </summary>
internal sealed class SlackSocket(SlackApi api, TimeProvider time, ILogger logger)
{
    /// <summary>More than any envelope has.</summary>
    private const int MaxMessageBytes = 4 << 20;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Goes on until cancelled; what <paramref name="receive"/> throws ends it.</summary>
    /// <exception cref="PlatformException">Slack does not accept the app token.</exception>
    public async Task ListenAsync(
        ConnectionSnapshot snapshot,
        SlackConnection connection,
        Func<SocketEnvelope, CancellationToken, Task> receive,
        CancellationToken cancellationToken)
    {
        var pause = TimeSpan.Zero;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var greeted = false;
            string reason;
            try
            {
                reason = await SessionAsync(snapshot, connection, receive, () => greeted = true, cancellationToken);
            }
            catch (PlatformException failure) when (!failure.Permanent)
            {
                reason = failure.Message;
            }
            catch (Exception broken) when (broken is WebSocketException or OperationCanceledException or HttpRequestException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                reason = broken is OperationCanceledException ? "timeout" : "connection_broken";
            }
            if (reason is "warning" or "refresh_requested")
            {
                SlackLog.Refreshed(logger, snapshot.Id, reason);
                pause = TimeSpan.Zero;
                continue;
            }
            pause = greeted ? ShortestPause : TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, ShortestPause.Ticks, LongestPause.Ticks));
            if (reason == "link_disabled")
            {
                // Socket Mode was switched off in the app's settings; until it is on again there is nothing to hear.
                pause = LongestPause;
            }
            SlackLog.Disconnected(logger, snapshot.Id, reason, pause);
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>One connection, until it ends.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> SessionAsync(
        ConnectionSnapshot snapshot,
        SlackConnection connection,
        Func<SocketEnvelope, CancellationToken, Task> receive,
        Action greeted,
        CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        // Pings that are not answered in time break the connection off; Slack's own are answered by the class.
        socket.Options.KeepAliveInterval = PingEvery;
        socket.Options.KeepAliveTimeout = PongWithin;
        await ConnectAsync(socket, connection, cancellationToken);
        var buffer = new MemoryStream();
        try
        {
            while (await ReadAsync(socket, buffer, cancellationToken))
            {
                var envelope = Read(buffer);
                switch (envelope.Type)
                {
                    case "hello":
                        greeted();
                        SlackLog.Connected(logger, snapshot.Id);
                        break;
                    case "disconnect":
                        return envelope.Reason is "warning" or "refresh_requested" or "link_disabled" ? envelope.Reason : "disconnected";
                    case not null when envelope.EnvelopeId is { Length: > 0 and <= 256 } id:
                        await receive(envelope, cancellationToken);
                        await AcknowledgeAsync(socket, id, cancellationToken);
                        break;
                }
            }
            return "closed";
        }
        finally
        {
            await CloseAsync(socket);
        }
    }

    private async Task ConnectAsync(ClientWebSocket socket, SlackConnection connection, CancellationToken cancellationToken)
    {
        SlackAnswer answer;
        try
        {
            answer = await api.PostAsync("apps.connections.open", connection.AppToken!, default, cancellationToken);
        }
        catch (PlatformCallException broken)
        {
            throw new PlatformException(broken.Message, permanent: false);
        }
        if (!answer.IsOk)
        {
            var refusal = SlackRefusal.ExceptionOf(answer);
            // Only what concerns the token is for good.
            throw refusal.Permanent && !SlackRefusal.IsOfConnection(refusal.Message) ? new PlatformException(refusal.Message, permanent: false) : refusal;
        }
        if (!Uri.TryCreate(answer.Body!.Url, UriKind.Absolute, out var url) || url.Scheme is not ("wss" or "ws"))
        {
            throw new PlatformException("unreadable_answer", permanent: false);
        }
        using var limit = new CancellationTokenSource(ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        await socket.ConnectAsync(url, either.Token);
    }

    /// <summary>Reads one message; false: the other side closes.</summary>
    private static async Task<bool> ReadAsync(ClientWebSocket socket, MemoryStream message, CancellationToken cancellationToken)
    {
        message.SetLength(0);
        while (true)
        {
            var start = (int)message.Length;
            message.SetLength(start + 16_384);
            var result = await socket.ReceiveAsync(message.GetBuffer().AsMemory(start, 16_384), cancellationToken);
            message.SetLength(start + result.Count);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }
            if (message.Length > MaxMessageBytes)
            {
                throw new WebSocketException(WebSocketError.InvalidMessageType);
            }
            if (result.EndOfMessage)
            {
                return true;
            }
        }
    }

    private static SocketEnvelope Read(MemoryStream message)
    {
        try
        {
            return SlackEventReader.Deserialize(message.GetBuffer().AsSpan(0, (int)message.Length), SlackJson.Default.SocketEnvelope) ?? new SocketEnvelope();
        }
        catch (MalformedPayloadException)
        {
            // Without an envelope's id there is nothing to acknowledge: Slack sends it again, on another connection too.
            return new SocketEnvelope();
        }
    }

    private static async Task AcknowledgeAsync(ClientWebSocket socket, string envelopeId, CancellationToken cancellationToken)
    {
        var acknowledgement = new MemoryStream(64);
        await using (var json = new Utf8JsonWriter(acknowledgement))
        {
            json.WriteStartObject();
            json.WriteString("envelope_id", envelopeId);
            json.WriteEndObject();
        }
        await socket.SendAsync(acknowledgement.GetBuffer().AsMemory(0, (int)acknowledgement.Length), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
    }

    private async Task CloseAsync(ClientWebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }
        using var limit = new CancellationTokenSource(CloseTimeout, time);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception broken) when (broken is WebSocketException or OperationCanceledException)
        {
            // It is going away all the same.
        }
    }
}
