using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ApiService;

public sealed class IndexMessagesTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [PostgresFact]
    public async Task The_verb_makes_the_index_that_the_search_uses()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        (await ServiceProcess.RunAsync(ServiceHost.ApiService, ["migrate"], settings, Deadline)).ExitCode.ShouldBe(0);

        for (var i = 0; i < 2; i++)
        {
            var (code, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["index-messages"], settings, Deadline);
            code.ShouldBe(0, output);
        }

        await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            "SET enable_seqscan = off; EXPLAIN SELECT conversation_id FROM messages WHERE to_tsvector('simple', text) @@ websearch_to_tsquery('simple', 'parcel')", connection);
        var plan = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }
        string.Join('\n', plan).ShouldContain("ix_messages_text_search");
    }

    [Fact]
    public async Task SQLite_has_no_such_index_and_says_so()
    {
        var (code, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["index-messages"], ApiProcess.Settings(), Deadline);

        code.ShouldBe(2, output);
        output.ShouldContain("only Postgres");
    }
}
