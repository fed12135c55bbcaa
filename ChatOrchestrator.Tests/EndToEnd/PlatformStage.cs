using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;
using Npgsql;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>
/// The API and two workers on a Postgres and a Redis of their own, with the simulator as every platform. A public address is
/// for all connections or none: there are two of these, started when they are first asked for.
/// </summary>
public sealed class PlatformStage : IAsyncLifetime
{
    private const int Workers = 2;

    private readonly Dictionary<bool, (Cluster Cluster, PostgresDatabase Postgres, RedisDatabase Redis)> _clusters = [];

    public SimulatorInstance Simulator { get; private set; } = null!;

    public async Task InitializeAsync() => Simulator = await SimulatorInstance.StartAsync(
        null,
        "--Simulator:Meta:WebhookRetryDelay=00:00:00.050",
        // An envelope waits for the next socket, however long a replica takes to open it on a busy machine.
        "--Simulator:Slack:AckTimeout=00:01:00",
        "--Simulator:Slack:RetryDelay=00:00:00.200",
        "--Simulator:Discord:MessagesPerFiveSeconds=0",
        "--Simulator:Discord:CallsPerSecond=0",
        "--Simulator:Discord:HeartbeatIntervalMs=1000");

    public async Task DisposeAsync()
    {
        foreach (var (cluster, postgres, redis) in _clusters.Values)
        {
            await cluster.DisposeAsync();
            await postgres.DisposeAsync();
            await redis.DisposeAsync();
        }
        await Simulator.DisposeAsync();
    }

    /// <param name="isReachable">Whether the platforms reach the API.</param>
    public async Task<Cluster> ClusterAsync(bool isReachable)
    {
        if (_clusters.TryGetValue(isReachable, out var started))
        {
            return started.Cluster;
        }
        var postgres = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var redis = await (await RedisServer.SharedAsync()).RentDatabaseAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Platforms__Telegram__ApiBaseUrl"] = Simulator.Url,
            ["Platforms__Meta__ApiBaseUrl"] = Simulator.Url,
            ["Platforms__Slack__ApiBaseUrl"] = Simulator.Url,
            ["Platforms__Discord__ApiBaseUrl"] = $"{Simulator.Url}/api/v10",
            ["Engine__ListenSeconds"] = "4",
            ["Limits__WebChatMessagesPerSession__PerMinute"] = "0",
        };
        if (!isReachable)
        {
            settings["PublicUrl"] = null;
        }
        var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, Workers, settings, isReachable: isReachable);
        cluster.Backend.ModelDelay = TimeSpan.FromMilliseconds(100);
        _clusters[isReachable] = (cluster, postgres, redis);
        return cluster;
    }

    /// <summary>The worker that has the lane in hand in which this was asked; null: none has.</summary>
    public static Task<int?> LaneHolderAsync(Cluster cluster, Guid connection, string question) => WorkerAsync(
        cluster,
        "SELECT l.lease_owner FROM lanes l JOIN messages m ON m.conversation_id = l.conversation_id WHERE m.connection_id = $1 AND m.text = $2",
        connection,
        question);

    /// <summary>The worker that listens for the connection.</summary>
    public static Task<int?> ListenerAsync(Cluster cluster, Guid connection) => WorkerAsync(
        cluster,
        """
        SELECT l.owner FROM leases l JOIN connections c ON c.id = $1
        WHERE l.expires_at > now() AND (l.name = 'listen:' || c.id::text OR c.platform = 'slack' AND l.name LIKE 'listen:slack:%')
        """,
        connection);

    /// <summary>What was asked in each chat, in the order in which it was stored.</summary>
    public static async Task<Dictionary<string, List<string>>> StoredAsync(Cluster cluster, Guid connection)
    {
        await using var open = await OpenAsync(cluster);
        await using var command = new NpgsqlCommand(
            "SELECT c.chat_id, m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.connection_id = $1 AND m.author = 0 ORDER BY c.chat_id, m.sequence", open);
        command.Parameters.Add(new NpgsqlParameter { Value = connection });
        await using var reader = await command.ExecuteReaderAsync();
        var chats = new Dictionary<string, List<string>>();
        while (await reader.ReadAsync())
        {
            (chats.TryGetValue(reader.GetString(0), out var texts) ? texts : chats[reader.GetString(0)] = []).Add(reader.GetString(1));
        }
        return chats;
    }

    /// <summary>Whether nothing of the connection waits, is held, or is still to be sent.</summary>
    public static async Task<bool> IsAtRestAsync(Cluster cluster, Guid connection)
    {
        await using var open = await OpenAsync(cluster);
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*) FROM lanes l JOIN conversations c ON c.id = l.conversation_id WHERE c.connection_id = $1
                AND (l.due_at IS NOT NULL OR l.lease_owner IS NOT NULL OR l.last_sequence > l.handled_sequence OR l.outbound_sequence > l.delivered_sequence)
            """,
            open);
        command.Parameters.Add(new NpgsqlParameter { Value = connection });
        return (long)(await command.ExecuteScalarAsync())! == 0;
    }

    /// <summary>How many messages of a platform are known to have come again.</summary>
    public static async Task<int> RedeliveredAsync(Cluster cluster, string platform)
    {
        var sum = 0;
        foreach (var process in cluster.Workers.Append(cluster.Api))
        {
            var metrics = await process.Client.GetStringAsync(new Uri("metrics", UriKind.Relative));
            sum += metrics.Split('\n')
                .Where(line => line.StartsWith("chat_messages_received", StringComparison.Ordinal)
                    && line.Contains("\"duplicate\"", StringComparison.Ordinal) && line.Contains($"\"{platform}\"", StringComparison.Ordinal))
                .Sum(line => (int)double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
        }
        return sum;
    }

    private static async Task<int?> WorkerAsync(Cluster cluster, string sql, params object[] values)
    {
        await using var open = await OpenAsync(cluster);
        await using var command = new NpgsqlCommand(sql, open);
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
        var owner = await command.ExecuteScalarAsync() as string;
        var index = owner is null ? -1 : cluster.Workers.FindIndex(worker => owner.Contains($"-{worker.Id}-", StringComparison.Ordinal));
        return index < 0 ? null : index;
    }

    private static async Task<NpgsqlConnection> OpenAsync(Cluster cluster)
    {
        var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        return connection;
    }
}
