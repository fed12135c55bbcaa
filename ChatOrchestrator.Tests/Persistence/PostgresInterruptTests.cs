using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What only Postgres can get wrong: a statement that waited for a lock sees the rest as it was before.</summary>
[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresInterruptTests(PostgresTestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task An_interrupt_withdraws_an_answer_that_was_saved_while_it_waited_for_the_lane()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var turn = TestChat.Turn(await ClaimAsync(chat), asked);
        var command = (await chat.SayAsync("/stop", MessageKind.Command)).Sequence;
        await using var connection = new NpgsqlConnection(((PostgresTestStore)Store).ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        // As a turn's commit does it, but slowly.
        await ExecuteAsync(connection, $"SELECT 1 FROM lanes WHERE conversation_id = '{chat.Id}' FOR UPDATE");
        var interrupted = Task.Run(() => Lanes.InterruptAsync(chat.Id, command, "stop", default));
        await Eventually.TrueAsync(
            _ => WaitsForLockAsync(), Deadline, "the interrupt waits for the lane");
        await ExecuteAsync(connection, $"""
            INSERT INTO messages (id, conversation_id, connection_id, author, kind, text, answers_sequence, created_at)
            VALUES ('{turn.AnswerId}', '{chat.Id}', '{chat.Connection}', 1, 0, 'answer', {asked}, now());
            INSERT INTO parts (message_id, ordinal, conversation_id, state, attempts) VALUES ('{turn.AnswerId}', 0, '{chat.Id}', 0, 0);
            UPDATE lanes SET handled_sequence = {asked}, outbound_sequence = (SELECT sequence FROM messages WHERE id = '{turn.AnswerId}') WHERE conversation_id = '{chat.Id}'
            """);
        await transaction.CommitAsync();
        await interrupted.WaitAsync(Deadline);

        (await PartsAsync(chat)).Single().State.ShouldBe(PartState.Cancelled);
        (await TurnsAsync(chat)).ShouldBeEmpty();
    }

    [StoreFact]
    public Task A_turn_that_waited_for_a_lane_is_refused_if_the_lane_was_revoked_and_sees_what_else_was_done_to_it() => RevokeOneAsync(async (revoked, changed) =>
    {
        var turns = await Lanes.CommitTurnsAsync([TestChat.Turn(revoked, revoked.LastSequence), TestChat.Turn(changed, changed.LastSequence)], default);
        turns.Select(t => t.Held).ShouldBe([false, true]);
        turns[1].IsBehind.ShouldBeTrue("an operator's message came meanwhile");
    });

    [StoreFact]
    public Task An_outcome_that_waited_for_a_lane_is_refused_if_the_lane_was_revoked() => RevokeOneAsync(async (revoked, changed) =>
        (await Lanes.CommitDeliveriesAsync([Release(revoked), Release(changed)], default)).Select(d => d.Held).ShouldBe([false, true]));

    [StoreFact]
    public Task A_renewal_that_waited_for_a_lane_leaves_it_if_it_was_revoked() => RevokeOneAsync(async (revoked, changed) =>
        (await Lanes.RenewAsync([revoked.Lease, changed.Lease], TimeSpan.FromMinutes(1), default)).ShouldBe([changed.Conversation]));

    private static DeliveryCommit Release(ClaimedLane lane) => new() { Lease = lane.Lease, Next = LaneNext.Release };

    /// <summary>Two lanes are changed, one of them so that it is nobody's any more, while a statement about both waits for them.</summary>
    private async Task RevokeOneAsync(Func<ClaimedLane, ClaimedLane, Task> act)
    {
        var (one, other) = (await NewChatAsync(), await NewChatAsync());
        await one.SayAsync();
        var revoked = await ClaimAsync(one);
        await other.SayAsync();
        var changed = await ClaimAsync(other);
        await using var connection = new NpgsqlConnection(((PostgresTestStore)Store).ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"""
            UPDATE lanes SET lease_token = lease_token + 1 WHERE conversation_id = '{one.Id}';
            UPDATE lanes SET outbound_sequence = last_sequence + 1 WHERE conversation_id = '{other.Id}'
            """);

        var acting = Task.Run(() => act(revoked, changed));
        await Eventually.TrueAsync(_ => WaitsForLockAsync(), Deadline, "the statement waits for the lanes");
        await transaction.CommitAsync();

        await acting.WaitAsync(Deadline);
    }

    private async Task<bool> WaitsForLockAsync()
    {
        await using var connection = new NpgsqlConnection(((PostgresTestStore)Store).ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", connection);
        return (long)(await command.ExecuteScalarAsync())! > 0;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
