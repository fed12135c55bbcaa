using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>One model at the provider: its client, its circuit breaker and how the last call went.</summary>
internal sealed class ModelEndpoint(ModelAddress address, IChatClient client, TimeProvider time, ILogger logger)
{
    /// <summary><see cref="ModelFailure"/> of the last call plus one; 0: it was answered, or there was none.</summary>
    private volatile int _lastFailure;

    /// <summary>As bots name it.</summary>
    public string Model => address.Model;

    /// <summary>How long one answer may take in all, retries included.</summary>
    public TimeSpan Timeout => address.Timeout;

    /// <summary>How long a streamed answer may take to begin.</summary>
    public TimeSpan FirstTokenTimeout => address.FirstTokenTimeout;

    public IChatClient Client => client;

    public ModelCircuit Circuit { get; } = new(address.Model, time, logger);

    /// <summary>How the last call failed; null for an answer, or before the first call.</summary>
    public ModelFailure? LastFailure => _lastFailure == 0 ? null : (ModelFailure)(_lastFailure - 1);

    public void Succeeded(bool isProbe)
    {
        // Read first: the field is shared by every call, and nearly always 0 already.
        if (_lastFailure != 0)
        {
            _lastFailure = 0;
        }
        Circuit.Succeeded(isProbe);
    }

    public void Failed(ModelFailure failure, bool isProbe)
    {
        _lastFailure = (int)failure + 1;
        // A refusal or a rate limit comes from a provider that is alive.
        if (failure is ModelFailure.Unavailable or ModelFailure.TimedOut or ModelFailure.Malformed or ModelFailure.Incomplete)
        {
            Circuit.Failed(isProbe);
        }
        else
        {
            Circuit.Succeeded(isProbe);
        }
    }
}
