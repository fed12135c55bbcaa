using System.Data.Common;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Analytics.AnalyticsStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>The roll-ups. Reading them is in <see cref="AnalyticsQueries"/>.</summary>
internal sealed class AnalyticsStore(ChatDatabase database) : IAnalyticsStore
{
    private const int Row = 1;

    public async Task<RollUp> RollUpAsync(int max, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async db =>
                {
                    await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
                    // Behind the progress, whose row lets one process in at a time.
                    var done = await RollUpMessagesAsync(db, max, cancellationToken);
                    var insights = await RollUpInsightsAsync(db, max, cancellationToken);
                    await db.SaveChangesAsync(cancellationToken);
                    await transaction.CommitAsync(cancellationToken);
                    return done with { HasMore = done.HasMore || insights == max };
                },
                cancellationToken);
        }
        catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
        {
            // Another process has begun at the same time.
            return new RollUp(0, HasMore: true);
        }
    }

    public Task<AnalyticsNumbers> SummarizeAsync(AnalyticsFilter filter, CancellationToken cancellationToken) =>
        database.ReadAsync(db => AnalyticsQueries.SummarizeAsync(db, filter, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<AnalyticsPoint>> SeriesAsync(AnalyticsFilter filter, bool byDay, bool byBot, bool byPlatform, CancellationToken cancellationToken) =>
        database.ReadAsync(db => AnalyticsQueries.SeriesAsync(db, filter, byDay, byBot, byPlatform, cancellationToken), cancellationToken);

    public Task<DateTimeOffset?> CompleteUntilAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.AnalyticsProgress.AsNoTracking().Select(p => p.CompleteUntil).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    private static async Task<RollUp> RollUpMessagesAsync(ChatDbContext db, int max, CancellationToken cancellationToken)
    {
        // An update that changes nothing locks the row on every store: one process at a time moves it.
        if (await db.AnalyticsProgress.Where(p => p.Id == Row).ExecuteUpdateAsync(set => set.SetProperty(p => p.Through, p => p.Through), cancellationToken) == 0)
        {
            db.AnalyticsProgress.Add(new AnalyticsProgress { Id = Row, BarrierAt = DateTimeOffset.UnixEpoch });
            await db.SaveChangesAsync(cancellationToken);
        }
        var progress = await db.AnalyticsProgress.SingleAsync(p => p.Id == Row, cancellationToken);
        var isPostgres = db is PostgresChatDbContext;
        if (isPostgres && await IsOpenAsync(db, progress.BarrierAt, cancellationToken))
        {
            return new RollUp(0, HasMore: false);
        }
        if (!isPostgres)
        {
            (progress.Barrier, progress.BarrierAt) = await LastAsync(db, cancellationToken);
        }
        var from = progress.Through;
        var through = Math.Min(progress.Barrier, from + max);
        if (through > from)
        {
            foreach (var statement in (isPostgres ? Sql.Postgres : Sql.Sqlite).RollUp)
            {
                await using var command = Command(db, statement, from, through);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
            progress.Through = through;
        }
        if (through < progress.Barrier)
        {
            return new RollUp(through - from, HasMore: true);
        }
        progress.CompleteUntil = progress.BarrierAt;
        if (isPostgres)
        {
            (progress.Barrier, progress.BarrierAt) = await BarrierAsync(db, cancellationToken);
        }
        return new RollUp(through - from, HasMore: false);
    }

    private static async Task<int> RollUpInsightsAsync(ChatDbContext db, int max, CancellationToken cancellationToken)
    {
        var isPostgres = db is PostgresChatDbContext;
        object due = max;
        if (isPostgres)
        {
            var taken = new List<Guid>();
            await using var take = Command(db, InsightStatements.PostgresTake, max);
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
        var statements = isPostgres ? InsightStatements.Postgres : InsightStatements.Sqlite;
        await using var count = Command(db, statements.Count, due);
        await count.ExecuteNonQueryAsync(cancellationToken);
        await using var mark = Command(db, statements.Mark, due);
        return await mark.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> IsOpenAsync(ChatDbContext db, DateTimeOffset barrier, CancellationToken cancellationToken)
    {
        await using var command = Command(db, Sql.PostgresIsOpen, barrier);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<(long Barrier, DateTimeOffset At)> BarrierAsync(ChatDbContext db, CancellationToken cancellationToken)
    {
        await using var command = Command(db, Sql.PostgresBarrier);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken));
    }

    private static async Task<(long Barrier, DateTimeOffset At)> LastAsync(ChatDbContext db, CancellationToken cancellationToken)
    {
        await using var command = Command(db, Sql.SqliteLast);
        return ((long)(await command.ExecuteScalarAsync(cancellationToken))!, TimeProvider.System.GetUtcNow());
    }

    /// <summary>In the context's transaction; its parameters are <c>$1</c>, <c>$2</c>… on both stores.</summary>
    internal static DbCommand Command(ChatDbContext db, string sql, params ReadOnlySpan<object> values)
    {
        var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            if (db is SqliteChatDbContext)
            {
                parameter.ParameterName = $"${i + 1}";
            }
            parameter.Value = values[i];
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
