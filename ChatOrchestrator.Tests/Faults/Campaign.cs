using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>
/// The API and two workers on a Postgres and a Redis of their own, under a steady load, and what is done to them. After
/// each round nothing may be left: <see cref="Verdict"/> says what became of it.
/// </summary>
public sealed class Campaign : IAsyncDisposable
{
    public const int Chats = 60;
    public const double PerSecond = 60;

    private const int Workers = 2;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    /// <summary>For requests that a process had written when it ended and that are read only now.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(2);

    private readonly PostgresServer _postgres;
    private readonly RedisServer _redis;
    private readonly PostgresDatabase _database;
    private readonly Cluster _cluster;
    private readonly BackendFaults _backend;
    private long _nextChat = 10_000_000;

    private Campaign(PostgresServer postgres, RedisServer redis, PostgresDatabase database, Cluster cluster)
    {
        (_postgres, _redis, _database, _cluster) = (postgres, redis, database, cluster);
        _backend = new BackendFaults(cluster.Backend);
    }

    /// <summary>How often each fault was injected so far.</summary>
    public SortedDictionary<FaultKind, int> Injected { get; } = [];

    public static async Task<Campaign> StartAsync()
    {
        var postgres = await PostgresServer.StartPrivateAsync();
        var redis = await RedisServer.StartPrivateAsync();
        var database = await postgres.CreateDatabaseAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Engine__LeaseSeconds"] = Lease.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Engine__DrainSeconds"] = "1",
        };
        var bot = new Dictionary<string, object> { ["ai"] = new { timeoutSeconds = 5 } };
        var cluster = await Cluster.StartAsync(database.ConnectionString, redis.Configuration, Workers, settings, bot);
        cluster.Backend.ModelDelay = TimeSpan.FromMilliseconds(40);
        return new Campaign(postgres, redis, database, cluster);
    }

    /// <summary>Injects faults one after another, at random moments of a steady load, and waits until everything has come to rest.</summary>
    public async Task<Verdict> RoundAsync(IEnumerable<FaultKind> faults, Random random)
    {
        var ledger = new Ledger(TimeProvider.System);
        long[] chats = [.. Enumerable.Range(0, Chats).Select(_ => _nextChat++)];
        _backend.WriteTo(ledger);
        await using (new Load(_cluster, ledger, chats, PerSecond))
        {
            await MoreAcknowledgedAsync(ledger, random.Next(20, 60));
            foreach (var fault in faults)
            {
                Injected[fault] = Injected.GetValueOrDefault(fault) + 1;
                var from = ledger.Now;
                await InjectAsync(fault, ledger, chats, random);
                ledger.Faults.Enqueue($"{fault} {from.TotalSeconds:F3}–{ledger.Now.TotalSeconds:F3}");
                await MoreAcknowledgedAsync(ledger, random.Next(20, 60));
            }
        }
        await Eventually.PassesAsync(AtRestAsync, Deadline, "every lane has drained");
        var verdict = Verdict.Of(ledger, await DeadLettersAsync(chats));
        return verdict.Violations.Count == 0 ? verdict : verdict with { Violations = [.. verdict.Violations, .. await ExplainAsync(ledger, verdict)] };
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _database.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task InjectAsync(FaultKind fault, Ledger ledger, long[] chats, Random random)
    {
        var from = ledger.Now;
        var worker = random.Next(Workers);
        switch (fault)
        {
            case FaultKind.WorkerKilled:
                await _cluster.Workers[worker].KillAsync();
                var killed = ledger.Now;
                await _cluster.ReplaceWorkerAsync(worker);
                ledger.Interrupt(new Interruption(fault, from, killed + OnTheWay, null, ledger.Now));
                break;

            case FaultKind.WorkerStopped:
                _backend.Next(fault, 12);
                await Eventually.TrueAsync(() => _backend.IsOver(fault), Deadline, "sends hang");
                from = ledger.Now;
                await _cluster.Workers[worker].StopAsync();
                var stopped = ledger.Now;
                await _cluster.ReplaceWorkerAsync(worker);
                ledger.Interrupt(new Interruption(fault, from, stopped + OnTheWay, null, ledger.Now));
                break;

            case FaultKind.WorkerFrozen:
                await _cluster.Workers[worker].FreezeAsync();
                var frozen = ledger.Now;
                await PassAsync(Lease + TimeSpan.FromSeconds(1));
                var thawed = ledger.Now;
                _cluster.Workers[worker].Thaw();
                ledger.Interrupt(new Interruption(fault, from, frozen + OnTheWay, thawed, thawed));
                break;

            case FaultKind.ApiKilled:
                await _cluster.RestartApiAsync();
                // It sends nothing: no answer may be repeated for it.
                ledger.Interrupt(new Interruption(fault, from, TimeSpan.MinValue, null, ledger.Now));
                break;

            case FaultKind.AllKilled:
                await Task.WhenAll(_cluster.Workers.Append(_cluster.Api).Select(process => process.KillAsync()));
                var ended = ledger.Now;
                await Task.WhenAll(Enumerable.Range(0, Workers).Select(_cluster.ReplaceWorkerAsync).Append(_cluster.ReplaceApiAsync()));
                ledger.Interrupt(new Interruption(fault, from, ended + OnTheWay, null, ledger.Now));
                break;

            case FaultKind.RedisRestarted:
                await _redis.StopAsync();
                await MoreAcknowledgedAsync(ledger, 30);
                await _redis.StartAsync();
                break;

            case FaultKind.PostgresRestartedFast or FaultKind.PostgresRestartedImmediately:
                await _postgres.StopAsync(fault == FaultKind.PostgresRestartedFast ? PostgresShutdown.Fast : PostgresShutdown.Immediate);
                await PassAsync(TimeSpan.FromSeconds(random.NextDouble()));
                await _postgres.StartAsync();
                // What was sent when it went away could not be saved, and the rest of a lease may be shorter than the outage.
                ledger.Interrupt(new Interruption(fault, from, ledger.Now, null, ledger.Now));
                break;

            case FaultKind.UserBlocks:
                _backend.Block(chats[random.Next(chats.Length)]);
                break;

            default:
                _backend.Next(fault, fault is FaultKind.ModelHangs or FaultKind.PlatformHangs ? 3 : 6);
                await Eventually.TrueAsync(() => _backend.IsOver(fault), Deadline, $"{fault}: every fault was met");
                break;
        }
    }

    private static Task MoreAcknowledgedAsync(Ledger ledger, int more)
    {
        var enough = ledger.Acknowledged.Count + more;
        return Eventually.TrueAsync(() => ledger.Acknowledged.Count >= enough, Deadline, $"{more} more questions are acknowledged");
    }

    private static async Task PassAsync(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
        {
            using var timer = new PeriodicTimer(time);
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Nothing waits, nothing is held, nothing is still to be sent.</summary>
    private async Task AtRestAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM lanes WHERE due_at IS NOT NULL), (SELECT count(*) FROM lanes WHERE lease_owner IS NOT NULL),
                   (SELECT count(*) FROM lanes WHERE last_sequence > handled_sequence OR outbound_sequence > delivered_sequence),
                   (SELECT count(*) FROM parts WHERE state IN (0, 1, 2))
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)).ShouldBe((0, 0, 0, 0), "lanes due, lanes held, lanes behind, open parts");
    }

    /// <summary>Questions whose turn failed for good, and those whose answer did.</summary>
    private async Task<HashSet<Question>> DeadLettersAsync(long[] chats)
    {
        await using var connection = await OpenAsync(default);
        await using var command = new NpgsqlCommand(
            """
            SELECT q.text FROM dead_letters d
            JOIN messages m ON m.id = d.message_id
            JOIN messages q ON q.conversation_id = m.conversation_id AND q.sequence = COALESCE(m.answers_sequence, m.sequence)
            JOIN conversations c ON c.id = m.conversation_id
            WHERE c.chat_id = ANY($1)
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = chats.Select(c => c.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        var questions = new HashSet<Question>();
        while (await reader.ReadAsync())
        {
            questions.Add(Ledger.QuestionOf(reader.GetString(0)).ShouldNotBeNull());
        }
        return questions;
    }

    /// <summary>What is known about the chats in which something was violated: faults, arrivals, and what is stored of their turns.</summary>
    private async Task<IEnumerable<string>> ExplainAsync(Ledger ledger, Verdict verdict)
    {
        await using var connection = await OpenAsync(default);
        var lines = new List<string> { $"faults: {string.Join(", ", ledger.Faults)}" };
        foreach (var chat in ledger.Chats.Where(chat => verdict.Violations.Any(v => v.StartsWith($"chat {chat}:", StringComparison.Ordinal))).Take(5))
        {
            lines.Add($"chat {chat} arrivals: {string.Join(", ", ledger.Arrivals(chat).Select(a => $"{a.Number} at {a.At.TotalSeconds:F3}"))}");
            await using var command = new NpgsqlCommand(
                """
                SELECT concat_ws(' ', 'turn through', t.through_sequence, 'state', t.state, t.reason, 'attempt', t.attempt, 'by', t.worker, 'at', t.started_at, t.ended_at,
                    '; part', p.ordinal, 'state', p.state, 'attempts', p.attempts, p.error, p.sent_at)
                FROM turns t JOIN conversations c ON c.id = t.conversation_id LEFT JOIN messages m ON m.turn_id = t.id LEFT JOIN parts p ON p.message_id = m.id
                WHERE c.chat_id = $1 ORDER BY t.through_sequence
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter { Value = chat.ToString(System.Globalization.CultureInfo.InvariantCulture) });
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add($"chat {chat} {reader.GetString(0)}");
            }
        }
        return lines;
    }

    /// <summary>Unpooled: a pooled connection would be one of before the server's restart.</summary>
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
