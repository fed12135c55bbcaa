using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>A claim is one conditional update: of two processes that see the same row, the token lets one through.</summary>
internal sealed class SummaryStore(ChatDatabase database, TimeProvider time) : ISummaryStore
{
    // $1 now.
    private const string IsAnyDue = "SELECT 1 FROM summaries WHERE due_at <= $1 LIMIT 1";

    public Task<StoredSummary?> FindAsync(ConversationId conversation, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Summaries.AsNoTracking().Where(s => s.ConversationId == conversation)
            .Select(s => new StoredSummary(s.Text, s.ThroughSequence, s.ThroughAt)).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task MarkDueAsync(ConversationId conversation, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var now = time.GetUtcNow();
            DateTimeOffset? due = now;
            if (await db.Summaries.Where(s => s.ConversationId == conversation)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.DueAt, s => s.DueAt == null ? due : s.DueAt), cancellationToken) > 0
                || !await db.Conversations.AnyAsync(c => c.Id == conversation, cancellationToken))
            {
                return false;
            }
            db.Summaries.Add(new ConversationSummary { ConversationId = conversation, DueAt = now, UpdatedAt = now });
            try
            {
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
            {
                // Another process marked it in this moment.
                return false;
            }
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<ClaimedSummary>> ClaimAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        (await database.ListAsync(IsAnyDue, row => row.GetInt32(0), cancellationToken, time.GetUtcNow())).Count > 0 ? await ClaimDueAsync(max, lease, cancellationToken) : [];

    private Task<IReadOnlyList<ClaimedSummary>> ClaimDueAsync(int max, TimeSpan lease, CancellationToken cancellationToken) => database.WriteAsync<IReadOnlyList<ClaimedSummary>>(
        async db =>
        {
            var now = time.GetUtcNow();
            var due = await (
                from s in db.Summaries.AsNoTracking()
                join c in db.Conversations.AsNoTracking() on s.ConversationId equals c.Id
                where s.DueAt != null && s.DueAt <= now
                orderby s.DueAt
                select new { Summary = s, c.ConnectionId, c.IsGroup, c.ForgottenThrough }).Take(max).ToListAsync(cancellationToken);
            var claimed = new List<ClaimedSummary>(due.Count);
            foreach (var found in due)
            {
                var (id, token) = (found.Summary.ConversationId, found.Summary.LeaseToken);
                DateTimeOffset? ends = now + lease;
                if (await db.Summaries.Where(s => s.ConversationId == id && s.LeaseToken == token).ExecuteUpdateAsync(
                    set => set.SetProperty(s => s.LeaseToken, token + 1).SetProperty(s => s.DueAt, ends), cancellationToken) == 1)
                {
                    claimed.Add(new ClaimedSummary(
                        id, found.ConnectionId, found.IsGroup, found.ForgottenThrough, token + 1,
                        new StoredSummary(found.Summary.Text, found.Summary.ThroughSequence, found.Summary.ThroughAt), found.Summary.Failures));
                }
            }
            return claimed;
        },
        cancellationToken);

    public Task<IReadOnlyList<SaidMessage>> ListMessagesAsync(ConversationId conversation, long after, int limit, bool latest, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<SaidMessage>>(
            async db =>
            {
                var messages = db.Messages.AsNoTracking().Where(m => m.ConversationId == conversation && m.Sequence > after && m.Kind != MessageKind.Blocked);
                messages = latest ? messages.OrderByDescending(m => m.Sequence) : messages.OrderBy(m => m.Sequence);
                var found = await (
                    from m in messages.Take(limit)
                    join p in db.Participants on m.ParticipantId equals (Guid?)p.Id into writers
                    from writer in writers.DefaultIfEmpty()
                    select new SaidMessage(m.Sequence, m.Id, m.Author, m.Kind, m.Text, m.CreatedAt, m.EditedAt, writer == null ? null : writer.DisplayName)).ToListAsync(cancellationToken);
                found.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
                return found;
            },
            cancellationToken);

    public Task<bool> SaveAsync(ClaimedSummary claimed, WrittenSummary written, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var now = time.GetUtcNow();
            DateTimeOffset? due = written.HasMore ? now : null;
            return await db.Summaries.Where(s => s.ConversationId == claimed.Conversation && s.LeaseToken == claimed.Token).ExecuteUpdateAsync(
                set => set
                    .SetProperty(s => s.Text, written.Text)
                    .SetProperty(s => s.ThroughSequence, written.ThroughSequence)
                    .SetProperty(s => s.ThroughAt, written.ThroughAt)
                    .SetProperty(s => s.DueAt, due)
                    .SetProperty(s => s.Failures, 0)
                    .SetProperty(s => s.LastFailure, (string?)null)
                    .SetProperty(s => s.UpdatedAt, now),
                cancellationToken) == 1;
        },
        cancellationToken);

    public Task PostponeAsync(ClaimedSummary claimed, string failure, TimeSpan pause, CancellationToken cancellationToken) => database.WriteAsync(
        db =>
        {
            DateTimeOffset? due = time.GetUtcNow() + pause;
            return db.Summaries.Where(s => s.ConversationId == claimed.Conversation && s.LeaseToken == claimed.Token).ExecuteUpdateAsync(
                set => set.SetProperty(s => s.DueAt, due).SetProperty(s => s.Failures, s => s.Failures + 1).SetProperty(s => s.LastFailure, failure),
                cancellationToken);
        },
        cancellationToken);
}
