using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>A process that is frozen in the middle of a transaction holds locks that everybody needs.</summary>
[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresStalledProcessTests(PostgresTestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task A_process_that_stands_still_in_a_transaction_does_not_keep_messages_from_being_stored()
    {
        var (chat, another) = (await NewChatAsync(), await NewChatAsync());
        await chat.SayAsync();
        await using var hotPath = new PostgresHotPath(((PostgresTestStore)Store).ConnectionString);
        var (locked, thaw) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stalled = hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(token);
                await using var command = new NpgsqlCommand(
                    $"SELECT pg_advisory_xact_lock({Gates.KeyOf(chat.Id)}); UPDATE lanes SET attempts = 99 WHERE conversation_id = '{chat.Id}'", connection);
                await command.ExecuteNonQueryAsync(token);
                locked.SetResult();
                await thaw.Task;
                await transaction.CommitAsync(token);
                return true;
            },
            default);
        await locked.Task.WaitAsync(Deadline);

        // One statement for both, as concurrent webhooks share it.
        var stored = await Inbox.AppendAsync([chat.Message(), another.Message()], default).WaitAsync(Deadline);

        stored.Select(s => s.Kind).ShouldAllBe(kind => kind == AppendKind.Stored);
        thaw.SetResult();
        await Should.ThrowAsync<StoreUnavailableException>(() => stalled.WaitAsync(Deadline), "what it had begun is undone, and it may try again");
        (await LaneAsync(chat)).Attempts.ShouldBe(0);
    }
}
