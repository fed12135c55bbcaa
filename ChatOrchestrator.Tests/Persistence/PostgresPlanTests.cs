using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The hot path's cost does not grow with what is stored: every statement finds its rows by an index.</summary>
public sealed class PostgresPlanTests
{
    /// <summary>In a small store, reading all conversations may look cheaper than finding a few of them.</summary>
    private static readonly int[] Sizes = [300, 1_000, 2_000];

    private static readonly string[] HotTables = ["messages", "lanes", "conversations", "parts", "participants", "turns", "timeline_events", "dead_letters", "inbox_events"];

    // Each statement with the types of its parameters, as Npgsql sends them.
    private static readonly (string Name, string Sql, string Types)[] Statements =
    [
        ("resolve participants", PostgresInboxStatements.ResolveParticipants, "uuid[],uuid[],text[],text[],text[],text[]"),
        ("resolve conversations", PostgresInboxStatements.ResolveConversations, "uuid[],uuid[],uuid[],text[],text[],bool[],text[]"),
        ("add participations", PostgresInboxStatements.AddParticipations, "uuid[],uuid[]"),
        ("append", PostgresInboxStatements.Append, "uuid[],uuid[],uuid[],uuid[],text[],int[],text[],text[],timestamptz[],interval[],jsonb[]"),
        ("note redeliveries", PostgresInboxStatements.NoteRedeliveries, "uuid[],text[]"),
        ("edit", PostgresInboxEvents.Edit, "uuid,text,text"),
        ("delete", PostgresInboxEvents.Delete, "uuid,text"),
        ("react", PostgresInboxEvents.React, "uuid,text,text,text,text,text"),
        ("react in any thread", PostgresInboxEvents.ReactInAnyThread, "uuid,text,text,text,text"),
        ("watermark", PostgresInboxEvents.Watermark, "uuid,text,text,int,timestamptz"),
        ("receipt", PostgresInboxEvents.Receipt, "uuid,text,text,text,int,text,uuid"),
        ("receipt by reference", PostgresInboxEvents.ReceiptByReference, "uuid,uuid,int,text,int,text,uuid"),
        ("claim", PostgresLaneStatements.Claim, "text,int,interval"),
        ("load messages", PostgresLaneStatements.LoadMessages, "uuid[],bigint[],bigint[],int[],int[],bool[]"),
        ("load parts", PostgresLaneStatements.LoadParts, "uuid[],bigint[]"),
        ("renew", PostgresLaneStatements.Renew, "uuid[],bigint[],interval"),
        ("commit turns", PostgresLaneStatements.CommitTurns,
            "uuid[],bigint[],uuid[],uuid[],bigint[],bigint[],int[],text[],uuid[],text[],text[],int[],int[],int[],bigint[],int[],text[],timestamptz[],timestamptz[],timestamptz[],text[],uuid[],int[],bigint[],text[],text[],text[]"),
        ("commit deliveries", PostgresLaneStatements.CommitDeliveries, "uuid[],bigint[],uuid[],int[],int[],text[],text[],bigint[],int[],interval[],int[]"),
        ("lock", PostgresLaneStatements.Lock, "uuid"),
        ("interrupt", PostgresLaneStatements.Interrupt, "uuid,bigint,text"),
        ("backlog", PostgresLaneStatements.Backlog, ""),
        ("find stuck", PostgresLaneWatch.FindStuck, "interval,interval,int,text[],int,uuid[]"),
        ("delete messages", PostgresRetentionStore.DeleteMessages, "uuid,uuid,int,timestamptz,int"),
        ("delete events", PostgresRetentionStore.DeleteEvents, "uuid,timestamptz,int"),
        ("repair", PostgresLaneWatch.Repair, "uuid,int"),
        ("wake", PostgresLaneWatch.Wake, "uuid,int"),
    ];

