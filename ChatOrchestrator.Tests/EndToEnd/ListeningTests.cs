using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>Without a public address a connection is polled, by one process at a time.</summary>
public sealed class ListeningTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task One_process_polls_a_connection_at_a_time_and_another_takes_over_when_it_dies()
    {
        await using var cluster = await Cluster.StartAsync(
            postgres.ConnectionString, redis.Configuration, workers: 3, new Dictionary<string, string?> { ["PublicUrl"] = null });
        var platform = new Polls();
        cluster.Backend.Polled = platform.AnswerAsync;

        platform.Next = new Update(8_000_001, 0);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(8_000_001).Count == 1, Deadline, "what is polled is answered");
        var first = await HolderAsync();
        // Every process has looked for connections several times by then.
        await Eventually.TrueAsync(() => platform.Served >= 20, Deadline, "the polling goes on");

        await cluster.Workers.Single(w => first.Contains($"-{w.Id}-", StringComparison.Ordinal)).KillAsync();
        platform.Next = new Update(8_000_001, 1);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(8_000_001).Count == 2, Deadline, "another process polls");

        (await HolderAsync()).ShouldNotBe(first);
        platform.AtATime.ShouldBe(1);
        Answers.Of(cluster.Backend, [8_000_001], 2).ShouldBe(new Answers(0, 0, 0));
    }

    private async Task<string> HolderAsync()
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT owner FROM leases WHERE name LIKE 'listen:%'", connection);
        return ((string?)await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }

    /// <summary>getUpdates with one update at a time, held open for a while when there is none.</summary>
    private sealed class Polls
    {
        private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(250);

        private readonly Lock _lock = new();
        private int _open;

        /// <summary>Given out until it is confirmed by an offset behind it.</summary>
        public Update? Next { get; set; }

        public int Served { get; private set; }

        /// <summary>How many polls were open together at most.</summary>
        public int AtATime { get; private set; }

        public async Task AnswerAsync(HttpContext http)
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body);
            var offset = body.RootElement.GetProperty("offset").GetInt64();
            lock (_lock)
            {
                AtATime = Math.Max(AtATime, ++_open);
            }
            try
            {
                var update = Next is { } next && (next.Chat * 100_000) + next.Number >= offset ? next : null;
                if (update is null)
                {
                    using var timer = new PeriodicTimer(Hold);
                    await timer.WaitForNextTickAsync(http.RequestAborted);
                }
                await http.Response.WriteAsJsonAsync(new { ok = true, result = update is null ? [] : new[] { update.ToJson() } }, http.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // Whoever asked has gone.
            }
            finally
            {
                lock (_lock)
                {
                    _open--;
                    Served++;
                }
            }
        }
    }
}
