using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresLaneWatch(PostgresHotPath hotPath) : ILaneWatch
{
    /// <summary>$1 due limit, $2 held limit, $3 attempts, $4 platforms, $5 max, $6 bots or null. Only the first 10,000 lanes that are not idle are looked at; OFFSET 0: each of them by its key, whatever the planner makes of the numbers.</summary>
    public const string FindStuck = """
        WITH open AS MATERIALIZED (
            SELECT conversation_id, due_at, lease_owner, claimed_at, attempts FROM lanes WHERE due_at < now() + interval '1 day' ORDER BY due_at LIMIT 10000
        ), seen AS (
            SELECT o.*, c.connection_id, k.platform, k.disabled_reason,
                CASE WHEN k.id IS NULL THEN 5
                     WHEN k.disabled_reason IS NOT NULL THEN 4
                     WHEN k.platform <> ALL($4) THEN 6
                     WHEN o.due_at < now() - $1 THEN CASE WHEN o.lease_owner IS NULL THEN 0 ELSE 1 END
                     WHEN o.lease_owner IS NOT NULL AND o.claimed_at < now() - $2 THEN 2
                     WHEN o.attempts >= $3 THEN 3 END AS reason
            FROM open o CROSS JOIN LATERAL (SELECT c.connection_id, c.bot_id FROM conversations c WHERE c.id = o.conversation_id OFFSET 0) c
            LEFT JOIN connections k ON k.id = c.connection_id
            WHERE $6 IS NULL OR c.bot_id = ANY($6)
        )
        SELECT conversation_id, connection_id, reason, CASE WHEN reason = 2 THEN claimed_at ELSE due_at END, lease_owner, attempts,
               CASE reason WHEN 4 THEN disabled_reason WHEN 6 THEN platform END
        FROM seen WHERE reason IS NOT NULL ORDER BY due_at LIMIT $5
        """;

    /// <summary>$1 after, $2 rows.</summary>
    public const string Repair = """
        WITH slice AS MATERIALIZED (
            SELECT conversation_id, due_at IS NULL AND (last_sequence > handled_sequence OR outbound_sequence > delivered_sequence) AS stranded
            FROM lanes WHERE conversation_id > $1 ORDER BY conversation_id LIMIT $2
        ), repaired AS (
            UPDATE lanes l SET due_at = now(), hold_until = NULL
            WHERE l.conversation_id = ANY(ARRAY(SELECT conversation_id FROM slice WHERE stranded))
                AND l.due_at IS NULL AND (l.last_sequence > l.handled_sequence OR l.outbound_sequence > l.delivered_sequence)
            RETURNING l.conversation_id
        )
        SELECT s.conversation_id, r.conversation_id IS NOT NULL FROM slice s LEFT JOIN repaired r USING (conversation_id) ORDER BY s.conversation_id
        """;

    /// <summary>$1 connection, $2 rows. Only lanes that rest are looked at, by their due time; locked in the order in which all lock.</summary>
    public const string Wake = """
        WITH resting AS MATERIALIZED (
            SELECT conversation_id FROM lanes WHERE due_at > now() AND hold_until > now() AND lease_owner IS NULL ORDER BY due_at
        ), ours AS MATERIALIZED (
            SELECT r.conversation_id FROM resting r CROSS JOIN LATERAL (SELECT FROM conversations c WHERE c.id = r.conversation_id AND c.connection_id = $1 OFFSET 0) c LIMIT $2
        ), locked AS MATERIALIZED (
            SELECT l.conversation_id FROM lanes l WHERE l.conversation_id = ANY(ARRAY(SELECT conversation_id FROM ours)) AND l.hold_until > now() AND l.lease_owner IS NULL
            ORDER BY l.conversation_id FOR UPDATE
        )
        UPDATE lanes l SET due_at = now(), hold_until = NULL FROM locked k WHERE l.conversation_id = k.conversation_id
        """;

    public Task<IReadOnlyList<StuckLane>> FindStuckAsync(StuckLimits limits, int max, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<StuckLane>>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(FindStuck, connection)
                    .Value(limits.Due).Value(limits.Held).Value(limits.Attempts).Value(limits.Platforms.ToArray()).Value(max);
                command.Parameters.Add(new NpgsqlParameter<Guid[]?> { TypedValue = limits.Bots?.Select(b => b.Value).ToArray() });
                await using var reader = await command.ExecuteReaderAsync(token);
                var lanes = new List<StuckLane>();
                while (await reader.ReadAsync(token))
                {
                    lanes.Add(new StuckLane(
                        new ConversationId(reader.GetGuid(0)),
                        new ConnectionId(reader.GetGuid(1)),
                        (StuckReason)reader.GetInt32(2),
                        reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3),
                        reader.IsDBNull(4) ? null : reader.GetString(4),
                        reader.GetInt32(5),
                        reader.IsDBNull(6) ? null : reader.GetString(6)));
                }
                return lanes;
            },
            cancellationToken);

    public Task<int> WakeAsync(ConnectionId connection, int rows, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (session, token) =>
            {
                await using var command = new NpgsqlCommand(Wake, session).Value(connection.Value).Value(rows);
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);

    public Task<LaneRepairs> RepairAsync(ConversationId after, int rows, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Repair, connection).Value(after.Value).Value(rows);
                await using var reader = await command.ExecuteReaderAsync(token);
                var (seen, repaired, last) = (0, new List<ConversationId>(), after);
                for (; await reader.ReadAsync(token); seen++)
                {
                    last = new ConversationId(reader.GetGuid(0));
                    if (reader.GetBoolean(1))
                    {
                        repaired.Add(last);
                    }
                }
                return new LaneRepairs(repaired, seen < rows ? null : last);
            },
            cancellationToken);
}
