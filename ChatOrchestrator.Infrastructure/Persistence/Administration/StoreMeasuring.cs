using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class StoreMeasuring(ChatDatabase database) : IStoreMeasures
{
    // $1 the state that is open, $2 since when a conversation is active.
    private const string Count = "SELECT (SELECT count(*) FROM dead_letters WHERE state = $1), (SELECT count(*) FROM conversations WHERE last_activity_at >= $2)";
    private const string CountConnections = "SELECT platform, disabled_reason IS NULL, count(*) FROM connections GROUP BY 1, 2";

    public async Task<StoreMeasures> MeasureAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var counts = await database.ListAsync(Count, row => (Letters: row.GetInt64(0), Conversations: row.GetInt64(1)), cancellationToken, (int)DeadLetterState.Open, since);
        var connections = await database.ListAsync(
            CountConnections, row => new ConnectionCount(row.GetString(0), row.GetBoolean(1), row.GetInt64(2)), cancellationToken);
        return new StoreMeasures(counts[0].Letters, counts[0].Conversations, connections);
    }
}
