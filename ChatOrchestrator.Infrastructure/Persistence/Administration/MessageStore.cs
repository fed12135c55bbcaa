using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class MessageStore(ChatDatabase database) : IMessageStore
{
    private const string Ascending = "messages+";
    private const string Descending = "messages-";

    public Task<Page<MessageView>> ListAsync(ConversationId conversation, InsightFilter? insight, bool newestFirst, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var list = newestFirst ? Descending : Ascending;
            var messages = db.Messages.AsNoTracking().Where(m => m.ConversationId == conversation);
            if (insight is { IsEmpty: false })
            {
                var insights = ConversationSearch.Matching(db.Insights, insight).Where(i => i.ConversationId == conversation);
                messages = messages.Where(m => insights.Any(i => i.MessageId == m.Id));
            }
            if (page.Cursor is { } cursor)
            {
                var from = Cursor.ToNumber(list, cursor);
                messages = newestFirst ? messages.Where(m => m.Sequence < from) : messages.Where(m => m.Sequence > from);
            }
            messages = newestFirst ? messages.OrderByDescending(m => m.Sequence) : messages.OrderBy(m => m.Sequence);
            var items = await ViewsAsync(db, await messages.Take(page.Limit + 1).ToListAsync(cancellationToken), cancellationToken);
            return Pages.Of(items, page, v => Cursor.Encode(list, v.Message.Sequence));
        },
        cancellationToken);

    public async Task<IReadOnlyList<Message>> ListVisibleAfterAsync(ConversationId conversation, long sequence, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            db => Visible(db, conversation).Where(m => m.Sequence > sequence).OrderBy(m => m.Sequence).Take(limit).ToListAsync(cancellationToken),
            cancellationToken);

    public async Task<IReadOnlyList<Message>> ListVisibleBeforeAsync(ConversationId conversation, long sequence, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            db => Visible(db, conversation).Where(m => m.Sequence < sequence).OrderByDescending(m => m.Sequence).Take(limit).ToListAsync(cancellationToken),
            cancellationToken);

    public Task<Message?> FindAsync(ConnectionId connection, string platformMessageId, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Messages.AsNoTracking().SingleOrDefaultAsync(m => m.ConnectionId == connection && m.PlatformMessageId == platformMessageId, cancellationToken),
        cancellationToken);

    public Task<MessageRecord?> ReadRecordAsync(Guid message, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            if (await db.Messages.AsNoTracking().SingleOrDefaultAsync(m => m.Id == message, cancellationToken) is not { } found
                || await db.Conversations.AsNoTracking().SingleOrDefaultAsync(c => c.Id == found.ConversationId, cancellationToken) is not { } conversation
                || await db.Connections.AsNoTracking().SingleOrDefaultAsync(c => c.Id == found.ConnectionId, cancellationToken) is not { } connection)
            {
                return null;
            }
            var turn = await TurnAsync(db, found, cancellationToken);
            List<Message> answers = turn is null || found.Author != MessageAuthor.Participant
                ? []
                : await db.Messages.AsNoTracking()
                    .Where(m => m.ConversationId == found.ConversationId && m.Sequence > turn.FromSequence && m.TurnId == turn.Id)
                    .OrderBy(m => m.Sequence).ToListAsync(cancellationToken);
            var ids = answers.Select(a => a.Id).Append(found.Id).ToList();
            return new MessageRecord
            {
                View = (await ViewsAsync(db, [found], cancellationToken))[0],
                Conversation = new ConversationView(
                    conversation, connection.Platform,
                    await db.Lanes.AsNoTracking().SingleOrDefaultAsync(l => l.ConversationId == found.ConversationId, cancellationToken)),
                Connection = connection,
                Turn = turn,
                Answers = await ViewsAsync(db, answers, cancellationToken),
                Events = await db.TimelineEvents.AsNoTracking().Where(e => ids.Contains(e.MessageId)).OrderBy(e => e.Id).ToListAsync(cancellationToken),
                DeadLetters = await db.DeadLetters.AsNoTracking().Where(d => ids.Contains(d.MessageId)).OrderBy(d => d.Id).ToListAsync(cancellationToken),
            };
        },
        cancellationToken);

    private static Task<Turn?> TurnAsync(ChatDbContext db, Message message, CancellationToken cancellationToken)
    {
        var turns = db.Turns.AsNoTracking();
        return message.Author == MessageAuthor.Participant
            ? turns.Where(t => t.ConversationId == message.ConversationId && t.ThroughSequence >= message.Sequence && t.FromSequence <= message.Sequence)
                .OrderBy(t => t.ThroughSequence).FirstOrDefaultAsync(cancellationToken)
            : turns.SingleOrDefaultAsync(t => t.Id == message.TurnId, cancellationToken);
    }

    /// <summary>
    /// Without the questions that an operator put again, and the outbound messages that were withdrawn or refused. Those still on their way are in: whether a message
    /// stands in the chat must not change the order in which sequences appear there.
    /// </summary>
    private static IQueryable<Message> Visible(ChatDbContext db, ConversationId conversation) =>
        db.Messages.AsNoTracking().Where(m => m.ConversationId == conversation
            && ((m.Author == MessageAuthor.Participant && m.Kind != MessageKind.Replay)
                || db.Parts.Any(p => p.MessageId == m.Id && p.State != PartState.Cancelled && p.State != PartState.Failed)));

    private static async Task<List<MessageView>> ViewsAsync(ChatDbContext db, List<Message> messages, CancellationToken cancellationToken)
    {
        var outbound = messages.Where(m => m.Author != MessageAuthor.Participant).Select(m => m.Id).ToList();
        var writers = messages.Where(m => m.ParticipantId is not null).Select(m => m.ParticipantId!.Value).Distinct().ToList();
        var parts = outbound.Count == 0
            ? Enumerable.Empty<Part>().ToLookup(p => p.MessageId)
            : (await db.Parts.AsNoTracking().Where(p => outbound.Contains(p.MessageId)).OrderBy(p => p.Ordinal).ToListAsync(cancellationToken)).ToLookup(p => p.MessageId);
        var names = writers.Count == 0
            ? []
            : await db.Participants.Where(p => writers.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.DisplayName ?? p.Username, cancellationToken);
        var inbound = messages.Where(m => m.Author == MessageAuthor.Participant).Select(m => m.Id).ToList();
        var insights = inbound.Count == 0
            ? []
            : await db.Insights.AsNoTracking().Where(i => inbound.Contains(i.MessageId)).ToDictionaryAsync(i => i.MessageId, cancellationToken);
        return [.. messages.Select(m => new MessageView(
            m, [.. parts[m.Id]], m.ParticipantId is { } writer ? names.GetValueOrDefault(writer) : null, insights.GetValueOrDefault(m.Id)))];
    }
}
