namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// Messages between processes that may be lost without harm: every receiver also looks for itself, more slowly.
/// Redis publish/subscribe, or in-process when there is one process.
/// </summary>
public interface ISignals
{
    /// <summary>Sends without waiting; a failure is counted, never thrown.</summary>
    void Publish(string channel, string payload);

    /// <summary>Calls <paramref name="receive"/> for each payload until disposed. It must be quick and must not throw.</summary>
    Task<IAsyncDisposable> SubscribeAsync(string channel, Action<string> receive, CancellationToken cancellationToken);
}
