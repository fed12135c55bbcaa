namespace ChatOrchestrator.Application.Ports;

/// <summary>Keeps within the platforms' rates, across all replicas.</summary>
public interface IPacer
{
    /// <summary>Takes a place for one part. Zero: send now; otherwise send after this time (the place is taken).</summary>
    ValueTask<TimeSpan> ReserveAsync(ConnectionSnapshot connection, Pace pace, string chatId, CancellationToken cancellationToken);

    /// <summary>The platform said that we are too fast: nothing goes to this chat for a while, and the connection keeps to its pace from now on.</summary>
    ValueTask ThrottledAsync(ConnectionSnapshot connection, string chatId, TimeSpan retryAfter, CancellationToken cancellationToken);
}
