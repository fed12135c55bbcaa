using System.Data.Common;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Analytics.AnalyticsStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>The roll-ups. Reading them is in <see cref="AnalyticsQueries"/>.</summary>
internal sealed class AnalyticsStore(ChatDatabase database) : IAnalyticsStore
{
    private const int Row = 1;

    // $1 row, $2 the beginning of time.
    private const string BeginProgress = "INSERT INTO analytics_progress (id, through, barrier, barrier_at) VALUES ($1, 0, 0, $2) ON CONFLICT DO NOTHING";

    // $1 row.
    private const string LockProgress = "UPDATE analytics_progress SET through = through WHERE id = $1 RETURNING through, barrier, barrier_at, complete_until";

    // $1 row, $2 through, $3 barrier, $4 its time, $5 complete until or null.
    private const string SaveProgress = "UPDATE analytics_progress SET through = $2, barrier = $3, barrier_at = $4, complete_until = $5 WHERE id = $1";

    public Task<RollUp> RollUpAsync(int max, CancellationToken cancellationToken) => database.TransactAsync(
        async connection =>
        {
            // Behind the progress, whose row lets one process in at a time.
            var done = await RollUpMessagesAsync(connection, max, cancellationToken);
            var insights = await RollUpInsightsAsync(connection, max, cancellationToken);
            return done with { HasMore = done.HasMore || insights == max };
        },
        cancellationToken);

    public Task<AnalyticsNumbers> SummarizeAsync(AnalyticsFilter filter, CancellationToken cancellationToken) =>
        database.ReadAsync(db => AnalyticsQueries.SummarizeAsync(db, filter, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<AnalyticsPoint>> SeriesAsync(AnalyticsFilter filter, bool byDay, bool byBot, bool byPlatform, CancellationToken cancellationToken) =>
        database.ReadAsync(db => AnalyticsQueries.SeriesAsync(db, filter, byDay, byBot, byPlatform, cancellationToken), cancellationToken);

    public Task<DateTimeOffset?> CompleteUntilAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.AnalyticsProgress.AsNoTracking().Select(p => p.CompleteUntil).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    private async Task<RollUp> RollUpMessagesAsync(DbConnection connection, int max, CancellationToken cancellationToken)
    {
        var progress = await LockProgressAsync(connection, cancellationToken);
        if (database.IsPostgres && await IsOpenAsync(connection, progress.BarrierAt, cancellationToken))
        {
            return new RollUp(0, HasMore: false);
        }
        if (!database.IsPostgres)
        {
            (progress.Barrier, progress.BarrierAt) = await LastAsync(connection, cancellationToken);
        }
        var from = progress.Through;
        var through = Math.Min(progress.Barrier, from + max);
        if (through > from)
        {
            foreach (var statement in (database.IsPostgres ? Sql.Postgres : Sql.Sqlite).RollUp)
            {
                await connection.RunAsync(statement, cancellationToken, from, through);
            }
            progress.Through = through;
        }
        var hasMore = through < progress.Barrier;
        if (!hasMore)
        {
            progress.CompleteUntil = progress.BarrierAt;
            if (database.IsPostgres)
            {
                (progress.Barrier, progress.BarrierAt) = await BarrierAsync(connection, cancellationToken);
            }
        }
        await connection.RunAsync(
            SaveProgress, cancellationToken, Row, progress.Through, progress.Barrier, progress.BarrierAt, progress.CompleteUntil);
        return new RollUp(through - from, hasMore);
    }

    private async Task<int> RollUpInsightsAsync(DbConnection connection, int max, CancellationToken cancellationToken)
    {
        object due = max;
        if (database.IsPostgres)
        {
            var taken = new List<Guid>();
            await using var take = connection.Statement(InsightStatements.PostgresTake, max);
            await using (var reader = await take.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    taken.Add(reader.GetGuid(0));
                }
            }
            if (taken.Count == 0)
            {
                return 0;
            }
            due = taken.ToArray();
        }
        var statements = database.IsPostgres ? InsightStatements.Postgres : InsightStatements.Sqlite;
        await connection.RunAsync(statements.Count, cancellationToken, due);
        return await connection.RunAsync(statements.Mark, cancellationToken, due);
    }

    /// <summary>An update that changes nothing locks the row on every store: one process at a time moves it.</summary>
    private static async Task<AnalyticsProgress> LockProgressAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await connection.RunAsync(BeginProgress, cancellationToken, Row, DateTimeOffset.UnixEpoch);
        await using var command = connection.Statement(LockProgress, Row);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new AnalyticsProgress
        {
            Id = Row,
            Through = reader.GetInt64(0),
            Barrier = reader.GetInt64(1),
            BarrierAt = reader.GetTime(2),
            CompleteUntil = reader.IsDBNull(3) ? null : reader.GetTime(3),
        };
    }

    private static async Task<bool> IsOpenAsync(DbConnection connection, DateTimeOffset barrier, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(Sql.PostgresIsOpen, barrier);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<(long Barrier, DateTimeOffset At)> BarrierAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(Sql.PostgresBarrier);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetTime(1));
    }

    private static async Task<(long Barrier, DateTimeOffset At)> LastAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(Sql.SqliteLast);
        return ((long)(await command.ExecuteScalarAsync(cancellationToken))!, TimeProvider.System.GetUtcNow());
    }

    /// <summary>In the context's transaction.</summary>
    internal static DbCommand Command(ChatDbContext db, string sql, params ReadOnlySpan<object?> values)
    {
        var command = db.Database.GetDbConnection().Statement(sql, values);
        command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
        return command;
    }
}
