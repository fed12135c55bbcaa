using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>A worker that was held past its leases wakes with answers in its hands for lanes that are another's by now.</summary>
[Collection(RunsAlone.Name)]
[Trait("Category", "Faults")]
public sealed class ZombieTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task A_worker_that_was_frozen_past_its_leases_neither_delivers_nor_overwrites()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1);
        long[] chats = [.. Enumerable.Range(0, 20).Select(i => 7_000_000L + i)];
        var gate = new TaskCompletionSource();
        cluster.Backend.ModelFault = async (_, call) =>
        {
            if (call <= chats.Length)
            {
                await gate.Task;
            }
            return false;
        };

        // The zombie to be holds every lane and waits for the model.
        await Task.WhenAll(chats.Select(chat => cluster.DeliverAsync(new Update(chat, 0))));
        await Eventually.TrueAsync(() => cluster.Backend.Asked == chats.Length, Deadline, "every lane waits for the model");
        var zombie = cluster.Workers[0];
        await zombie.FreezeAsync();
        await cluster.AddWorkerAsync();
        await Eventually.TrueAsync(() => cluster.Backend.Delivered == chats.Length, Deadline, "the other worker has taken the lanes over");
        await LanesAreIdleAsync(cluster);
        var saved = await SavedAsync();

        // It wakes, finds its answers, and does what it would do until it has nothing left to do.
        gate.SetResult();
        zombie.Thaw();
        await zombie.StopAsync();

        Answers.Of(cluster.Backend, chats, 1).ShouldBe(new Answers(0, 0, 0));
        (await SavedAsync()).ShouldBe(saved);
        await Task.WhenAll(chats.Select(chat => cluster.DeliverAsync(new Update(chat, 1))));
        await Eventually.TrueAsync(() => Answers.Of(cluster.Backend, chats, 2).Lost == 0, Deadline, "the lanes go on");
        await LanesAreIdleAsync(cluster);
        Answers.Of(cluster.Backend, chats, 2).ShouldBe(new Answers(0, 0, 0));
    }

    /// <summary>Everything that is stored about turns, answers and parts.</summary>
    private async Task<string> SavedAsync()
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT string_agg(t::text, E'\n' ORDER BY id) FROM turns t) || (SELECT string_agg(p::text, E'\n' ORDER BY message_id, ordinal) FROM parts p)
                || (SELECT string_agg(m::text, E'\n' ORDER BY id) FROM messages m) || (SELECT string_agg(l::text, E'\n' ORDER BY conversation_id) FROM lanes l)
            """,
            connection);
        return ((string?)await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }

    private static Task LanesAreIdleAsync(Cluster cluster) =>
        Eventually.PassesAsync(
            async token =>
            {
                await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
                await connection.OpenAsync(token);
                await using var command = new NpgsqlCommand("SELECT count(*) FROM lanes WHERE due_at IS NOT NULL OR lease_owner IS NOT NULL", connection);
                ((long)(await command.ExecuteScalarAsync(token))!).ShouldBe(0);
            },
            Deadline,
            "every lane is idle");
}
