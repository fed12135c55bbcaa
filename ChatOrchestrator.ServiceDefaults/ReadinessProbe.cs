using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Runs the health checks tagged <see cref="ReadyTag"/>, each on its own and with its own time limit. The framework's
/// HealthCheckService waits for a check that ignores its cancellation token; this one answers without it.
/// </summary>
/// <remarks>
/// A check runs once at a time however many probes ask, and its result is kept for <see cref="Freshness"/>, so that many
/// probers cannot load the store through this endpoint. A check that still hangs is not started again.
/// </remarks>
internal sealed partial class ReadinessProbe : IDisposable
{
    /// <summary>Tag of the checks that decide whether the process may get traffic.</summary>
    public const string ReadyTag = "ready";

    /// <summary>How long a check may take. Probes commonly wait 5 s for the whole answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>How long a result is handed out again: less than any usual probe period.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly IServiceScopeFactory _scopes;
    private readonly LeaveRotation _rotation;
    private readonly TimeProvider _time;
    private readonly ILogger<ReadinessProbe> _logger;
    private readonly CheckState[] _checks;
    private readonly Meter _meter = new(TelemetryNames.Product);

    public ReadinessProbe(
        IOptions<HealthCheckServiceOptions> options, IServiceScopeFactory scopes, LeaveRotation rotation, TimeProvider time, ILogger<ReadinessProbe> logger)
    {
        (_scopes, _rotation, _time, _logger) = (scopes, rotation, time, logger);
        _checks = [.. options.Value.Registrations.Where(r => r.Tags.Contains(ReadyTag)).Select(r => new CheckState(r))];
        _meter.CreateObservableGauge("chat.health.status", Statuses, "{status}", "The last result of each health check: 2 healthy, 1 degraded, 0 unhealthy.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>The state of every check; takes at most <see cref="Timeout"/> and never throws for a failing check.</summary>
    public async Task<ReadinessReport> CheckAsync(CancellationToken cancellationToken)
    {
        var results = await Task.WhenAll(_checks.Select(check => CheckAsync(check, cancellationToken)));
        var report = new Dictionary<string, CheckReport>(_checks.Length);
        var overall = HealthStatus.Healthy;
        if (_rotation.IsLeaving)
        {
            report["host"] = new CheckReport(nameof(HealthStatus.Unhealthy), 0, "stopping");
            overall = HealthStatus.Unhealthy;
        }
        for (var i = 0; i < results.Length; i++)
        {
            report[_checks[i].Registration.Name] = new CheckReport(
                results[i].Status.ToString(), Math.Round(results[i].Duration.TotalMilliseconds, 2), results[i].Description);
            overall = results[i].Status < overall ? results[i].Status : overall;
        }

        return new ReadinessReport(overall.ToString(), report);
    }

    private IEnumerable<Measurement<int>> Statuses()
    {
        foreach (var check in _checks)
        {
            if (check.Reported is { } status)
            {
                yield return new Measurement<int>((int)status, new KeyValuePair<string, object?>("check", check.Registration.Name));
            }
        }
    }

    private async Task<CheckResult> CheckAsync(CheckState check, CancellationToken cancellationToken)
    {
        Task<CheckResult> run;
        TimeSpan remaining;
        lock (check)
        {
            if (check.Run is not { } current || (current.IsCompleted && _time.GetElapsedTime(check.Completed) > Freshness))
            {
                check.Started = _time.GetTimestamp();
                // On the pool: a check that blocks instead of awaiting must not hold up the others.
                current = check.Run = Task.Run(() => RunAsync(check), CancellationToken.None);
            }

            run = current;
            remaining = Timeout - _time.GetElapsedTime(check.Started);
        }

        CheckResult result;
        try
        {
            result = await run.WaitAsync(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            result = TimedOut(check);
        }

        ReportChange(check, result);
        return result;
    }

    private async Task<CheckResult> RunAsync(CheckState check)
    {
        var registration = check.Registration;
        var started = _time.GetTimestamp();
        CheckResult result;
        using var limit = new CancellationTokenSource(Timeout, _time);
        try
        {
            await using var scope = _scopes.CreateAsyncScope();
            var instance = registration.Factory(scope.ServiceProvider);
            var answer = await instance.CheckHealthAsync(new HealthCheckContext { Registration = registration }, limit.Token);
            result = new CheckResult(answer.Status, _time.GetElapsedTime(started), Describe(answer));
            check.Error = answer.Exception;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            result = TimedOut(check);
        }
#pragma warning disable CA1031 // Whatever a check throws is that check's failure, not the endpoint's.
        catch (Exception error)
#pragma warning restore CA1031
        {
            // Exception text may name hosts, users or whole connection strings: it goes to the log, not to the caller.
            result = new CheckResult(registration.FailureStatus, _time.GetElapsedTime(started), "the check failed; see the log");
            check.Error = error;
        }

        lock (check)
        {
            check.Completed = _time.GetTimestamp();
        }

        return result;
    }

    // Unhealthy, unless the check was registered as one whose failure only degrades.
    private CheckResult TimedOut(CheckState check) => new(
        check.Registration.FailureStatus, _time.GetElapsedTime(check.Started), $"no answer within {Timeout.TotalSeconds:0} s");

    private static string? Describe(HealthCheckResult answer) =>
        answer is { Exception: { } error, Description: { } text } && text.Contains(error.Message, StringComparison.Ordinal)
            ? "the check failed; see the log"
            : answer.Description;

    private void ReportChange(CheckState check, CheckResult result)
    {
        lock (check)
        {
            if (check.Reported == result.Status)
            {
                return;
            }

            check.Reported = result.Status;
        }

        if (result.Status == HealthStatus.Healthy)
        {
            LogHealthy(check.Registration.Name);
        }
        else
        {
            LogNotHealthy(check.Registration.Name, result.Status, result.Description, check.Error);
        }
    }

    [LoggerMessage(LogLevel.Information, "Health check {Check} is healthy")]
    private partial void LogHealthy(string check);

    [LoggerMessage(LogLevel.Warning, "Health check {Check} is {Status}: {Description}")]
    private partial void LogNotHealthy(string check, HealthStatus status, string? description, Exception? error);

    private readonly record struct CheckResult(HealthStatus Status, TimeSpan Duration, string? Description);

    private sealed class CheckState(HealthCheckRegistration registration)
    {
        public HealthCheckRegistration Registration { get; } = registration;

        public Task<CheckResult>? Run { get; set; }

        public long Started { get; set; }

        public long Completed { get; set; }

        public HealthStatus? Reported { get; set; }

        public Exception? Error { get; set; }
    }
}
