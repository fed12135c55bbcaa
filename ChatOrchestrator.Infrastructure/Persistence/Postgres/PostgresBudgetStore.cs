using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using Npgsql;
using NpgsqlTypes;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// The days of bot and participant are locked in one order before anything is read, so that each reservation sees all that
/// were made and settled before it. One round trip.
/// </summary>
internal sealed class PostgresBudgetStore(PostgresHotPath hotPath) : IBudgetStore
{
    /// <summary>$1 owners in order, $2 day, $3 bot. The first of a bot on a day clears away what nobody asks for any more.</summary>
    private const string Open = """
        WITH opened AS (
            INSERT INTO budget_days (owner_id, day, bot_id, spent_nanos, spent_tokens) SELECT o, $2, $3, 0, 0 FROM unnest($1) AS o ORDER BY o
            ON CONFLICT DO NOTHING RETURNING owner_id
        )
        DELETE FROM budget_days WHERE bot_id = $3 AND day < $2 - 400 AND EXISTS (SELECT 1 FROM opened WHERE owner_id = $3)
        """;

    /// <summary>$1 owners, $2 day.</summary>
    private const string Lock = "SELECT FROM budget_days WHERE owner_id = ANY($1) AND day = $2 ORDER BY owner_id FOR UPDATE";

    /// <summary>
    /// $1 id, $2 bot, $3 participant, $4 conversation, $5 day, $6 nanos, $7 tokens, $8 life, $9 and $10 the bot's limits, $11 and
    /// $12 the participant's. A row that is being settled is left to its settler. One that is made already (its commit's answer was lost) stays as it is.
    /// </summary>
    private const string Reserve = """
        WITH open AS (
            SELECT COALESCE(sum(nanos), 0) AS nanos, COALESCE(sum(tokens), 0) AS tokens,
                COALESCE(sum(nanos) FILTER (WHERE participant_id = $3), 0) AS their_nanos, COALESCE(sum(tokens) FILTER (WHERE participant_id = $3), 0) AS their_tokens
            FROM budget_reservations WHERE bot_id = $2 AND day = $5 AND expires_at > now() AND conversation_id <> $4
        ), spent AS (
            SELECT COALESCE(sum(spent_nanos) FILTER (WHERE owner_id = $2), 0) AS nanos, COALESCE(sum(spent_tokens) FILTER (WHERE owner_id = $2), 0) AS tokens,
                COALESCE(sum(spent_nanos) FILTER (WHERE owner_id = $3), 0) AS their_nanos, COALESCE(sum(spent_tokens) FILTER (WHERE owner_id = $3), 0) AS their_tokens
            FROM budget_days WHERE day = $5 AND (owner_id = $2 OR owner_id = $3)
        ), verdict AS (
            SELECT CASE WHEN s.nanos + o.nanos + $6 > $9 THEN 1
                        WHEN s.tokens + o.tokens + $7 > $10 THEN 2
                        WHEN s.their_nanos + o.their_nanos + $6 > $11 THEN 3
                        WHEN s.their_tokens + o.their_tokens + $7 > $12 THEN 4 ELSE 0 END AS reached
            FROM open o CROSS JOIN spent s
        ), freed AS (
            UPDATE budget_reservations SET nanos = 0, tokens = 0
            WHERE id IN (SELECT id FROM budget_reservations WHERE bot_id = $2 AND conversation_id = $4 AND id <> $1 FOR UPDATE SKIP LOCKED)
        ), made AS (
            INSERT INTO budget_reservations (id, bot_id, participant_id, conversation_id, day, nanos, tokens, expires_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, now() + $8 FROM verdict WHERE reached = 0
            ON CONFLICT (id) DO NOTHING
        ), forgotten AS (
            DELETE FROM budget_reservations WHERE id IN (SELECT id FROM budget_reservations WHERE bot_id = $2 AND expires_at < now() - interval '1 day' FOR UPDATE SKIP LOCKED)
        )
        SELECT reached FROM verdict
        """;

    /// <summary>$1 reservations, $2 nanos, $3 tokens. Who finds no reservation was settled before.</summary>
    private const string Settle = """
        WITH settled AS (
            DELETE FROM budget_reservations r USING unnest($1, $2, $3) AS c(id, nanos, tokens) WHERE r.id = c.id
            RETURNING r.bot_id, r.participant_id, r.day, c.nanos, c.tokens
        ), owed AS (
            SELECT o.owner_id, s.day, s.bot_id, sum(s.nanos) AS nanos, sum(s.tokens) AS tokens
            FROM settled s CROSS JOIN LATERAL (SELECT s.bot_id AS owner_id UNION ALL SELECT s.participant_id WHERE s.participant_id IS NOT NULL) o
            GROUP BY o.owner_id, s.day, s.bot_id
        )
        INSERT INTO budget_days AS d (owner_id, day, bot_id, spent_nanos, spent_tokens)
        SELECT owner_id, day, bot_id, nanos, tokens FROM owed ORDER BY owner_id, day
        ON CONFLICT (owner_id, day) DO UPDATE SET spent_nanos = d.spent_nanos + excluded.spent_nanos, spent_tokens = d.spent_tokens + excluded.spent_tokens
        """;

