using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteLaneWatch(SqliteHotPath hotPath) : ILaneWatch
{
    /// <summary>$1 due before, $2 claimed before, $3 attempts, $4 platforms as a JSON array, $5 max, $6 bots as a JSON array or null. Only the first 10,000 lanes that are not idle are looked at.</summary>
    private const string FindStuck = """
        WITH open AS MATERIALIZED (
            SELECT conversation_id, due_at, lease_owner, claimed_at, attempts FROM lanes WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 10000
        ), seen AS (
            SELECT o.*, c.connection_id, k.platform, k.disabled_reason,
                CASE WHEN k.id IS NULL THEN 5
                     WHEN k.disabled_reason IS NOT NULL THEN 4
                     WHEN k.platform NOT IN (SELECT value FROM json_each($4)) THEN 6
                     WHEN o.due_at < $1 THEN CASE WHEN o.lease_owner IS NULL THEN 0 ELSE 1 END
                     WHEN o.lease_owner IS NOT NULL AND o.claimed_at < $2 THEN 2
                     WHEN o.attempts >= $3 THEN 3 END AS reason
            FROM open o JOIN conversations c ON c.id = o.conversation_id LEFT JOIN connections k ON k.id = c.connection_id
            WHERE $6 IS NULL OR c.bot_id IN (SELECT value FROM json_each($6))
        )
        SELECT conversation_id, connection_id, reason, CASE WHEN reason = 2 THEN claimed_at ELSE due_at END, lease_owner, attempts,
               CASE reason WHEN 4 THEN disabled_reason WHEN 6 THEN platform END
        FROM seen WHERE reason IS NOT NULL ORDER BY due_at LIMIT $5
        """;

    /// <summary>$1 after, $2 rows.</summary>
    private const string Slice = """
        SELECT conversation_id, due_at IS NULL AND (last_sequence > handled_sequence OR outbound_sequence > delivered_sequence)
        FROM lanes WHERE conversation_id > $1 ORDER BY conversation_id LIMIT $2
        """;

    /// <summary>$1 conversation, $2 now.</summary>
    private const string Repair = "UPDATE lanes SET due_at = $2, hold_until = NULL WHERE conversation_id = $1";

    /// <summary>$1 connection, $2 now, $3 rows.</summary>
    private const string Wake = """
        UPDATE lanes SET due_at = $2, hold_until = NULL WHERE conversation_id IN (
            SELECT l.conversation_id FROM lanes l JOIN conversations c ON c.id = l.conversation_id
            WHERE l.due_at > $2 AND l.hold_until > $2 AND l.lease_owner IS NULL AND c.connection_id = $1 LIMIT $3)
        """;

    public Task<IReadOnlyList<StuckLane>> FindStuckAsync(StuckLimits limits, int max, CancellationToken cancellationToken) =>
        hotPath.ReadAsync<IReadOnlyList<StuckLane>>(
            session =>
            {
                var lanes = new List<StuckLane>();
                using var reader = session.Query(
                    FindStuck, session.Now - SqliteSession.Micros(limits.Due), session.Now - SqliteSession.Micros(limits.Held), limits.Attempts,
                    JsonSerializer.Serialize(limits.Platforms), max,
                    limits.Bots is null ? null : JsonSerializer.Serialize(limits.Bots.Select(b => b.Value.ToString().ToUpperInvariant())));
                while (reader.Read())
                {
                    lanes.Add(new StuckLane(
                        new ConversationId(reader.GetGuid(0)),
                        new ConnectionId(reader.GetGuid(1)),
                        (StuckReason)reader.GetInt32(2),
                        reader.IsDBNull(3) ? null : SqliteSession.Time(reader.GetInt64(3)),
                        reader.IsDBNull(4) ? null : reader.GetString(4),
                        reader.GetInt32(5),
                        reader.IsDBNull(6) ? null : reader.GetString(6)));
                }
                return lanes;
            },
            cancellationToken);

    public Task<int> WakeAsync(ConnectionId connection, int rows, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(session => session.Run(Wake, connection.Value, session.Now, rows), cancellationToken);

    public Task<LaneRepairs> RepairAsync(ConversationId after, int rows, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session =>
            {
                var (seen, stranded, last) = (0, new List<ConversationId>(), after);
                using (var reader = session.Query(Slice, after.Value, rows))
                {
                    for (; reader.Read(); seen++)
                    {
                        last = new ConversationId(reader.GetGuid(0));
                        if (reader.GetBoolean(1))
                        {
                            stranded.Add(last);
                        }
                    }
                }
                foreach (var lane in stranded)
                {
                    session.Run(Repair, lane.Value, session.Now);
                }
                return new LaneRepairs(stranded, seen < rows ? null : last);
            },
            cancellationToken);
}
