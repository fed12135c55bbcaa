using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Sql = ChatOrchestrator.Infrastructure.Persistence.ErasureStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteErasureStore(SqliteHotPath hotPath) : IErasureStore
{
    private const string KeepAudit = """
        INSERT INTO audit_log (id, at, actor, address, action, subject_type, subject_id, bot_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    private const string ReplaceContent = "UPDATE messages SET content = $2 WHERE sequence = $1";

    public Task<Erasure?> EraseAsync(Guid participant, Actor requestedBy, CancellationToken cancellationToken) => hotPath.WriteAsync(
        session =>
        {
            ConnectionId where;
            BotId? bot;
            string user;
            using (var reader = session.Query(Sql.FindUser, participant))
            {
                if (!reader.Read())
                {
                    return null;
                }
                (where, user, bot) = (new ConnectionId(reader.GetGuid(0)), reader.GetString(1), reader.IsDBNull(2) ? null : new BotId(reader.GetGuid(2)));
            }
            var erasure = Erase(session, where, user, participant, Sql.NameOf(requestedBy));
            var audit = Sql.AuditOf(erasure.Receipt, requestedBy, bot, participant);
            session.Run(KeepAudit, audit.Id, session.Now, audit.Actor, audit.Address, audit.Action, audit.SubjectType, audit.SubjectId, audit.BotId, audit.Detail);
            return erasure;
        },
        cancellationToken);

    /// <summary>In the caller's transaction.</summary>
    /// <param name="participant">Null: whoever has this user id, if anybody.</param>
    public static Erasure Erase(
        SqliteSession session, ConnectionId where, string user, Guid? participant, string requestedBy, IReadOnlyDictionary<string, int>? more = null)
    {
        var counts = Sql.CountsWith(more);
        if (participant is null)
        {
            using var reader = session.Query(Sql.FindParticipant, where.Value, user);
            participant = reader.Read() ? reader.GetGuid(0) : null;
        }
        var who = participant ?? Guid.Empty;
        var conversations = new List<(Guid Id, string ChatId, bool IsGroup)>();
        using (var reader = session.Query(Sql.FindConversations, where.Value, user, who))
        {
            while (reader.Read())
            {
                conversations.Add((reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(2)));
            }
        }
        foreach (var (id, chat, isGroup) in conversations)
        {
            if (isGroup)
            {
                ForgetQuotes(session, id, who, user, counts);
                foreach (var (counted, sql) in Sql.OfGroup)
                {
                    Count(counted, session.Run(sql, id, who));
                }
                session.Run(Sql.RevokeLane, id, session.Now + SqliteSession.Micros(Sql.AfterRevocation));
                Count("groupMessages", session.Run(Sql.EmptyMessages, id, who, session.Now));
                continue;
            }
            foreach (var (counted, sql) in Sql.OfPrivate)
            {
                Count(counted, session.Run(sql, id));
            }
            if (chat != user)
            {
                Count("events", session.Run(Sql.ForgetEvents, where.Value, chat));
            }
        }
        Count("events", session.Run(Sql.ForgetEvents, where.Value, user));
        Count("spendingDays", session.Run(Sql.DeleteSpending, who));
        Count("participants", session.Run(Sql.DeleteParticipant, where.Value, user));
        var now = SqliteSession.Time(session.Now);
        var receipt = new ErasureReceipt
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            ConnectionId = where,
            ParticipantId = participant,
            RequestedBy = requestedBy,
            Counts = Sql.CountsJson(counts),
        };
        session.Run(Sql.KeepReceipt, receipt.Id, session.Now, where.Value, participant, requestedBy, receipt.Counts);
        return new Erasure(receipt, [.. conversations.Select(c => new ConversationId(c.Id))]);

        void Count(string what, int rows) => counts[what] = counts.GetValueOrDefault(what) + rows;
    }

    private static void ForgetQuotes(SqliteSession session, Guid conversation, Guid participant, string user, SortedDictionary<string, int> counts)
    {
        var ids = new HashSet<string>();
        using (var reader = session.Query(Sql.FindMessageIds, conversation, participant))
        {
            while (reader.Read())
            {
                ids.Add(reader.GetString(0));
            }
        }
        var changed = new List<(long Sequence, string Content)>();
        using (var reader = session.Query(Sql.FindOthersContent, conversation, participant))
        {
            while (reader.Read())
            {
                if (Sql.Without(MessageContentJson.Read(reader.GetString(1)), user, ids) is { } without)
                {
                    changed.Add((reader.GetInt64(0), MessageContentJson.Write(without)));
                }
            }
        }
        foreach (var (sequence, content) in changed)
        {
            session.Run(ReplaceContent, sequence, content);
        }
        counts["quotes"] = counts.GetValueOrDefault("quotes") + changed.Count;
    }
}
