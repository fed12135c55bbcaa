using System.Diagnostics.Metrics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Watching;

/// <summary>
/// Measures what belongs to no single process: how many lanes wait, for how long, open dead letters, connections that are
/// off. One process at a time does, of whatever kind: an API says so too when no worker is left to say it.
/// </summary>
/// <remarks>A process that has lost the lease says nothing rather than what was true once.</remarks>
internal sealed partial class MeasureStore : BackgroundService
{
    private const string LeaseName = "measures";

    /// <summary>Within what time a conversation counts as active.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(1);

    private readonly ILaneStore _lanes;
    private readonly IStoreMeasures _store;
    private readonly INamedLeases _leases;
    private readonly WorkerIdentity _worker;
    private readonly Platforms _platforms;
    private readonly TimeProvider _time;
    private readonly ILogger<MeasureStore> _logger;
    private readonly TimeSpan _interval;
    private readonly Meter _meter = new(EngineTelemetry.Name);

    private volatile Measured? _last;

    public MeasureStore(
        ILaneStore lanes, IStoreMeasures store, INamedLeases leases, WorkerIdentity worker, Platforms platforms, IOptions<EngineOptions> options, TimeProvider time, ILogger<MeasureStore> logger)
    {
        (_lanes, _store, _leases, _worker, _platforms, _time, _logger) = (lanes, store, leases, worker, platforms, time, logger);
        _interval = TimeSpan.FromSeconds(options.Value.MeasureSeconds);
        _meter.CreateObservableGauge("chat.lanes.due", () => Say(m => m.Backlog.Due), "{lane}", "Lanes that wait for a worker.");
        _meter.CreateObservableGauge("chat.lanes.oldest_due", () => Say(m => m.Backlog.OldestLag?.TotalSeconds ?? 0), "s", "For how long the oldest lane that waits has been due.");
        _meter.CreateObservableGauge("chat.dead_letters.open", () => Say(m => m.Store.OpenDeadLetters), "{dead_letter}", "Dead letters that wait for an operator.");
        _meter.CreateObservableGauge("chat.conversations.active", () => Say(m => m.Store.ActiveConversations), "{conversation}", "Conversations in which somebody wrote in the last hour.");
        _meter.CreateObservableGauge("chat.connections", Connections, "{connection}", "Connections by platform and state.");
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        EngineTelemetry.Announce(_platforms.Names);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, _time);
        try
        {
            do
            {
                await MeasureAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(_leases.ReleaseAsync(LeaseName, _worker.Name, CancellationToken.None));
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        try
        {
            _last = await _leases.TryAcquireAsync(LeaseName, _worker.Name, (2 * _interval) + TimeSpan.FromSeconds(5), cancellationToken)
                ? new Measured(
                    await _lanes.BacklogAsync(cancellationToken),
                    await _store.MeasureAsync(_time.GetUtcNow() - Lately, cancellationToken),
                    _time.GetTimestamp())
                : null;
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The health checks say so already; what is not known is not said.
            _last = null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _last = null;
            MeasuringFailed(e);
        }
    }

    private IEnumerable<Measurement<T>> Say<T>(Func<Measured, T> what)
        where T : struct =>
        Fresh() is { } measured ? [new Measurement<T>(what(measured))] : [];

    private IEnumerable<Measurement<long>> Connections() =>
        Fresh() is { } measured
            ? from name in _platforms.Names
              from enabled in (bool[])[true, false]
              select new Measurement<long>(
                  measured.Store.Connections.Where(c => c.Platform == name && c.Enabled == enabled).Sum(c => c.Count),
                  new("platform", name), new("state", enabled ? "enabled" : "disabled"))
            : [];

    private Measured? Fresh() => _last is { } last && _time.GetElapsedTime(last.At) < 3 * _interval ? last : null;

    [LoggerMessage(Level = LogLevel.Error, Message = "Measuring the store failed")]
    private partial void MeasuringFailed(Exception e);

    private sealed record Measured(LaneBacklog Backlog, StoreMeasures Store, long At);
}
