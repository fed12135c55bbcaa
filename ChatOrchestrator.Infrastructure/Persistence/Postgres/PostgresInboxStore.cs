using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Npgsql;
using NpgsqlTypes;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Postgres.PostgresInboxStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresInboxStore(PostgresHotPath hotPath) : IInboxStore
{
    public Task<IReadOnlyList<ResolvedAddress>> ResolveAsync(IReadOnlyList<InboxAddress> addresses, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<ResolvedAddress>>(
            async (connection, token) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(token);
                var people = await ResolveParticipantsAsync(connection, addresses, token);
                var conversations = await ResolveConversationsAsync(connection, addresses, token);
                ResolvedAddress[] resolved = [.. addresses.Select(a => new ResolvedAddress(
                    conversations[(a.Connection, a.Chat)],
                    people[(a.Connection, a.Author.UserId)]))];
                await using var participations = new NpgsqlCommand(Sql.AddParticipations, connection)
                    .Column(resolved, NpgsqlDbType.Uuid, r => r.Participant)
                    .Column(resolved, NpgsqlDbType.Uuid, r => r.Conversation.Value);
                await participations.ExecuteNonQueryAsync(token);
                await transaction.CommitAsync(token);
                return resolved;
            },
            cancellationToken);

    public Task<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<InboxMessage> messages, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<AppendResult>>(
            async (connection, token) =>
            {
                var results = new AppendResult[messages.Count];
                var redelivered = false;
                await using (var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        new NpgsqlBatchCommand(Sql.Gate).Column(messages, NpgsqlDbType.Bigint, m => Gates.KeyOf(m.Conversation)),
                        new NpgsqlBatchCommand(Sql.Append)
                            .Column(messages, NpgsqlDbType.Uuid, m => m.Id)
                            .Column(messages, NpgsqlDbType.Uuid, m => m.Connection.Value)
                            .Column(messages, NpgsqlDbType.Uuid, m => m.Conversation.Value)
                            .Column(messages, NpgsqlDbType.Uuid, m => m.Participant)
                            .Column(messages, NpgsqlDbType.Text, m => m.PlatformMessageId)
                            .Column(messages, NpgsqlDbType.Integer, m => (int)m.Kind)
                            .Column(messages, NpgsqlDbType.Text, m => m.Text)
                            .Column(messages, NpgsqlDbType.Text, m => m.TraceParent)
                            .Column(messages, NpgsqlDbType.TimestampTz, m => m.SentAt)
                            .Column(messages, NpgsqlDbType.Interval, m => TimeSpan.FromMilliseconds(m.QuietMs))
                            .Column(messages, NpgsqlDbType.Jsonb, m => MessageContentJson.Write(m.Content)),
                    },
                })
                await using (var reader = await batch.ExecuteReaderAsync(token))
                {
                    await reader.NextResultAsync(token);
                    for (var i = 0; await reader.ReadAsync(token); i++)
                    {
                        results[i] = new AppendResult((AppendKind)reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetTimeSpan(2));
                        redelivered |= results[i].Kind == AppendKind.Duplicate;
                    }
                }
                if (redelivered)
                {
                    var known = messages.Where((_, i) => results[i].Kind == AppendKind.Duplicate).ToArray();
                    await using var note = new NpgsqlCommand(Sql.NoteRedeliveries, connection)
                        .Column(known, NpgsqlDbType.Uuid, m => m.Connection.Value)
                        .Column(known, NpgsqlDbType.Text, m => m.PlatformMessageId);
                    await note.ExecuteNonQueryAsync(token);
                }
                return results;
            },
            cancellationToken);

    public Task<int> RecordAsync(ConnectionId connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken) =>
        hotPath.RunAsync((database, token) => PostgresInboxEvents.RecordAsync(database, connection, events, token), cancellationToken);

    private static async Task<Dictionary<(ConnectionId, string), Guid>> ResolveParticipantsAsync(NpgsqlConnection connection, IReadOnlyList<InboxAddress> addresses, CancellationToken token)
    {
        var people = addresses.GroupBy(a => (a.Connection, a.Author.UserId)).Select(g => g.Last()).ToArray();
        await using var command = new NpgsqlCommand(Sql.ResolveParticipants, connection)
            .Column(people, NpgsqlDbType.Uuid, _ => Guid.CreateVersion7())
            .Column(people, NpgsqlDbType.Uuid, a => a.Connection.Value)
            .Column(people, NpgsqlDbType.Text, a => a.Author.UserId)
            .Column(people, NpgsqlDbType.Text, a => a.Author.DisplayName)
            .Column(people, NpgsqlDbType.Text, a => a.Author.Username)
            .Column(people, NpgsqlDbType.Text, a => a.Author.Language);
        var ids = new Dictionary<(ConnectionId, string), Guid>(people.Length);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            ids[(new ConnectionId(reader.GetGuid(0)), reader.GetString(1))] = reader.GetGuid(2);
        }
        return ids;
    }

    private static async Task<Dictionary<(ConnectionId, ChatAddress), ConversationId>> ResolveConversationsAsync(NpgsqlConnection connection, IReadOnlyList<InboxAddress> addresses, CancellationToken token)
    {
        var chats = addresses.GroupBy(a => (a.Connection, a.Chat)).Select(g => g.Last()).ToArray();
        await using var command = new NpgsqlCommand(Sql.ResolveConversations, connection)
            .Column(chats, NpgsqlDbType.Uuid, _ => Guid.CreateVersion7())
            .Column(chats, NpgsqlDbType.Uuid, a => a.Bot.Value)
            .Column(chats, NpgsqlDbType.Uuid, a => a.Connection.Value)
            .Column(chats, NpgsqlDbType.Text, a => a.Chat.ChatId)
            .Column(chats, NpgsqlDbType.Text, a => a.Chat.ThreadId)
            .Column(chats, NpgsqlDbType.Boolean, a => a.IsGroup)
            .Column(chats, NpgsqlDbType.Text, a => a.Title);
        var ids = new Dictionary<(ConnectionId, ChatAddress), ConversationId>(chats.Length);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            ids[(new ConnectionId(reader.GetGuid(0)), new ChatAddress(reader.GetString(1), reader.GetString(2)))] = new ConversationId(reader.GetGuid(3));
        }
        return ids;
    }
}