    /// <summary>$1 bot, $2 day.</summary>
    private const string Read = """
        SELECT COALESCE(sum(nanos), 0)::bigint, COALESCE(sum(tokens), 0)::bigint, COALESCE(sum(reserved_nanos), 0)::bigint, COALESCE(sum(reserved_tokens), 0)::bigint
        FROM (
            SELECT spent_nanos AS nanos, spent_tokens AS tokens, 0 AS reserved_nanos, 0 AS reserved_tokens FROM budget_days WHERE owner_id = $1 AND day = $2
            UNION ALL
            SELECT 0, 0, nanos, tokens FROM budget_reservations WHERE bot_id = $1 AND day = $2 AND expires_at > now()
        ) sums
        """;

    public Task<BudgetLimit> ReserveAsync(BudgetRequest request, CancellationToken cancellationToken) => hotPath.RunAsync(
        async (connection, token) =>
        {
            Guid[] owners = request.Participant is { } participant ? [request.Bot.Value, participant] : [request.Bot.Value];
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Open).Column(owners, NpgsqlDbType.Uuid, o => o).Value(request.Day).Value(request.Bot.Value));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Lock).Column(owners, NpgsqlDbType.Uuid, o => o).Value(request.Day));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Reserve)
                .Value(request.Id).Value(request.Bot.Value).Value(request.Participant).Value(request.Conversation.Value).Value(request.Day)
                .Value(request.Nanos).Value(request.Tokens).Value(request.Life)
                .Value(request.OfBot.Nanos).Value(request.OfBot.Tokens).Value(request.OfParticipant.Nanos).Value(request.OfParticipant.Tokens));
            await using var reader = await batch.ExecuteReaderAsync(token);
            await reader.NextResultAsync(token);
            await reader.ReadAsync(token);
            return (BudgetLimit)reader.GetInt32(0);
        },
        cancellationToken);

    public Task SettleAsync(BudgetCharge charge, CancellationToken cancellationToken) => hotPath.RunAsync(
        async (connection, token) =>
        {
            await SettleAsync(connection, [charge], token);
            return true;
        },
        cancellationToken);

    public Task SpendAsync(CallSpending spending, CancellationToken cancellationToken) => hotPath.RunAsync(
        async (connection, token) =>
        {
            // The numbers first, as a turn's commit does it: nobody waits for the other in a circle.
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(SpendingCounts.Count)
                .Value(AnalyticsHours.Of(TimeProvider.System.GetUtcNow())).Value(spending.Bot.Value).Value(spending.Platform.Value)
                .Value(spending.Usage.Input).Value(spending.Usage.Output).Value(spending.Nanos ?? 0).Value(spending.Nanos is null ? 0L : 1L).Value(spending.Reservation));
            if (spending.Note is { } note)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(SpendingCounts.Note)
                    .Value(note.Conversation.Value).Value(note.Message).Value<string?>(note.Detail).Value(TimeProvider.System.GetUtcNow()).Value(spending.Reservation));
            }
            if (spending.Reservation is { } reservation)
            {
                batch.BatchCommands.Add(Settlement([new BudgetCharge(reservation, spending.Nanos ?? 0, spending.Usage.Total)]));
            }
            await batch.ExecuteNonQueryAsync(token);
            return true;
        },
        cancellationToken);

    public Task<BudgetSpending> ReadAsync(BotId bot, DateOnly day, CancellationToken cancellationToken) => hotPath.RunAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(Read, connection).Value(bot.Value).Value(day);
            await using var reader = await command.ExecuteReaderAsync(token);
            await reader.ReadAsync(token);
            return new BudgetSpending(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        },
        cancellationToken);

    private static NpgsqlBatchCommand Settlement(IReadOnlyList<BudgetCharge> charges) => new NpgsqlBatchCommand(Settle)
        .Column(charges, NpgsqlDbType.Uuid, c => c.Reservation).Column(charges, NpgsqlDbType.Bigint, c => c.Nanos).Column(charges, NpgsqlDbType.Bigint, c => c.Tokens);

    /// <summary>In the caller's transaction, if there is one.</summary>
    public static async Task SettleAsync(NpgsqlConnection connection, IReadOnlyList<BudgetCharge> charges, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Settle, connection)
            .Column(charges, NpgsqlDbType.Uuid, c => c.Reservation).Column(charges, NpgsqlDbType.Bigint, c => c.Nanos).Column(charges, NpgsqlDbType.Bigint, c => c.Tokens);
        await command.ExecuteNonQueryAsync(token);
    }
}
