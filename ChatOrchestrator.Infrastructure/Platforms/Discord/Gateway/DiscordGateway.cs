using System.Net.WebSockets;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>
/// Keeps a session with the <see href="https://discord.com/developers/docs/events/gateway">Gateway</see>: resumes it wherever
/// that is possible, and opens a new one seldom, because Discord takes away the token of who does that 1,000 times a day.
/// </summary>
internal sealed class DiscordGateway(
    DiscordRest rest, IListenerStates states, IOptions<DiscordOptions> options, TimeProvider time, ILogger<DiscordGateway> logger)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLimitPause = TimeSpan.FromDays(1);

    /// <summary>Goes on until cancelled; what <paramref name="receive"/> throws ends it, and a resume repeats what was not stored.</summary>
    /// <exception cref="PlatformException">Discord refuses the token or the intents.</exception>
    public async Task ListenAsync(
        ConnectionSnapshot snapshot,
        DiscordConnection connection,
        Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive,
        CancellationToken cancellationToken)
    {
        var token = connection.Token ?? throw new PlatformException("token_missing", permanent: true);
        var listener = new GatewayListener(snapshot, connection, rest, states, receive, time, logger);
        await listener.LoadAsync(cancellationToken);
        await OfferCommandsAsync(snapshot, connection, cancellationToken);
        var pause = TimeSpan.Zero;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (reason, invalid) = await ConnectAsync(snapshot, listener, token, cancellationToken);
            pause = invalid ? TimeSpan.FromSeconds(1 + (4 * Random.Shared.NextDouble()))
                : listener.IsOpen ? TimeSpan.Zero
                : TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, ShortestPause.Ticks, LongestPause.Ticks));
            DiscordLog.Lost(logger, snapshot.Id, reason, pause);
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Holds one connection until it ends.</summary>
    private async Task<(string Reason, bool IsInvalidSession)> ConnectAsync(
        ConnectionSnapshot snapshot, GatewayListener listener, string token, CancellationToken cancellationToken)
    {
        listener.IsOpen = false;
        var resumes = listener.Session.CanResume;
        using var socket = new GatewaySocket();
        GatewayEnd end;
        try
        {
            var url = resumes ? listener.Session.ResumeUrl! : await FindAsync(snapshot, listener, token, cancellationToken);
            await socket.ConnectAsync(url, cancellationToken);
            if (!resumes)
            {
                await listener.SaveAsync(listener.Session.Identified(time.GetUtcNow()), cancellationToken);
            }
            var hello = resumes
                ? GatewayPayloads.Resume(token, listener.Session.SessionId!, listener.Session.Sequence!.Value)
                : GatewayPayloads.Identify(token);
            end = await new GatewayConnection(socket, time).RunAsync(hello, () => listener.Session.Sequence, listener.HandleAsync, cancellationToken);
        }
        catch (WebSocketException)
        {
            end = new GatewayEnd("unreachable", CanResume: true);
        }
        catch (PlatformException e) when (!e.Permanent)
        {
            end = new GatewayEnd(e.Message, CanResume: true);
        }
        await listener.SaveAsync(end.CanResume ? listener.Session : listener.Session.Ended(), cancellationToken);
        return (end.Reason, end.IsInvalidSession);
    }

    /// <summary>Where to open a new session, after as long as that has to wait.</summary>
    private async Task<string> FindAsync(ConnectionSnapshot snapshot, GatewayListener listener, string token, CancellationToken cancellationToken)
    {
        await HoldAsync(snapshot, listener.Session.IdentifyPause(time.GetUtcNow()), cancellationToken);
        var gateway = await rest.GetAsync(token, DiscordRoute.GatewayBot, null, DiscordJson.Default.GatewayBot, cancellationToken);
        if (gateway.SessionStartLimit is { Remaining: <= 0, ResetAfter: > 0 and var milliseconds })
        {
            await HoldAsync(snapshot, TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestLimitPause.TotalMilliseconds)), cancellationToken);
        }
        var url = options.Value.GatewayUrl ?? gateway.Url;
        return BaseUrl.IsValid(url, path: true, socket: true) ? url! : throw new PlatformException("unreadable_answer", permanent: false);
    }

    private async Task HoldAsync(ConnectionSnapshot snapshot, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (pause > TimeSpan.Zero)
        {
            DiscordLog.IdentifyHeld(logger, snapshot.Id, pause);
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>The slash commands are a courtesy: without them whoever writes is answered all the same.</summary>
    private async Task OfferCommandsAsync(ConnectionSnapshot snapshot, DiscordConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            if (connection.ApplicationId is null)
            {
                connection.Learn(null, (await rest.GetAsync(connection.Token, DiscordRoute.MyApplication, null, DiscordJson.Default.Application, cancellationToken)).Id);
            }
            if (connection.ApplicationId is { } application)
            {
                await rest.AskAsync(connection.Token, DiscordRoute.PutCommands(application), DiscordCommands.Json, cancellationToken);
            }
        }
        catch (PlatformException refusal)
        {
            DiscordLog.CommandsRefused(logger, snapshot.Id, refusal.Message);
        }
    }
}
