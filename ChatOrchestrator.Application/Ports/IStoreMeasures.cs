namespace ChatOrchestrator.Application.Ports;

/// <summary>What only the store knows of the whole installation. Throws <see cref="StoreUnavailableException"/> when it is down.</summary>
public interface IStoreMeasures
{
    /// <summary>A few counts, each by an index.</summary>
    /// <param name="since">From when on a conversation counts as active.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<StoreMeasures> MeasureAsync(DateTimeOffset since, CancellationToken cancellationToken);
}

/// <summary>How much there is of everything.</summary>
/// <param name="OpenDeadLetters">What waits for an operator.</param>
/// <param name="ActiveConversations">In which somebody has written lately.</param>
/// <param name="Connections">By platform, and whether they work.</param>
public sealed record StoreMeasures(long OpenDeadLetters, long ActiveConversations, IReadOnlyList<ConnectionCount> Connections);

/// <summary>How many connections of one platform work, or do not.</summary>
public readonly record struct ConnectionCount(string Platform, bool Enabled, long Count);
