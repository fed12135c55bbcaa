using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// One call with all its attempts: its time limit, its pauses, and what its caller gets to see. At most two retries, of failures
/// that pass (unreachable, 5xx, a short rate limit). A call that timed out is not repeated: the user has waited, and the provider
/// may still be working on it.
/// </summary>
internal sealed partial class ModelCall : IDisposable
{
    private const int MaxRetries = 2;

    /// <summary>Where another model stands by, the user need not wait for this one.</summary>
    private const int MaxRetriesWithNext = 1;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a call waits for a provider that asked for it. A longer wait is the caller's, who can put the whole conversation off.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly ModelEndpoint _endpoint;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _link;
    private readonly TimeSpan _patience;
    private readonly int _maxRetries;
    private bool _isProbe;
    private bool _hasBegun;
    private long _asked;
    private int _retries;

    /// <param name="endpoint">The model.</param>
    /// <param name="limit">After how long it times out.</param>
    /// <param name="patience">A caller who gives up after at least this long without a token counts as a failure of the provider's: callers have limits of their own, often shorter ones.</param>
    /// <param name="hasNext">Another model stands by.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failures are logged.</param>
    /// <param name="caller">The caller's cancellation.</param>
    public ModelCall(ModelEndpoint endpoint, TimeSpan limit, TimeSpan patience, bool hasNext, TimeProvider time, ILogger logger, CancellationToken caller)
    {
        _patience = patience;
        _maxRetries = hasNext ? MaxRetriesWithNext : MaxRetries;
        _endpoint = endpoint;
        _time = time;
        _logger = logger;
        _caller = caller;
        _limit = new CancellationTokenSource(limit, time);
        _link = caller.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), _limit);
    }

    /// <summary>Ends every wait of this call.</summary>
    public CancellationToken Token => _limit.Token;

    /// <summary>Sets the limit anew, from now.</summary>
    public void LimitTo(TimeSpan limit) => _limit.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);

    /// <summary>Begins an attempt; it ends with <see cref="Succeed"/>, <see cref="RecoverAsync"/>, <see cref="End"/> or <see cref="Abandon"/>.</summary>
    /// <exception cref="ModelException">The circuit is open.</exception>
    public void Begin()
    {
        if (!_endpoint.Circuit.TryEnter(out _isProbe, out var wait))
        {
            throw new ModelException(ModelFailure.Unavailable, wait);
        }
        _asked = _time.GetTimestamp();
    }

    /// <summary>The answer has begun: as far as the circuit goes, the provider is back.</summary>
    public void FirstToken()
    {
        _hasBegun = true;
        if (_isProbe)
        {
            _endpoint.Circuit.Succeeded(isProbe: true);
            _isProbe = false;
        }
    }

    public void Succeed() => _endpoint.Succeeded(_isProbe);

    /// <summary>The caller lost interest.</summary>
    public void Abandon() => _endpoint.Circuit.Abandoned(_isProbe);

    /// <summary>Pauses after a failed attempt that may be repeated.</summary>
    /// <exception cref="ModelException">It may not be.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async ValueTask RecoverAsync(Exception exception)
    {
        var surfaced = Report(exception);
        if (surfaced is not ModelException failure || _retries == _maxRetries || !IsTransient(failure))
        {
            throw Surface(surfaced);
        }
        try
        {
            await Task.Delay(Pause(failure), _time, _limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw Surface(Cancelled() ?? failure);
        }
        _retries++;
    }

    /// <summary>What to throw for an attempt that failed for good.</summary>
    public Exception End(Exception exception) => Surface(Report(exception));

    public void Dispose()
    {
        _link.Dispose();
        _limit.Dispose();
    }

    private Exception Report(Exception exception)
    {
        // An answer that said no is known better than a cancellation that came at the same time.
        var reason = exception is ModelException ? exception : Cancelled() ?? ModelFailures.Map(exception);
        // Whatever broke it: half an answer was handed out, and a prompt that is shortened or held back now would be answered beside it.
        if (_hasBegun && reason is ModelException { Failure: ModelFailure.Unavailable or ModelFailure.RateLimited or ModelFailure.ContextTooLong or ModelFailure.Rejected or ModelFailure.Unauthorized } broken)
        {
            reason = new ModelException(ModelFailure.Incomplete, inner: broken.InnerException);
        }
        if (reason is ModelException failure)
        {
            EngineTelemetry.ModelFailures.Add(1, new("model", _endpoint.Model), new("reason", ModelFailureNames.Of(failure.Failure)));
            _endpoint.Failed(failure.Failure, _isProbe);
        }
        else if (!_hasBegun && _time.GetElapsedTime(_asked) >= _patience)
        {
            _endpoint.Failed(ModelFailure.TimedOut, _isProbe);
        }
        else
        {
            Abandon();
        }
        return reason;
    }

    private Exception? Cancelled() =>
        _caller.IsCancellationRequested ? new OperationCanceledException(_caller)
        : _limit.IsCancellationRequested ? new ModelException(ModelFailure.TimedOut)
        : null;

    private Exception Surface(Exception reason)
    {
        if (reason is ModelException failure)
        {
            LogFailed(_logger, _endpoint.Model, failure.Failure, _retries + 1, failure.InnerException?.GetType().Name ?? "it said so itself");
        }
        return reason;
    }

    private static bool IsTransient(ModelException failure) =>
        failure.Failure is ModelFailure.Unavailable or ModelFailure.RateLimited or ModelFailure.Malformed or ModelFailure.Incomplete && !(failure.RetryAfter > LongestPause);

    /// <summary>As long as the provider asked for, or doubling; spread, so that calls that failed together do not return together.</summary>
    private TimeSpan Pause(ModelException failure)
    {
        var spread = Random.Shared.NextDouble();
        return failure.RetryAfter is { } asked
            ? asked + (spread * TimeSpan.FromMilliseconds(100))
            : FirstPause * (1 << _retries) * (0.5 + spread);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} did not answer: {Failure} (attempts: {Attempts}; {Cause})")]
    private static partial void LogFailed(ILogger logger, string model, ModelFailure failure, int attempts, string cause);
}
