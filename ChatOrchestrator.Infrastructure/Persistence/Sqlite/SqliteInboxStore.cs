using System.Runtime.InteropServices;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Data.Sqlite;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Sqlite.SqliteInboxStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteInboxStore(SqliteHotPath hotPath) : IInboxStore
{
    public Task<IReadOnlyList<ResolvedAddress>> ResolveAsync(IReadOnlyList<InboxAddress> addresses, CancellationToken cancellationToken) =>
        hotPath.WriteAsync<IReadOnlyList<ResolvedAddress>>(session => [.. addresses.Select(a => Resolve(session, a))], cancellationToken);

    public Task<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<InboxMessage> messages, CancellationToken cancellationToken) =>
        hotPath.WriteAsync<IReadOnlyList<AppendResult>>(session => Append(session, messages), cancellationToken);

    public Task<int> RecordAsync(ConnectionId connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(session => events.Count(e => Record(session, connection, e)), cancellationToken);

    private static ResolvedAddress Resolve(SqliteSession session, InboxAddress address)
    {
        var author = address.Author;
        Guid participant, conversation;
        using (var reader = session.Query(
            Sql.ResolveParticipant, Guid.CreateVersion7(), address.Connection.Value, author.UserId, author.DisplayName, author.Username, author.Language, session.Now))
        {
            reader.Read();
            participant = reader.GetGuid(0);
        }
        using (var reader = session.Query(
            Sql.ResolveConversation,
            Guid.CreateVersion7(), address.Bot.Value, address.Connection.Value, address.Chat.ChatId, address.Chat.ThreadId, address.IsGroup, address.Title, session.Now))
        {
            reader.Read();
            conversation = reader.GetGuid(0);
        }
        session.Run(Sql.AddLane, conversation);
        session.Run(Sql.AddParticipation, participant, conversation);
        return new ResolvedAddress(new ConversationId(conversation), participant);
    }

    private static AppendResult[] Append(SqliteSession session, IReadOnlyList<InboxMessage> messages)
    {
        var results = new AppendResult[messages.Count];
        var arrivals = new Dictionary<ConversationId, Arrival>();
        for (var i = 0; i < results.Length; i++)
        {
            var message = messages[i];
            ref var arrival = ref CollectionsMarshal.GetValueRefOrAddDefault(arrivals, message.Conversation, out var known);
            if (!known)
            {
                var isAwake = session.Number(Sql.IsAwake, message.Conversation.Value, session.Now);
                arrival.IsGone = isAwake is null;
                arrival.IsAwake = isAwake == 1;
            }
            if (arrival.IsGone)
            {
                results[i] = new AppendResult(AppendKind.ConversationGone, 0);
            }
            else if (Store(session, message) is { } sequence)
            {
                arrival.Add(sequence, message);
                results[i] = new AppendResult(AppendKind.Stored, sequence);
            }
            else
            {
                session.Run(Sql.NoteRedelivery, message.Connection.Value, message.PlatformMessageId, session.Now);
                results[i] = new AppendResult(AppendKind.Duplicate, 0);
            }
        }
        foreach (var (conversation, arrival) in arrivals)
        {
            if (arrival.Last > 0)
            {
                var due = session.Number(Sql.Mark, conversation.Value, arrival.Last, arrival.Asked, arrival.QuietMs * 1_000L, session.Now);
                session.Run(Sql.Touch, conversation.Value, session.Now);
                if (arrival.Asked is { } asked && !arrival.IsAwake)
                {
                    var last = Array.FindIndex(results, r => r.Sequence == asked);
                    results[last] = results[last] with { DueIn = TimeSpan.FromMicroseconds(due!.Value - session.Now) };
                }
            }
        }
        return results;
    }

    private static long? Store(SqliteSession session, InboxMessage message) => session.Number(
        Sql.Store,
        message.Id, message.Connection.Value, message.Conversation.Value, message.Participant, message.PlatformMessageId,
        (int)message.Kind, message.Text, MessageContentJson.Write(message.Content), message.TraceParent, SqliteSession.Micros(message.SentAt), session.Now);

    private static bool Record(SqliteSession session, ConnectionId connection, InboundEvent entry)
    {
        var (kind, subject) = InboxEventKinds.Describe(entry);
        if (session.Run(Sql.StoreEvent, connection.Value, entry.PlatformId, kind, subject, session.Now) == 0)
        {
            return false;
        }
        switch (entry)
        {
            case InboundEdit e:
                session.Run(Sql.Edit, connection.Value, e.EditedPlatformId, e.Text, session.Now);
                session.Run(Sql.NoteEdit, connection.Value, e.EditedPlatformId, session.Now);
                break;
            case ChatMigrated e:
                session.Run(Sql.Migrate, connection.Value, e.FromChatId, e.ToChatId);
                break;
            case ParticipantBlocked e:
                session.Run(Sql.Block, connection.Value, e.UserId, e.Blocked ? session.Now : null);
                break;
            case DeliveryReceipt { Reference: { } part } e:
                session.Run(Sql.NoteReconciled, connection.Value, part.MessageId, part.Ordinal, session.Now);
                Settle(session, e, session.Query(
                    Sql.ReceiptByReference, connection.Value, part.MessageId, part.Ordinal, e.PartPlatformId, (int)e.State, e.Error, session.Now));
                break;
            case DeliveryReceipt e:
                Settle(session, e, session.Query(
                    Sql.Receipt, connection.Value, e.Chat.ChatId, e.Chat.ThreadId, e.PartPlatformId, (int)e.State, e.Error, session.Now));
                break;
            case InboundDeletion e:
                session.Run(Sql.NoteDeletion, connection.Value, e.DeletedPlatformId, session.Now);
                session.Run(Sql.Delete, connection.Value, e.DeletedPlatformId, session.Now);
                break;
            case InboundReaction e:
                if (session.Run(Sql.ReactToMessage, connection.Value, e.ReactedPlatformId, kind, e.Reaction, session.Now) > 0)
                {
                    break;
                }
                if (e.InAnyThread)
                {
                    session.Run(Sql.ReactToPartInAnyThread, connection.Value, e.Chat.ChatId, e.ReactedPlatformId, kind, e.Reaction, session.Now);
                }
                else
                {
                    session.Run(Sql.ReactToPart, connection.Value, e.Chat.ChatId, e.Chat.ThreadId, e.ReactedPlatformId, kind, e.Reaction, session.Now);
                }
                break;
            case DeliveryWatermark e:
                session.Run(Sql.Watermark, connection.Value, e.Chat.ChatId, e.Chat.ThreadId, (int)e.State, SqliteSession.Micros(e.Through), session.Now);
                break;
            case ErasureRequested e:
                SqliteErasureStore.Erase(session, connection, e.UserId, null, ErasureStatements.ByPlatform, e.Counts);
                break;
        }
        return true;
    }

    /// <summary>A receipt has moved its part, or found none to move.</summary>
    private static void Settle(SqliteSession session, DeliveryReceipt receipt, SqliteDataReader moved)
    {
        Guid? message;
        using (moved)
        {
            message = moved.Read() ? moved.GetGuid(0) : null;
        }
        if (message is { } failed && receipt.State == PartState.Failed)
        {
            session.Run(Sql.DeadLetter, Guid.CreateVersion7(), failed, receipt.Error, session.Now);
        }
    }

    /// <summary>What a batch brings to one lane.</summary>
    private struct Arrival
    {
        public bool IsGone;
        public bool IsAwake;
        public long Last;
        public long? Asked;
        public int QuietMs;

        public void Add(long sequence, InboxMessage message)
        {
            Last = sequence;
            if (message.Kind != MessageKind.Overheard)
            {
                QuietMs = Asked is null ? message.QuietMs : Math.Min(QuietMs, message.QuietMs);
                Asked = sequence;
            }
        }
    }
}
