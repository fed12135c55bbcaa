using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Npgsql;
using Sql = ChatOrchestrator.Infrastructure.Persistence.ErasureStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresErasureStore(PostgresHotPath hotPath, TimeProvider time) : IErasureStore
{
    private const string KeepAudit = """
        INSERT INTO audit_log (id, at, actor, address, action, subject_type, subject_id, bot_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb)
        """;

    private const string ReplaceContent = "UPDATE messages SET content = $2::jsonb WHERE sequence = $1";

    public Task<Erasure?> EraseAsync(Guid participant, Actor requestedBy, CancellationToken cancellationToken) => hotPath.RunAsync(
        async (connection, token) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using var find = new NpgsqlCommand(Sql.FindUser, connection).Value(participant);
            ConnectionId where;
            BotId? bot;
            string user;
            await using (var reader = await find.ExecuteReaderAsync(token))
            {
                if (!await reader.ReadAsync(token))
                {
                    return null;
                }
                (where, user, bot) = (new ConnectionId(reader.GetGuid(0)), reader.GetString(1), reader.IsDBNull(2) ? null : new BotId(reader.GetGuid(2)));
            }
            var erasure = await EraseAsync(connection, where, user, participant, Sql.NameOf(requestedBy), time.GetUtcNow(), token);
            var audit = Sql.AuditOf(erasure.Receipt, requestedBy, bot, participant);
            await using var note = new NpgsqlCommand(KeepAudit, connection)
                .Value(audit.Id).Value(audit.At).Value(audit.Actor).Value(audit.Address).Value(audit.Action).Value(audit.SubjectType).Value(audit.SubjectId).Value(audit.BotId).Value(audit.Detail);
            await note.ExecuteNonQueryAsync(token);
            await transaction.CommitAsync(token);
            return erasure;
        },
        cancellationToken);

    /// <summary>In the caller's transaction.</summary>
    /// <param name="participant">Null: whoever has this user id, if anybody.</param>
    /// <param name="more">What the receipt says beside the rows.</param>
    public static async Task<Erasure> EraseAsync(
        NpgsqlConnection connection, ConnectionId where, string user, Guid? participant, string requestedBy, DateTimeOffset now, CancellationToken token,
        IReadOnlyDictionary<string, int>? more = null)
    {
        var counts = Sql.CountsWith(more);
        if (participant is null)
        {
            await using var find = new NpgsqlCommand(Sql.FindParticipant, connection).Value(where.Value).Value(user);
            participant = await find.ExecuteScalarAsync(token) as Guid?;
        }
        var who = participant ?? Guid.Empty;
        var conversations = new List<(Guid Id, string ChatId, bool IsGroup)>();
        await using (var find = new NpgsqlCommand(Sql.FindConversations, connection).Value(where.Value).Value(user).Value(who))
        await using (var reader = await find.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                conversations.Add((reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(2)));
            }
        }
        // Nobody adds a message meanwhile; the gates in one order, as everybody passes them.
        foreach (var key in conversations.Select(c => Gates.KeyOf(new ConversationId(c.Id))).Distinct().Order())
        {
            await RunAsync("SELECT pg_advisory_xact_lock($1)", c => c.Value(key));
        }
        foreach (var (id, chat, isGroup) in conversations)
        {
            if (isGroup)
            {
                await ForgetQuotesAsync(connection, id, who, user, counts, token);
                foreach (var (counted, sql) in Sql.OfGroup)
                {
                    Count(counted, await RunAsync(sql, c => c.Value(id).Value(who)));
                }
                await RunAsync(Sql.RevokeLane, c => c.Value(id).Value(now + Sql.AfterRevocation));
                Count("groupMessages", await RunAsync(Sql.EmptyMessages, c => c.Value(id).Value(who).Value(now)));
                continue;
            }
            foreach (var (counted, sql) in Sql.OfPrivate)
            {
                Count(counted, await RunAsync(sql, c => c.Value(id)));
            }
            if (chat != user)
            {
                Count("events", await RunAsync(Sql.ForgetEvents, c => c.Value(where.Value).Value(chat)));
            }
        }
        Count("events", await RunAsync(Sql.ForgetEvents, c => c.Value(where.Value).Value(user)));
        Count("spendingDays", await RunAsync(Sql.DeleteSpending, c => c.Value(who)));
        Count("participants", await RunAsync(Sql.DeleteParticipant, c => c.Value(where.Value).Value(user)));
        var receipt = new ErasureReceipt
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            ConnectionId = where,
            ParticipantId = participant,
            RequestedBy = requestedBy,
            Counts = Sql.CountsJson(counts),
        };
        await RunAsync(Sql.KeepReceipt, c => c
            .Value(receipt.Id).Value(now).Value(where.Value).Value(participant).Value(requestedBy).Value(receipt.Counts));
        return new Erasure(receipt, [.. conversations.Select(c => new ConversationId(c.Id))]);

        async Task<int> RunAsync(string sql, Func<NpgsqlCommand, NpgsqlCommand> bind)
        {
            await using var command = bind(new NpgsqlCommand(sql, connection));
            return await command.ExecuteNonQueryAsync(token);
        }

        void Count(string what, int rows) => counts[what] = counts.GetValueOrDefault(what) + Math.Max(0, rows);
    }

    private static async Task ForgetQuotesAsync(
        NpgsqlConnection connection, Guid conversation, Guid participant, string user, SortedDictionary<string, int> counts, CancellationToken token)
    {
        var ids = new HashSet<string>();
        await using (var find = new NpgsqlCommand(Sql.FindMessageIds, connection).Value(conversation).Value(participant))
        await using (var reader = await find.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                ids.Add(reader.GetString(0));
            }
        }
        var changed = new List<(long Sequence, string Content)>();
        await using (var find = new NpgsqlCommand(Sql.FindOthersContent, connection).Value(conversation).Value(participant))
        await using (var reader = await find.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                if (Sql.Without(MessageContentJson.Read(reader.GetString(1)), user, ids) is { } without)
                {
                    changed.Add((reader.GetInt64(0), MessageContentJson.Write(without)));
                }
            }
        }
        foreach (var (sequence, content) in changed)
        {
            await using var replace = new NpgsqlCommand(ReplaceContent, connection).Value(sequence).Value(content);
            await replace.ExecuteNonQueryAsync(token);
        }
        counts["quotes"] = counts.GetValueOrDefault("quotes") + changed.Count;
    }
}
