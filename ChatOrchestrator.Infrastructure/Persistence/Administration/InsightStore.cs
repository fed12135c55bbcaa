using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class InsightStore(ChatDatabase database) : IInsightStore
{
    private const string ConnectionsOnPostgres = "SELECT c.id FROM connections c JOIN bots b ON b.id = c.bot_id WHERE jsonb_typeof(b.processing->'understanding') = 'object'";
    private const string ConnectionsOnSqlite = "SELECT c.id FROM connections c JOIN bots b ON b.id = c.bot_id WHERE json_type(b.processing, '$.understanding') = 'object'";

    public async Task<IReadOnlyList<ConnectionId>> ListConnectionsAsync(CancellationToken cancellationToken) => await database.ListAsync(
        database.IsPostgres ? ConnectionsOnPostgres : ConnectionsOnSqlite, row => new ConnectionId(row.GetGuid(0)), cancellationToken);

    public async Task<IReadOnlyList<UnknownMessage>> ListUnknownAsync(IReadOnlyList<ConnectionId> connections, long after, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async db =>
            {
                var found = await (
                    from m in db.Messages.AsNoTracking()
                    where m.Sequence > after && m.Author == MessageAuthor.Participant && (m.Kind == MessageKind.Text || m.Kind == MessageKind.ButtonPress)
                        && connections.Contains(m.ConnectionId) && !db.Insights.Any(i => i.MessageId == m.Id)
                    orderby m.Sequence
                    select new { m.Sequence, m.Id, m.ConversationId, m.ConnectionId, m.Text, m.CreatedAt, m.EditedAt, Handled = db.Lanes.Any(l => l.ConversationId == m.ConversationId && l.HandledSequence >= m.Sequence) })
                    .Take(limit).ToListAsync(cancellationToken);
                return found.ConvertAll(m => new UnknownMessage(m.Sequence, m.Id, m.ConversationId, m.ConnectionId, m.Text, m.CreatedAt, m.EditedAt, m.Handled));
            },
            cancellationToken);

    public Task<long> LastBeforeAsync(long after, DateTimeOffset before, CancellationToken cancellationToken) => database.ReadAsync(
        async db => await db.Messages.Where(m => m.Sequence > after && m.CreatedAt < before).OrderByDescending(m => m.Sequence).Select(m => (long?)m.Sequence)
            .FirstOrDefaultAsync(cancellationToken) ?? after,
        cancellationToken);

    public Task<bool> AddAsync(Insight insight, TimelineEvent? note, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (!await LockMessageAsync(db, insight.MessageId, cancellationToken) || await db.Insights.AnyAsync(i => i.MessageId == insight.MessageId, cancellationToken))
            {
                return false;
            }
            db.Insights.Add(insight);
            if (insight.Sentiment == Sentiment.Negative)
            {
                var day = DateOnly.FromDateTime(insight.MessageAt.UtcDateTime);
                await db.NotifyAsync(
                    insight.ConversationId, NotificationEvent.SentimentLow(insight.BotId, insight.ConversationId, insight.MessageId, insight.SentimentScore, day), insight.CreatedAt, cancellationToken);
            }
            if (note is not null)
            {
                db.TimelineEvents.Add(note);
            }
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>The lane is left alone: it belongs to the answer. Who deletes the message waits, and deletes its insight behind it.</summary>
    private static async Task<bool> LockMessageAsync(ChatDbContext db, Guid id, CancellationToken cancellationToken) => db is PostgresChatDbContext
        ? (await db.Database.SqlQuery<int>($"""SELECT 1 AS "Value" FROM messages WHERE id = {id} FOR SHARE""").ToListAsync(cancellationToken)).Count > 0
        : await db.Messages.AnyAsync(m => m.Id == id, cancellationToken);
}
