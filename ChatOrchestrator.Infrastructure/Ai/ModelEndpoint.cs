using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>One model at the provider: its client, its circuit breaker and how the last call went.</summary>
internal sealed class ModelEndpoint(string model, IChatClient client, TimeProvider time, ILogger logger)
{
    /// <summary><see cref="ModelFailure"/> of the last call plus one; 0: it was answered, or there was none.</summary>
    private volatile int _lastFailure;

    public string Model => model;

    public IChatClient Client => client;

    public ModelCircuit Circuit { get; } = new(model, time, logger);

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
        if (failure is ModelFailure.Unavailable or ModelFailure.TimedOut)
        {
            Circuit.Failed(isProbe);
        }
        else
        {
            Circuit.Succeeded(isProbe);
        }
    }
}
