using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Npgsql;
using NpgsqlTypes;
using Sql = ChatOrchestrator.Infrastructure.Persistence.Postgres.PostgresLaneStatements;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresLaneStore(PostgresHotPath hotPath) : ILaneStore
{
    public Task<IReadOnlyList<ClaimedLane>> ClaimAsync(string worker, int max, TimeSpan lease, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<ClaimedLane>>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Sql.Claim, connection).Value(worker).Value(max).Value(lease);
                await using var reader = await command.ExecuteReaderAsync(token);
                var lanes = new List<ClaimedLane>();
                while (await reader.ReadAsync(token))
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
                        TakenOverFrom = reader.IsDBNull(7) ? null : reader.GetString(7),
                        Connection = new ConnectionId(reader.GetGuid(8)),
                        Chat = new ChatAddress(reader.GetString(9), reader.GetString(10)),
                        IsGroup = reader.GetBoolean(11),
                        State = (ConversationState)reader.GetInt32(12),
                        ForgottenThrough = reader.GetInt64(13),
                    });
                }
                return lanes;
            },
            cancellationToken);

    public Task<IReadOnlyList<LaneContent>> LoadAsync(IReadOnlyList<LaneQuery> lanes, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<LaneContent>>(
            async (connection, token) =>
            {
                var loads = new LaneContentBuilder[lanes.Count];
                for (var i = 0; i < loads.Length; i++)
                {
                    loads[i] = new LaneContentBuilder(lanes[i].MaxHistory);
                }
                await ReadMessagesAsync(connection, lanes, loads, token);
                if (lanes.Any(q => q.Lane.HasOutbound))
                {
                    await ReadPartsAsync(connection, lanes, loads, token);
                }
                return [.. loads.Select(l => l.Build())];
            },
            cancellationToken);

    public Task<IReadOnlySet<ConversationId>> RenewAsync(IReadOnlyList<Lease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlySet<ConversationId>>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Sql.Renew, connection)
                    .Column(leases, NpgsqlDbType.Uuid, l => l.Conversation.Value)
                    .Column(leases, NpgsqlDbType.Bigint, l => l.Token)
                    .Value(lease);
                await using var reader = await command.ExecuteReaderAsync(token);
                var held = new HashSet<ConversationId>();
                while (await reader.ReadAsync(token))
                {
                    held.Add(new ConversationId(reader.GetGuid(0)));
                }
                return held;
            },
            cancellationToken);

    public Task<LanesCommitted> CommitAsync(IReadOnlyList<DeliveryCommit> deliveries, IReadOnlyList<TurnCommit> turns, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                if (!deliveries.Any(PostgresLaneExtras.HasExtras) && !turns.Any(PostgresLaneExtras.HasExtras))
                {
                    return await CommitAsync(connection, deliveries, turns, token);
                }
                await using var transaction = await connection.BeginTransactionAsync(token);
                var committed = await CommitAsync(connection, deliveries, turns, token);
                var charges = new List<BudgetCharge>();
                for (var i = 0; i < deliveries.Count; i++)
                {
                    if (committed.Deliveries[i].Held)
                    {
                        await PostgresLaneExtras.ApplyAsync(connection, deliveries[i], token);
                        AddCharge(deliveries[i].Charge);
                    }
                }
                for (var i = 0; i < turns.Count; i++)
                {
                    if (committed.Turns[i].Held)
                    {
                        await PostgresLaneExtras.ApplyAsync(connection, turns[i], token);
                        AddCharge(turns[i].Charge);
                    }
                }
                if (charges.Count > 0)
                {
                    await PostgresBudgetStore.SettleAsync(connection, charges, token);
                }
                await transaction.CommitAsync(token);
                return committed;

                void AddCharge(BudgetCharge? charge)
                {
                    if (charge is { } used)
                    {
                        charges.Add(used);
                    }
                }
            },
            cancellationToken);

    public Task InterruptAsync(ConversationId conversation, long beforeSequence, string reason, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(token);
                await using var locking = new NpgsqlCommand(Sql.Lock, connection).Value(conversation.Value);
                await locking.ExecuteNonQueryAsync(token);
                await using var command = new NpgsqlCommand(Sql.Interrupt, connection).Value(conversation.Value).Value(beforeSequence).Value(reason);
                var changed = await command.ExecuteNonQueryAsync(token);
                await transaction.CommitAsync(token);
                return changed;
            },
            cancellationToken);

    public Task AnnotateAsync(Lease lease, MessageNote note, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Sql.Annotate, connection)
                    .Value(lease.Conversation.Value).Value(lease.Token).Value(note.MessageId).Value(note.Kind).Value<string?>(note.Detail).Value<string?>(note.Text);
                command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = MessageContentJson.Write(note.Content), NpgsqlDbType = NpgsqlDbType.Jsonb });
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);

    public Task<LaneBacklog> BacklogAsync(CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Sql.Backlog, connection);
                await using var reader = await command.ExecuteReaderAsync(token);
                await reader.ReadAsync(token);
                return new LaneBacklog(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetTimeSpan(1));
            },
            cancellationToken);

    private static async Task ReadMessagesAsync(NpgsqlConnection connection, IReadOnlyList<LaneQuery> lanes, LaneContentBuilder[] loads, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Sql.LoadMessages, connection)
            .Column(lanes, NpgsqlDbType.Uuid, q => q.Lane.Conversation.Value)
            .Column(lanes, NpgsqlDbType.Bigint, q => q.Lane.HandledSequence)
            .Column(lanes, NpgsqlDbType.Bigint, q => q.Lane.ForgottenThrough)
            .Column(lanes, NpgsqlDbType.Integer, q => q.Lane.HasInbound ? q.MaxPending : 0)
            .Column(lanes, NpgsqlDbType.Integer, q => q.Lane.HasInbound ? q.MaxHistory : 0)
            .Column(lanes, NpgsqlDbType.Boolean, q => q.Lane.IsGroup);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            var message = new LaneMessage(
                reader.GetInt64(2),
                reader.GetGuid(3),
                (MessageAuthor)reader.GetInt32(4),
                (MessageKind)reader.GetInt32(5),
                reader.GetString(6),
                reader.IsDBNull(7) ? null : reader.GetInt64(7),
                reader.IsDBNull(8) ? null : reader.GetString(8),
                reader.GetFieldValue<DateTimeOffset>(9),
                reader.IsDBNull(10) ? null : reader.GetString(10),
                reader.IsDBNull(11) ? null : reader.GetGuid(11),
                reader.IsDBNull(12) ? null : MessageContentJson.Read(reader.GetString(12)),
                reader.IsDBNull(13) ? null : reader.GetFieldValue<DateTimeOffset>(13));
            loads[reader.GetInt64(0) - 1].Add(pending: reader.GetInt32(1) == 0, message);
        }
    }

    private static async Task ReadPartsAsync(NpgsqlConnection connection, IReadOnlyList<LaneQuery> lanes, LaneContentBuilder[] loads, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Sql.LoadParts, connection)
            .Column(lanes, NpgsqlDbType.Uuid, q => q.Lane.Conversation.Value)
            .Column(lanes, NpgsqlDbType.Bigint, q => q.Lane.HasOutbound ? q.Lane.DeliveredSequence : long.MaxValue);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            loads[reader.GetInt64(0) - 1].Add(new OpenPart(
                reader.GetGuid(1),
                reader.GetInt64(2),
                reader.GetInt32(3),
                reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                (PartState)reader.GetInt32(7),
                reader.GetInt32(8),
                (MessageAuthor)reader.GetInt32(9),
                reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10),
                reader.IsDBNull(11) ? null : reader.GetString(11)));
        }
    }

    /// <summary>One round trip and, outside of a transaction, one commit.</summary>
    private static async Task<LanesCommitted> CommitAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryCommit> deliveries, IReadOnlyList<TurnCommit> turns, CancellationToken token)
    {
        var delivered = new DeliveryCommitted[deliveries.Count];
        var turned = new TurnCommitted[turns.Count];
        await using var batch = new NpgsqlBatch(connection);
        var released = deliveries.Where(d => d.Next == LaneNext.Release).ToArray();
        if (released.Length > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresInboxStatements.Gate).Column(released, NpgsqlDbType.Bigint, d => Gates.KeyOf(d.Lease.Conversation)));
        }
        if (deliveries.Count > 0 && turns.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Sql.LockAll)
                .Column([.. deliveries.Select(d => d.Lease), .. turns.Select(t => t.Lease)], NpgsqlDbType.Uuid, l => l.Conversation.Value));
        }
        var locks = batch.BatchCommands.Count;
        if (deliveries.Count > 0)
        {
            batch.BatchCommands.Add(Deliveries(deliveries));
        }
        if (turns.Count > 0)
        {
            batch.BatchCommands.Add(Turns(turns));
        }
        await using var reader = await batch.ExecuteReaderAsync(token);
        for (; locks > 0; locks--)
        {
            await reader.NextResultAsync(token);
        }
        if (deliveries.Count > 0)
        {
            while (await reader.ReadAsync(token))
            {
                delivered[reader.GetInt64(0) - 1] = new DeliveryCommitted(true, reader.IsDBNull(1) ? null : reader.GetTimeSpan(1));
            }
            await reader.NextResultAsync(token);
        }
        if (turns.Count > 0)
        {
            while (await reader.ReadAsync(token))
            {
                turned[reader.GetInt64(0) - 1] = new TurnCommitted(true, reader.GetInt64(1), reader.GetBoolean(2));
            }
        }
        return new LanesCommitted(delivered, turned);
    }

    private static NpgsqlBatchCommand Turns(IReadOnlyList<TurnCommit> turns)
    {
        var parts = new List<(int Turn, int Ordinal, PartBody Body)>(turns.Count);
        for (var turn = 0; turn < turns.Count; turn++)
        {
            for (var i = 0; i < turns[turn].Parts.Count; i++)
            {
                parts.Add((turn, i, turns[turn].Parts[i]));
            }
        }
        return new NpgsqlBatchCommand(Sql.CommitTurns)
            .Column(turns, NpgsqlDbType.Uuid, t => t.Lease.Conversation.Value)
            .Column(turns, NpgsqlDbType.Bigint, t => t.Lease.Token)
            .Column(turns, NpgsqlDbType.Uuid, t => t.Connection.Value)
            .Column(turns, NpgsqlDbType.Uuid, t => t.TurnId)
            .Column(turns, NpgsqlDbType.Bigint, t => t.FromSequence)
            .Column(turns, NpgsqlDbType.Bigint, t => t.ThroughSequence)
            .Column(turns, NpgsqlDbType.Integer, t => (int)t.State)
            .Column(turns, NpgsqlDbType.Text, t => t.Reason)
            .Column(turns, NpgsqlDbType.Uuid, t => t.AnswerId)
            .Column(turns, NpgsqlDbType.Text, t => t.Answer)
            .Column(turns, NpgsqlDbType.Text, t => t.Model)
            .Column(turns, NpgsqlDbType.Integer, t => t.PromptVersion)
            .Column(turns, NpgsqlDbType.Integer, t => t.InputTokens)
            .Column(turns, NpgsqlDbType.Integer, t => t.OutputTokens)
            .Column(turns, NpgsqlDbType.Bigint, t => t.CostNanos)
            .Column(turns, NpgsqlDbType.Integer, t => t.Attempt)
            .Column(turns, NpgsqlDbType.Text, t => t.Worker)
            .Column(turns, NpgsqlDbType.TimestampTz, t => t.StartedAt)
            .Column(turns, NpgsqlDbType.TimestampTz, t => t.FirstTokenAt)
            .Column(turns, NpgsqlDbType.TimestampTz, t => t.EndedAt)
            .Column(turns, NpgsqlDbType.Text, t => t.TraceParent)
            .Column(parts, NpgsqlDbType.Uuid, p => turns[p.Turn].AnswerId)
            .Column(parts, NpgsqlDbType.Integer, p => p.Ordinal)
            .Column(parts, NpgsqlDbType.Bigint, p => p.Turn + 1L)
            .Column(parts, NpgsqlDbType.Text, p => p.Body.Body)
            .Column(parts, NpgsqlDbType.Text, p => p.Body.Format)
            .Column(parts, NpgsqlDbType.Text, p => p.Body.PlainBody);
    }

    private static NpgsqlBatchCommand Deliveries(IReadOnlyList<DeliveryCommit> deliveries) => new NpgsqlBatchCommand(Sql.CommitDeliveries)
        .Column(deliveries, NpgsqlDbType.Uuid, d => d.Lease.Conversation.Value)
        .Column(deliveries, NpgsqlDbType.Bigint, d => d.Lease.Token)
        .Column(deliveries, NpgsqlDbType.Uuid, d => d.Part?.MessageId)
        .Column(deliveries, NpgsqlDbType.Integer, d => d.Part?.Ordinal)
        .Column(deliveries, NpgsqlDbType.Integer, d => (int?)d.Part?.State)
        .Column(deliveries, NpgsqlDbType.Text, d => d.Part?.PlatformMessageId)
        .Column(deliveries, NpgsqlDbType.Text, d => d.Part?.Error)
        .Column(deliveries, NpgsqlDbType.Bigint, d => d.DeliveredThrough)
        .Column(deliveries, NpgsqlDbType.Integer, d => (int)d.Next)
        .Column(deliveries, NpgsqlDbType.Interval, d => d.Hold)
        .Column(deliveries, NpgsqlDbType.Integer, d => d.Failure is null ? 0 : 1);
}
