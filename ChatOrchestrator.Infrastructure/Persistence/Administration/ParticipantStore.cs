using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ParticipantStore(ChatDatabase database) : IParticipantStore
{
    private const string ListName = "participants";
    private const string ErasuresName = "erasures";

    /// <summary>How many messages are held at a time while they are exported.</summary>
    private const int Slice = 500;

    // What webhooks may lead to is plain, as in ADR 0017.
    // $1 connection, $2 user's id there.
    private const string IsNameless = "SELECT 1 FROM participants WHERE connection_id = $1 AND user_id = $2 AND display_name IS NULL";

    // $1 connection, $2 user's id there, $3 name.
    private const string NameParticipant = "UPDATE participants SET display_name = $3 WHERE connection_id = $1 AND user_id = $2 AND display_name IS NULL";
    private const string NameConversations = """
        UPDATE conversations SET title = $3 WHERE connection_id = $1 AND NOT is_group AND title IS NULL AND id IN (
            SELECT i.conversation_id FROM participations i JOIN participants p ON p.id = i.participant_id WHERE p.connection_id = $1 AND p.user_id = $2)
        """;

    public Task<Page<ParticipantView>> ListAsync(ParticipantFilter filter, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            IQueryable<Participant> people = db.Participants;
            if (filter.Connection is { } connection)
            {
                people = people.Where(p => p.ConnectionId == connection);
            }
            if (filter.Bot is { } bot)
            {
                people = people.Where(p => db.Connections.Any(c => c.Id == p.ConnectionId && c.BotId == bot));
            }
            if (filter.Scope?.Only is { } only)
            {
                people = people.Where(p => db.Connections.Any(c => c.Id == p.ConnectionId && only.Contains(c.BotId)));
            }
            if (filter.UserId is { } user)
            {
                people = people.Where(p => p.UserId == user);
            }
            if (filter.Query?.ToLowerInvariant() is { Length: > 0 } query)
            {
#pragma warning disable CA1304, CA1311, CA1862 // It is translated to SQL's lower().
                people = people.Where(p => p.DisplayName!.ToLower().Contains(query) || p.Username!.ToLower().Contains(query));
#pragma warning restore CA1304, CA1311, CA1862
            }
            if (page.Cursor is { } cursor)
            {
                var after = Cursor.ToId(ListName, cursor);
                people = people.Where(p => p.Id > after);
            }
            var items = await Views(db, people.OrderBy(p => p.Id).Take(page.Limit + 1)).ToListAsync(cancellationToken);
            items.Sort((a, b) => a.Participant.Id.CompareTo(b.Participant.Id));
            return Pages.Of(items, page, v => Cursor.Encode(ListName, v.Participant.Id));
        },
        cancellationToken);

    public async Task<bool> IsNamelessAsync(ConnectionId connection, string userId, CancellationToken cancellationToken) =>
        (await database.ListAsync(IsNameless, row => row.GetInt32(0), cancellationToken, connection.Value, userId)).Count > 0;

    public Task NameAsync(ConnectionId connection, string userId, string name, CancellationToken cancellationToken) => database.TransactAsync(
        async store =>
        {
            await store.RunAsync(NameParticipant, cancellationToken, connection.Value, userId, name);
            await store.RunAsync(NameConversations, cancellationToken, connection.Value, userId, name);
        },
        cancellationToken);

    public Task<ParticipantView?> FindAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => Views(db, db.Participants.Where(p => p.Id == id)).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    public async IAsyncEnumerable<object> ExportAsync(Participant participant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return participant;
        var conversations = await database.ReadAsync(
            db => db.Conversations.AsNoTracking()
                .Where(c => (c.ConnectionId == participant.ConnectionId && c.ChatId == participant.UserId && !c.IsGroup)
                    || db.Participations.Any(p => p.ConversationId == c.Id && p.ParticipantId == participant.Id))
                .OrderBy(c => c.Id).ToListAsync(cancellationToken),
            cancellationToken);
        foreach (var conversation in conversations)
        {
            yield return conversation;
            Guid? only = conversation.IsGroup ? participant.Id : null;
            var after = 0L;
            List<Message> messages;
            do
            {
                messages = await database.ReadAsync(
                    db => db.Messages.AsNoTracking()
                        .Where(m => m.ConversationId == conversation.Id && m.Sequence > after && (only == null || m.ParticipantId == only))
                        .OrderBy(m => m.Sequence).Take(Slice).ToListAsync(cancellationToken),
                    cancellationToken);
                foreach (var message in messages)
                {
                    after = message.Sequence;
                    yield return message;
                }
            }
            while (messages.Count == Slice);
            foreach (var letter in await DeadLettersAsync(conversation, only, cancellationToken))
            {
                yield return letter;
            }
            foreach (var insight in await database.ReadAsync(
                db => db.Insights.AsNoTracking().Where(i => i.ConversationId == conversation.Id && (only == null || db.Messages.Any(m => m.Id == i.MessageId && m.ParticipantId == only)))
                    .OrderBy(i => i.Sequence).ToListAsync(cancellationToken), cancellationToken))
            {
                yield return insight;
            }
            foreach (var record in await database.ReadAsync(
                db => db.Moderations.AsNoTracking().Where(r => r.ConversationId == conversation.Id && (only == null || db.Messages.Any(m => m.Id == r.MessageId && m.ParticipantId == only)))
                    .OrderBy(r => r.Id).ToListAsync(cancellationToken), cancellationToken))
            {
                yield return record;
            }
            if (!conversation.IsGroup)
            {
                foreach (var suggestion in await database.ReadAsync(
                    db => db.Suggestions.AsNoTracking().Where(s => s.ConversationId == conversation.Id).OrderBy(s => s.Id).ToListAsync(cancellationToken), cancellationToken))
                {
                    yield return suggestion;
                }
                foreach (var summary in await database.ReadAsync(
                    db => db.Summaries.AsNoTracking().Where(s => s.ConversationId == conversation.Id && s.Text != "").ToListAsync(cancellationToken), cancellationToken))
                {
                    yield return new RememberedSummary(summary.ConversationId, summary.Text, summary.UpdatedAt);
                }
            }
        }
        foreach (var entry in await database.ReadAsync(
            db => db.InboxEvents.AsNoTracking().Where(e => e.ConnectionId == participant.ConnectionId && e.Subject == participant.UserId).OrderBy(e => e.Id).ToListAsync(cancellationToken),
            cancellationToken))
        {
            yield return entry;
        }
    }

    public Task<Page<ErasureReceipt>> ListErasuresAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var receipts = db.Erasures.AsNoTracking();
            if (scope.Only is { } only)
            {
                receipts = receipts.Where(e => db.Connections.Any(c => c.Id == e.ConnectionId && only.Contains(c.BotId)));
            }
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(ErasuresName, cursor);
                receipts = receipts.Where(e => e.Id < before);
            }
            var items = await receipts.OrderByDescending(e => e.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, e => Cursor.Encode(ErasuresName, e.Id));
        },
        cancellationToken);

    public Task<ErasureReceipt?> FindErasureAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Erasures.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken), cancellationToken);

    private Task<List<DeadLetter>> DeadLettersAsync(Conversation conversation, Guid? participant, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.DeadLetters.AsNoTracking()
            .Where(d => db.Messages.Any(m => m.Id == d.MessageId && m.ConversationId == conversation.Id && (participant == null || m.ParticipantId == participant)))
            .OrderBy(d => d.Id).ToListAsync(cancellationToken),
        cancellationToken);

    private static IQueryable<ParticipantView> Views(ChatDbContext db, IQueryable<Participant> people) =>
        from participant in people.AsNoTracking()
        join connection in db.Connections.AsNoTracking() on participant.ConnectionId equals connection.Id
        select new ParticipantView(participant, connection.BotId, connection.Platform);
}
