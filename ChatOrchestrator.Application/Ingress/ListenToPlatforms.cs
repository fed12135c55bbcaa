using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Without a public address, platforms that can be listened to (polling, gateway, socket) are: each connection, or all that
/// share a line, by one process at a time, which holds the lease.
/// </summary>
internal sealed partial class ListenToPlatforms(
    Platforms platforms,
    IConnectionDirectory connections,
    INamedLeases leases,
    Inbox inbox,
    WorkerIdentity worker,
    IConfiguration configuration,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<ListenToPlatforms> logger) : BackgroundService
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _lease = options.Value.Listen;

    /// <summary>How often a lease is renewed, and how often it is looked for connections that nobody listens to.</summary>
    private readonly TimeSpan _look = options.Value.Listen / 5;

    /// <summary>By the name of the lease.</summary>
    private readonly ConcurrentDictionary<string, Task> _listening = new();

    private readonly WebhookRoutes _routes = new(connections, time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listeners = platforms.All.Where(p => p is IListens).ToArray();
        var hasAddress = !string.IsNullOrWhiteSpace(configuration["PublicUrl"]);
        var candidates = listeners.Where(p => !hasAddress || p is not IRegistersWebhooks).ToArray();
        if (candidates.Length == 0)
        {
            return;
        }
        using var timer = new PeriodicTimer(_look, time);
        try
        {
            do
            {
                foreach (var platform in candidates)
                {
                    await LookAsync(platform, stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_listening.Values);
        }
    }

    private async Task LookAsync(IPlatformAdapter platform, CancellationToken stopping)
    {
        try
        {
            foreach (var connection in await connections.ListAsync(platform.Platform, stopping))
            {
                if (connection.DisabledReason is not null || !((IListens)platform).Listens(connection))
                {
                    continue;
                }
                var lease = ListenerLease.NameOf(platform, connection);
                if (!_listening.ContainsKey(lease) && await leases.TryAcquireAsync(lease, worker.Name, _lease, stopping))
                {
                    _listening[lease] = Task.Run(() => ListenAsync((IListens)platform, connection, lease, stopping), CancellationToken.None);
                }
            }
        }
        catch (StoreUnavailableException)
        {
            StoreDown();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e, platform.Platform.Value);
        }
    }

    private async Task ListenAsync(IListens platform, ConnectionSnapshot connection, string lease, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var holding = HoldAsync(connection, lease, ended);
        Listening(connection.Id, connection.Platform.Value);
        try
        {
            await (platform is ISharesListening shared
                ? shared.ListenAsync(connection, (account, token) => _routes.FollowAsync(shared, connection, account, token), ReceiveAsync, ended.Token)
                : platform.ListenAsync(connection, (events, token) => ReceiveAsync(connection, events, token), ended.Token));
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The lease was lost, the connection changed, or the process stops.
        }
        catch (PlatformException e) when (e.Permanent)
        {
            Refused(connection.Id, e.Message);
            await connections.DisableAsync(connection, e.Message, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is StatementTimedOutException)
            {
                NotStored(e, connection.Id);
            }
            else
            {
                Failed(connection.Id, e.GetType().Name);
            }
            await Task.WhenAny(Task.Delay(AfterFailure, time, ended.Token));
        }
        finally
        {
            await ended.CancelAsync();
            await holding;
            _listening.TryRemove(lease, out _);
        }
    }

    /// <summary>By the bot's settings of the moment, not of when the listening began.</summary>
    private async Task ReceiveAsync(ConnectionSnapshot connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken) =>
        await inbox.ReceiveAsync(await connections.FindAsync(connection.Id, cancellationToken) ?? connection, events, cancellationToken);

    /// <summary>Extends the lease until it is lost or the connection is not what it was; then the listening ends.</summary>
    private async Task HoldAsync(ConnectionSnapshot connection, string lease, CancellationTokenSource ended)
    {
        using var timer = new PeriodicTimer(_look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                if (!await leases.TryAcquireAsync(lease, worker.Name, _lease, ended.Token)
                    || !ReferenceEquals(await connections.FindAsync(connection.Id, ended.Token), connection) && await IsChangedAsync(connection, ended.Token))
                {
                    await ended.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Ended by the other side.
        }
        catch (StoreUnavailableException)
        {
            // Without the store nothing can be taken in, and another process may hold the lease soon.
            await ended.CancelAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whoever does not know that the lease is theirs must not listen.
            HoldingBroke(e, connection.Id);
            await ended.CancelAsync();
        }
        try
        {
            await leases.ReleaseAsync(lease, worker.Name, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            StoreDown();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It runs out.
            HoldingBroke(e, connection.Id);
        }
    }

    private async Task<bool> IsChangedAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var now = await connections.FindAsync(connection.Id, cancellationToken);
        return now is null || now.Version != connection.Version || now.DisabledReason is not null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening to {Platform} for connection {ConnectionId}")]
    private partial void Listening(ConnectionId connectionId, string platform);

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {ConnectionId} is disabled: its platform refuses it ({Reason})")]
    private partial void Refused(ConnectionId connectionId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listening for connection {ConnectionId} ended ({Error}); trying again")]
    private partial void Failed(ConnectionId connectionId, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "What was heard for connection {ConnectionId} could not be stored within the store's time limit; trying again")]
    private partial void NotStored(Exception e, ConnectionId connectionId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Holding the lease of connection {ConnectionId} broke; listening for it starts anew")]
    private partial void HoldingBroke(Exception e, ConnectionId connectionId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for connections of {Platform} to listen to failed")]
    private partial void LookFailed(Exception e, string platform);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store is unavailable; listening starts when it is back")]
    private partial void StoreDown();
}
