using System.Reflection;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;

namespace ChatOrchestrator.Tests.Persistence;

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteHotPathTests(SqliteTestStore store) : StoreSuite(store)
{
    private static readonly InboxAddress Address =
        new(new ConnectionId(Guid.CreateVersion7()), new BotId(Guid.CreateVersion7()), new ChatAddress("c"), false, null, new InboundAuthor("u"));

    [Fact]
    public async Task Every_statement_finds_its_rows_by_an_index()
    {
        await using var connection = new SqliteConnection(((SqliteTestStore)Store).ConnectionString);
        await connection.OpenAsync();
        var statements = new[] { typeof(SqliteInboxStatements), typeof(SqliteLaneStatements), typeof(SqliteLaneExtras) }
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(f => (f.Name, Sql: (string)f.GetRawConstantValue()!))
            .Where(s => s.Name != "Messages")
            .ToArray();
        statements.Length.ShouldBeGreaterThan(30);
        foreach (var (name, sql) in statements)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "EXPLAIN QUERY PLAN " + sql;
            foreach (var parameter in Regex.Matches(sql, @"\$\d+").Select(m => m.Value).Distinct())
            {
                command.Parameters.AddWithValue(parameter, 1);
            }
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                var step = reader.GetString(3);
                if (step == "SCAN CONSTANT ROW")
                {
                    continue;
                }
                step.ShouldNotStartWith("SCAN", customMessage: name);
                step.ShouldNotMatch(@"SEARCH (m|messages) USING INTEGER PRIMARY KEY", $"{name} reads over other conversations' messages");
            }
        }
    }

    [Fact]
    public async Task The_store_is_as_durable_as_it_says()
    {
        await using var hotPath = new SqliteHotPath(((SqliteTestStore)Store).File, TimeProvider.System);

        (await hotPath.WriteAsync(s => s.Number("PRAGMA synchronous"), default)).ShouldBe(2, "FULL");
        (await hotPath.WriteAsync(s => s.Number("PRAGMA foreign_keys"), default)).ShouldBe(1);
        (await hotPath.WriteAsync(
            s =>
            {
                using var reader = s.Query("PRAGMA journal_mode");
                reader.Read();
                return reader.GetString(0);
            },
            default)).ShouldBe("wal");
    }

    [Fact]
    public async Task Who_writes_waits_in_line_whichever_way_it_writes()
    {
        var file = ((SqliteTestStore)Store).File;
        await using var hotPath = new SqliteHotPath(file, TimeProvider.System);
        var order = new List<int>();
        Task[] writes;
        using (await file.WaitToWriteAsync(default))
        {
            writes = [.. Enumerable.Range(0, 6).Select(Task (i) => i % 2 == 0
                ? hotPath.WriteAsync(_ => Note(i), default)
                : Store.Database.WriteAsync(_ => Task.FromResult(Note(i)), default))];
            order.ShouldBeEmpty();
        }
        await Task.WhenAll(writes).WaitAsync(Deadline);

        order.ShouldBe([0, 1, 2, 3, 4, 5]);

        // In their turn, so one at a time.
        int Note(int i)
        {
            order.Add(i);
            return i;
        }
    }

    [Fact]
    public async Task A_call_that_fails_leaves_nothing_behind_and_the_next_one_works()
    {
        var chat = await NewChatAsync();
        var good = chat.Message();

        // The second has the first one's id, under another platform id: no redelivery, but a violated index.
        await Should.ThrowAsync<SqliteException>(() => Inbox.AppendAsync([good, chat.Message() with { Id = good.Id }], default));

        (await MessagesAsync(chat)).ShouldBeEmpty();
        (await LaneAsync(chat)).DueAt.ShouldBeNull();
        (await Inbox.AppendAsync([good], default))[0].Kind.ShouldBe(AppendKind.Stored);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_a_store_that_is_unavailable_until_it_can()
    {
        var folder = Directory.CreateTempSubdirectory("chat-store-");
        var file = Path.Combine(folder.FullName, "missing", "chat.db");
        await using var hotPath = new SqliteHotPath(new SqliteDatabase(file), TimeProvider.System);
        var inbox = new SqliteInboxStore(hotPath);
        await Should.ThrowAsync<StoreUnavailableException>(() => inbox.ResolveAsync([Address], default));
        await Should.ThrowAsync<StoreUnavailableException>(() => new SqliteLaneStore(hotPath).BacklogAsync(default));

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        // It opens now; that the file is empty is another matter.
        (await Should.ThrowAsync<SqliteException>(() => inbox.ResolveAsync([Address], default))).Message.ShouldContain("no such table");
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_full_disk_is_a_store_that_is_unavailable()
    {
        var chat = await NewChatAsync();
        await using var hotPath = new SqliteHotPath(((SqliteTestStore)Store).File, TimeProvider.System);
        var pages = await hotPath.WriteAsync(s => s.Number("PRAGMA page_count"), default);
        await hotPath.WriteAsync(s => s.Number($"PRAGMA max_page_count = {pages}"), default);

        await Should.ThrowAsync<StoreUnavailableException>(() => new SqliteInboxStore(hotPath).AppendAsync([chat.Message(new string('x', 10_000_000))], default));

        (await MessagesAsync(chat)).ShouldBeEmpty();
    }
}

/// <summary>What an unreachable Postgres looks like.</summary>
public sealed class PostgresHotPathTests
{
    [Fact]
    public async Task A_server_that_does_not_answer_is_a_store_that_is_unavailable()
    {
        await using var hotPath = new Infrastructure.Persistence.Postgres.PostgresHotPath($"Host=127.0.0.1;Port={Fixtures.FreePort.Next()};Username=x;Database=x");

        await Should.ThrowAsync<StoreUnavailableException>(() => new Infrastructure.Persistence.Postgres.PostgresLaneStore(hotPath).BacklogAsync(default));
    }
}
