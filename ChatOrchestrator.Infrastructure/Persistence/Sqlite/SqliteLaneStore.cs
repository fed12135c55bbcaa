using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Data.Sqlite;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Sqlite.SqliteLaneStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteLaneStore(SqliteHotPath hotPath) : ILaneStore
{
    public Task<IReadOnlyList<ClaimedLane>> ClaimAsync(string worker, int max, TimeSpan lease, CancellationToken cancellationToken) =>
        hotPath.WriteAsync<IReadOnlyList<ClaimedLane>>(
            session =>
            {
                var lanes = ReadDue(session, max);
                var ends = session.Now + SqliteSession.Micros(lease);
                foreach (var lane in lanes)
                {
                    session.Run(Sql.Claim, lane.Conversation.Value, worker, ends, session.Now);
                }
                return lanes;
            },
            cancellationToken);

    public Task<IReadOnlyList<LaneContent>> LoadAsync(IReadOnlyList<LaneQuery> lanes, CancellationToken cancellationToken) =>
        hotPath.ReadAsync<IReadOnlyList<LaneContent>>(session => [.. lanes.Select(q => Load(session, q))], cancellationToken);

    public Task<IReadOnlySet<ConversationId>> RenewAsync(IReadOnlyList<Lease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        hotPath.WriteAsync<IReadOnlySet<ConversationId>>(
            session =>
            {
                var ends = session.Now + SqliteSession.Micros(lease);
                return leases.Where(l => session.Run(Sql.Renew, l.Conversation.Value, l.Token, ends) > 0).Select(l => l.Conversation).ToHashSet();
            },
            cancellationToken);

    public Task<LanesCommitted> CommitAsync(IReadOnlyList<DeliveryCommit> deliveries, IReadOnlyList<TurnCommit> turns, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session => new LanesCommitted([.. deliveries.Select(d => Commit(session, d))], [.. turns.Select(t => Commit(session, t))]),
            cancellationToken);

    public Task InterruptAsync(ConversationId conversation, long beforeSequence, string reason, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session =>
            {
                long handled, delivered;
                using (var reader = session.Query(Sql.Cursors, conversation.Value))
                {
                    if (!reader.Read())
                    {
                        return false;
                    }
                    (handled, delivered) = (reader.GetInt64(0), reader.GetInt64(1));
                }
                if (handled >= beforeSequence)
                {
                    // The command has had its turn already: what is open now is the answer to it.
                    return false;
                }
                session.Run(Sql.Skip, Guid.CreateVersion7(), conversation.Value, handled, beforeSequence, reason, session.Now);
                session.Run(Sql.Withdraw, conversation.Value, delivered, reason);
                session.Run(Sql.Revoke, conversation.Value, beforeSequence, session.Now);
                return true;
            },
            cancellationToken);

    public Task AnnotateAsync(Lease lease, MessageNote note, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session => session.Run(Sql.Annotate, lease.Conversation.Value, lease.Token, note.MessageId, note.Kind, note.Detail, session.Now) > 0
                && note.Text is not null
                && session.Run(Sql.Rewrite, lease.Conversation.Value, note.MessageId, note.Text, MessageContentJson.Write(note.Content)) > 0,
            cancellationToken);

    public Task<LaneBacklog> BacklogAsync(CancellationToken cancellationToken) =>
        hotPath.ReadAsync(
            session =>
            {
                using var reader = session.Query(Sql.Backlog, session.Now);
                reader.Read();
                return new LaneBacklog(reader.GetInt64(0), reader.IsDBNull(1) ? null : TimeSpan.FromMicroseconds(session.Now - reader.GetInt64(1)));
            },
            cancellationToken);

    private static List<ClaimedLane> ReadDue(SqliteSession session, int max)
    {
        var lanes = new List<ClaimedLane>();
        using var reader = session.Query(Sql.Due, session.Now, max);
        while (reader.Read())
        {
            lanes.Add(new ClaimedLane
            {
                Conversation = new ConversationId(reader.GetGuid(0)),
                Token = reader.GetInt64(1),
                LastSequence = reader.GetInt64(2),
                HandledSequence = reader.GetInt64(3),
                OutboundSequence = reader.GetInt64(4),
                DeliveredSequence = reader.GetInt64(5),
                Attempts = reader.GetInt32(6),
                TakenOverFrom = Text(reader, 7),
                Connection = new ConnectionId(reader.GetGuid(8)),
                Chat = new ChatAddress(reader.GetString(9), reader.GetString(10)),
                IsGroup = reader.GetBoolean(11),
                State = (ConversationState)reader.GetInt32(12),
                ForgottenThrough = reader.GetInt64(13),
            });
        }
        return lanes;
    }

    private static LaneContent Load(SqliteSession session, LaneQuery query)
    {
        var lane = query.Lane;
        var id = lane.Conversation.Value;
        var builder = new LaneContentBuilder(query.MaxHistory);
        if (lane.HasInbound)
        {
            using (var reader = session.Query(Sql.LoadPending, lane.IsGroup, id, lane.HandledSequence, query.MaxPending))
            {
                ReadMessages(reader, builder, pending: true);
            }
            using (var reader = session.Query(Sql.LoadHandled, lane.IsGroup, id, lane.HandledSequence, query.MaxHistory, lane.ForgottenThrough))
            {
                ReadMessages(reader, builder, pending: false);
            }
            using (var reader = session.Query(Sql.LoadBeside, lane.IsGroup, id, lane.HandledSequence, query.MaxHistory, lane.ForgottenThrough))
            {
                ReadMessages(reader, builder, pending: false);
            }
        }
        if (lane.HasOutbound)
        {
            using var reader = session.Query(Sql.LoadParts, id, lane.DeliveredSequence);
            while (reader.Read())
            {
                builder.Add(new OpenPart(
                    reader.GetGuid(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetString(3), Text(reader, 4), Text(reader, 5), (PartState)reader.GetInt32(6), reader.GetInt32(7),
                    (MessageAuthor)reader.GetInt32(8), reader.IsDBNull(9) ? null : SqliteSession.Time(reader.GetInt64(9)), Text(reader, 10)));
            }
        }
        return builder.Build();
    }

    private static void ReadMessages(SqliteDataReader reader, LaneContentBuilder builder, bool pending)
    {
        while (reader.Read())
        {
            builder.Add(pending, new LaneMessage(
                reader.GetInt64(0),
                reader.GetGuid(1),
                (MessageAuthor)reader.GetInt32(2),
                (MessageKind)reader.GetInt32(3),
                reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetInt64(5),
                Text(reader, 6),
                SqliteSession.Time(reader.GetInt64(7)),
                Text(reader, 8),
                reader.IsDBNull(9) ? null : reader.GetGuid(9),
                pending ? MessageContentJson.Read(Text(reader, 10)) : null,
                reader.IsDBNull(11) ? null : SqliteSession.Time(reader.GetInt64(11))));
        }
    }

    private static TurnCommitted Commit(SqliteSession session, TurnCommit turn)
    {
        var conversation = turn.Lease.Conversation.Value;
        if (session.Number(Sql.Handle, conversation, turn.Lease.Token, turn.ThroughSequence) is not { } isBehind)
        {
            return default;
        }
        var answer = 0L;
        if (turn.Answer is not null)
        {
            answer = session.Number(
                Sql.StoreAnswer, turn.AnswerId, conversation, turn.Connection.Value, turn.Answer, turn.ThroughSequence, turn.TurnId, turn.TraceParent, session.Now)!.Value;
            session.Run(Sql.SetOutbound, conversation, answer);
        }
        session.Run(
            Sql.StoreTurn,
            turn.TurnId, conversation, turn.FromSequence, turn.ThroughSequence, (int)turn.State, turn.Reason, turn.Model, turn.PromptVersion, turn.InputTokens, turn.OutputTokens, turn.CostNanos,
            turn.Attempt, turn.Worker, SqliteSession.Micros(turn.StartedAt), SqliteSession.Micros(turn.FirstTokenAt), SqliteSession.Micros(turn.EndedAt));
        for (var i = 0; i < turn.Parts.Count; i++)
        {
            var part = turn.Parts[i];
            session.Run(Sql.StorePart, turn.AnswerId, i, conversation, part.Body, part.Format, part.PlainBody);
        }
        SqliteLaneExtras.Apply(session, turn);
        return new TurnCommitted(true, answer, isBehind != 0);
    }

    private static DeliveryCommitted Commit(SqliteSession session, DeliveryCommit delivery)
    {
        long? due;
        using (var reader = session.Query(
            Sql.Deliver,
            delivery.Lease.Conversation.Value, delivery.Lease.Token, delivery.DeliveredThrough, delivery.Failure is null ? 0 : 1,
            (int)delivery.Next, session.Now + SqliteSession.Micros(delivery.Hold), session.Now))
        {
            if (!reader.Read())
            {
                return default;
            }
            due = reader.IsDBNull(0) ? null : reader.GetInt64(0);
        }
        if (delivery.Part is { } part)
        {
            session.Run(Sql.SetPart, part.MessageId, part.Ordinal, (int)part.State, part.PlatformMessageId, part.Error, session.Now);
        }
        SqliteLaneExtras.Apply(session, delivery);
        return new DeliveryCommitted(true, delivery.Next == LaneNext.Keep || due is null ? null : TimeSpan.FromMicroseconds(due.Value - session.Now));
    }

    private static string? Text(SqliteDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
