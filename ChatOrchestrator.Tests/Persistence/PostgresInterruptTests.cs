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
