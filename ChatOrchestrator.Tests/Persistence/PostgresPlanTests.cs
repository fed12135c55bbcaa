using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The hot path's cost does not grow with what is stored: every statement finds its rows by an index.</summary>
public sealed class PostgresPlanTests
{
    private const int Conversations = 2_000, Messages = 200_000;

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
    public async Task Every_statement_finds_its_rows_by_an_index_in_a_full_store_and_when_it_was_planned_on_an_empty_one()
    {
        await using var store = await StartAsync();
        await using (var connection = await ConnectAsync(store.ConnectionString))
        {
            await ShouldUseIndexesAsync(connection, "empty", Statements);
        }

        await SeedAsync(store.ConnectionString);
        await using (var connection = await ConnectAsync(store.ConnectionString))
        {
            await ShouldUseIndexesAsync(connection, "full", Statements);
        }
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
        ];
        foreach (var statement in bad)
        {
            // Not Shouldly's own: it lets its own exceptions through.
            await Assert.ThrowsAsync<ShouldAssertException>(() => ShouldUseIndexesAsync(connection, "bad", [statement]));
        }
    }

    [PostgresFact]
    public async Task A_whole_pass_in_a_full_store_reads_only_the_rows_it_needs()
    {
        const int Batch = 50, MaxHistory = 10;
        await using var store = await StartAsync();
        await SeedAsync(store.ConnectionString);
        var before = await CountersAsync(store.ConnectionString);

        await using (var hotPath = new PostgresHotPath(store.ConnectionString))
        {
            var (inbox, lanes) = (new PostgresInboxStore(hotPath), new PostgresLaneStore(hotPath));
            var chats = await inbox.ResolveAsync([.. Enumerable.Range(1, Batch).Select(Address)], default);
            await inbox.AppendAsync([.. chats.Select((c, i) => Message(i + 1, c, $"new-{i}"))], default);
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
        (after.SequentialReads - before.SequentialReads).ShouldBe(0);
        (after.IndexReads - before.IndexReads).ShouldBeLessThan(Batch * (MaxHistory * 3 + 50), "rows read by indexes, all in all");
    }

    private static async Task ShouldUseIndexesAsync(NpgsqlConnection connection, string state, (string Name, string Sql, string Types)[] statements)
    {
        foreach (var (name, sql, types) in statements)
        {
            var prepared = name.Replace(' ', '_');
            await ExecuteAsync(connection, $"PREPARE {prepared}{(types.Length > 0 ? $"({types})" : "")} AS {sql}");
            var values = types.Length > 0 ? $"({string.Join(',', types.Split(',').Select(_ => "NULL"))})" : "";
            await using var explain = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) EXECUTE {prepared}{values}", connection);
            var plan = (string)(await explain.ExecuteScalarAsync())!;
            using var document = JsonDocument.Parse(plan);
            foreach (var node in Nodes(document.RootElement[0].GetProperty("Plan")))
            {
                var type = node.GetProperty("Node Type").GetString()!;
                if (type == "ModifyTable" || !node.TryGetProperty("Relation Name", out var table) || !HotTables.Contains(table.GetString()))
                {
                    continue;
                }
                var why = $"{name}, {state}, {node}: {plan}";
                type.ShouldNotBe("Seq Scan", why);
                (node.TryGetProperty("Index Cond", out _) || node.TryGetProperty("Recheck Cond", out _)).ShouldBeTrue(why);
                var findsOne = node.TryGetProperty("Index Cond", out var condition) && condition.GetString()!.StartsWith("(sequence = ", StringComparison.Ordinal);
                if (!findsOne && node.TryGetProperty("Index Name", out var index))
                {
                    index.GetString().ShouldNotBe("pk_messages", "the order of all messages: it reads over other conversations'. " + why);
                }
            }
        }
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

    private static async Task SeedAsync(string connectionString)
    {
        await using var connection = await ConnectAsync(connectionString);
        await ExecuteAsync(connection, $"""
            INSERT INTO participants (id, connection_id, user_id, created_at)
                SELECT {Id(1, "n")}, {Id(2, "n % 5")}, 'u' || n, now() FROM generate_series(1, {Conversations}) n;
            INSERT INTO conversations (id, bot_id, connection_id, chat_id, thread_id, is_group, state, forgotten_through, created_at, last_activity_at)
                SELECT {Id(3, "n")}, {Id(4, "0")}, {Id(2, "n % 5")}, 'u' || n, '', false, 0, 0, now(), now() FROM generate_series(1, {Conversations}) n;
            INSERT INTO messages (id, conversation_id, connection_id, participant_id, author, kind, platform_message_id, text, answers_sequence, created_at)
                SELECT {Id(5, "n")}, {Id(3, $"n % {Conversations} + 1")}, {Id(2, $"(n % {Conversations} + 1) % 5")}, {Id(1, $"n % {Conversations} + 1")},
                    n / {Conversations} % 2, 0, CASE WHEN n / {Conversations} % 2 = 0 THEN 'x' || n END, 'text ' || n, CASE WHEN n / {Conversations} % 2 = 1 THEN n - {Conversations} END, now()
                FROM generate_series(1, {Messages}) n;
            INSERT INTO parts (message_id, ordinal, conversation_id, state, attempts) SELECT id, 0, conversation_id, 3, 1 FROM messages WHERE author = 1;
            INSERT INTO lanes (conversation_id, lease_token, last_sequence, handled_sequence, outbound_sequence, delivered_sequence, attempts)
                SELECT id, 1, {Messages}, {Messages}, {Messages}, {Messages}, 0 FROM conversations;
            ANALYZE
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