    [PostgresFact]
    public async Task Every_statement_finds_its_rows_by_their_keys_however_many_are_stored()
    {
        var dear = new List<string>();
        await using var store = await StartAsync();
        await using (var connection = await ConnectAsync(store.ConnectionString))
        {
            dear.AddRange(await FindDearAsync(connection, "empty", Statements));
        }

        foreach (var conversations in Sizes)
        {
            await SeedAsync(store.ConnectionString, conversations);
            await using var connection = await ConnectAsync(store.ConnectionString);
            dear.AddRange(await FindDearAsync(connection, $"{conversations} conversations", Statements));
        }
        dear.ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task A_statement_that_reads_whole_tables_is_found_out()
    {
        await using var store = await StartAsync();
        await using var connection = await ConnectAsync(store.ConnectionString);
        (string, string, string)[] bad =
        [
            ("by text", "SELECT id FROM messages WHERE text = $1", "text"),
            ("in the order of all", "SELECT id FROM messages WHERE text = $1 ORDER BY sequence LIMIT 1", "text"),
            ("whole index", "SELECT conversation_id FROM lanes ORDER BY conversation_id", ""),
            ("all that rest", "SELECT id FROM conversations WHERE last_activity_at < $1", "timestamptz"),
        ];
        foreach (var statement in bad)
        {
            (await FindDearAsync(connection, "bad", [statement])).ShouldNotBeEmpty();
        }
    }

    [PostgresFact]
    public async Task A_whole_pass_reads_only_the_rows_it_needs_however_many_are_stored()
    {
        await using var store = await StartAsync();
        foreach (var conversations in Sizes)
        {
            await SeedAsync(store.ConnectionString, conversations);
            await PassAsync(store, $"{conversations} conversations");
        }
    }

    /// <summary>The planner knows the range's size here, and is free to scan.</summary>
    [PostgresFact]
    public async Task A_roll_up_reads_only_its_range_however_many_are_stored()
    {
        await using var store = await StartAsync();
        await SeedAsync(store.ConnectionString, Sizes[^1]);
        await using var source = NpgsqlDataSource.Create(store.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        var rollUp = AnalyticsStatements.Postgres.RollUp[0].Replace("$1", "100000", StringComparison.Ordinal).Replace("$2", "120000", StringComparison.Ordinal);
        await using var explain = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) {rollUp}", connection);
        using var document = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
        Nodes(document.RootElement[0].GetProperty("Plan"))
            .Where(node => ReadsOthers(node) && !node.ToString().Contains("(sequence > 100000) AND (sequence <= 120000)", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static async Task PassAsync(PostgresTestStore store, string state)
    {
        const int Batch = 50, MaxHistory = 10;
        var before = await CountersAsync(store.ConnectionString);

        await using (var hotPath = new PostgresHotPath(store.ConnectionString))
        {
            var (inbox, lanes) = (new PostgresInboxStore(hotPath), new PostgresLaneStore(hotPath));
            var chats = await inbox.ResolveAsync([.. Enumerable.Range(1, Batch).Select(Address)], default);
            await inbox.AppendAsync([.. chats.Select((c, i) => Message(i + 1, c, $"{state}, new {i}"))], default);
            var claimed = await lanes.ClaimAsync("worker", Batch, TimeSpan.FromMinutes(1), default);
            claimed.Count.ShouldBe(Batch);
            var contents = await lanes.LoadAsync([.. claimed.Select(l => new LaneQuery(l, 1, MaxHistory))], default);
            contents.ShouldAllBe(c => c.Pending.Count == 1 && c.History.Count == MaxHistory);
            var turns = claimed.Zip(contents).Select(c => TestChat.Turn(c.First, c.Second.Pending[0].Sequence)).ToArray();
            var answers = await lanes.CommitTurnsAsync(turns, default);
            (await lanes.CommitDeliveriesAsync(
                [.. turns.Zip(answers).Select(t => new DeliveryCommit
                {
                    Lease = t.First.Lease,
                    Part = new PartOutcome { MessageId = t.First.AnswerId, Ordinal = 0, State = PartState.Sent },
                    DeliveredThrough = t.Second.AnswerSequence,
                    Next = LaneNext.Release,
                })],
                default)).ShouldAllBe(d => d.Held);
        }

        // The servers of closed connections report what they did when they end.
        var after = before;
        await Eventually.TrueAsync(
            async _ => (after = await CountersAsync(store.ConnectionString)).Stored - before.Stored == 2 * Batch, TimeSpan.FromSeconds(60), "the counters are there");
        (after.SequentialReads - before.SequentialReads).ShouldBe(0, state);
        (after.IndexReads - before.IndexReads).ShouldBeLessThan(Batch * (MaxHistory * 2 + 15), $"{state}: rows read by indexes, all in all");
    }

    /// <summary>The steps of the statements' plans that read more than what they look for.</summary>
    private static async Task<List<string>> FindDearAsync(NpgsqlConnection connection, string state, (string Name, string Sql, string Types)[] statements)
    {
        var dear = new List<string>();
        foreach (var (name, sql, types) in statements)
        {
            var prepared = name.Replace(' ', '_');
            await ExecuteAsync(connection, $"PREPARE {prepared}{(types.Length > 0 ? $"({types})" : "")} AS {sql}");
            var values = types.Length > 0 ? $"({string.Join(',', types.Split(',').Select(_ => "NULL"))})" : "";
            await using var explain = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) EXECUTE {prepared}{values}", connection);
            using var document = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
            dear.AddRange(Nodes(document.RootElement[0].GetProperty("Plan")).Where(ReadsOthers).Select(node => $"{name}, {state}: {node}"));
        }
        return dear;
    }

    /// <summary>Whether the step of a plan reads rows of a hot table that are not found by a key.</summary>
    private static bool ReadsOthers(JsonElement node)
    {
        var type = Text("Node Type");
        if (type == "ModifyTable" || !HotTables.Contains(Text("Relation Name")))
        {
            return false;
        }
        return type == "Seq Scan"
            || (Text("Index Cond") ?? Text("Recheck Cond")) is not { } condition
            // All that rest for long are no fewer than all.
            || condition.StartsWith("(last_activity_at <", StringComparison.Ordinal)
            // The order of all messages: it reads over other conversations'.
            || (Text("Index Name") == "pk_messages" && !condition.StartsWith("(sequence = ", StringComparison.Ordinal));

        string? Text(string property) => node.TryGetProperty(property, out var value) ? value.GetString() : null;
    }

    private static IEnumerable<JsonElement> Nodes(JsonElement plan) =>
        plan.TryGetProperty("Plans", out var children) ? children.EnumerateArray().SelectMany(Nodes).Prepend(plan) : [plan];

    private static async Task<PostgresTestStore> StartAsync()
    {
        var store = new PostgresTestStore();
        await store.ReadyAsync();
        return store;
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Options = PostgresHotPath.SessionOptions, Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task SeedAsync(string connectionString, int conversations)
    {
        var messages = conversations * 100;
        await using var connection = await ConnectAsync(connectionString);
        await ExecuteAsync(connection, $"""
            TRUNCATE {string.Join(',', HotTables)} RESTART IDENTITY CASCADE;
            SET session_replication_role = replica; -- a connection without its bot
            INSERT INTO connections (id, bot_id, platform, display_name, settings, protected_secrets, version, created_at, updated_at)
                SELECT {Id(2, "n")}, {Id(4, "0")}, 'telegram', 'Test', jsonb_build_object(), '', 1, now(), now() FROM generate_series(0, 4) n ON CONFLICT DO NOTHING;
            INSERT INTO participants (id, connection_id, user_id, created_at)
                SELECT {Id(1, "n")}, {Id(2, "n % 5")}, 'u' || n, now() FROM generate_series(1, {conversations}) n;
            INSERT INTO conversations (id, bot_id, connection_id, chat_id, thread_id, is_group, state, forgotten_through, created_at, last_activity_at)
                SELECT {Id(3, "n")}, {Id(4, "0")}, {Id(2, "n % 5")}, 'u' || n, '', false, 0, 0, now(), now() - interval '1 hour' FROM generate_series(1, {conversations}) n;
            INSERT INTO messages (id, conversation_id, connection_id, participant_id, author, kind, platform_message_id, text, answers_sequence, turn_id, created_at)
                SELECT {Id(5, "n")}, {Id(3, $"n % {conversations} + 1")}, {Id(2, $"(n % {conversations} + 1) % 5")}, {Id(1, $"n % {conversations} + 1")},
                    n / {conversations} % 2, 0, CASE WHEN n / {conversations} % 2 = 0 THEN 'x' || n END, 'text ' || n, CASE WHEN n / {conversations} % 2 = 1 THEN n - {conversations} END,
                    CASE WHEN n / {conversations} % 2 = 1 THEN {Id(6, "n")} END, now()
                FROM generate_series(1, {messages}) n;
            INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, prompt_version, attempt, started_at, ended_at)
                SELECT turn_id, conversation_id, answers_sequence, answers_sequence, 0, 1, 1, now(), now() FROM messages WHERE turn_id IS NOT NULL;
            INSERT INTO parts (message_id, ordinal, conversation_id, state, attempts) SELECT id, 0, conversation_id, 3, 1 FROM messages WHERE author = 1;
            INSERT INTO lanes (conversation_id, lease_token, last_sequence, handled_sequence, outbound_sequence, delivered_sequence, attempts, due_at)
                SELECT id, 1, {messages}, {messages}, {messages}, {messages}, 0, now() FROM conversations;
            ANALYZE;
            UPDATE lanes SET due_at = NULL
            """);
    }

    /// <summary>How many rows of the hot tables were read in sequence and by indexes, and how many messages were stored.</summary>
    private static async Task<(long SequentialReads, long IndexReads, long Stored)> CountersAsync(string connectionString)
    {
        await using var connection = await ConnectAsync(connectionString);
        await using var command = new NpgsqlCommand(
            """
            SELECT sum(seq_tup_read)::bigint, sum(idx_tup_fetch)::bigint, sum(n_tup_ins) FILTER (WHERE relname = 'messages')::bigint
            FROM pg_stat_user_tables WHERE relname = ANY($1)
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = HotTables });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private static InboxAddress Address(int n) =>
        new(new(Id(2, n % 5)), new(Id(4, 0)), new ChatAddress($"u{n}"), false, null, new InboundAuthor($"u{n}"));

    private static InboxMessage Message(int n, ResolvedAddress where, string id) => new()
    {
        Id = Guid.CreateVersion7(),
        Connection = new(Id(2, n % 5)),
        Conversation = where.Conversation,
        Participant = where.Participant,
        PlatformMessageId = id,
        Kind = MessageKind.Text,
        Text = "question",
        QuietMs = 0,
    };

    /// <summary>The id of the n-th row of a kind, in SQL.</summary>
    private static string Id(int kind, string n) => $"('00000000-0000-0000-000{kind}-' || lpad(({n})::text, 12, '0'))::uuid";

    private static Guid Id(int kind, int n) => Guid.Parse($"00000000-0000-0000-{kind:D4}-{n:D12}");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync();
    }
}
