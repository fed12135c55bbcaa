using Npgsql;

namespace ChatOrchestrator.Tests.Fixtures;

public sealed class PostgresServerTests(PostgresDatabase database) : IClassFixture<PostgresDatabase>
{
    [PostgresFact]
    public async Task A_test_class_has_a_database_of_its_own()
    {
        (await ScalarAsync<string>(database.ConnectionString, "SELECT current_database()")).ShouldBe(database.Name);
        (await ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")).ShouldBe(0);
    }

    [PostgresFact]
    public async Task A_database_is_dropped_when_disposed()
    {
        var server = await PostgresServer.SharedAsync();
        string name;
        await using (var own = await server.CreateDatabaseAsync())
        {
            name = own.Name;
            (await ScalarAsync<int>(own.ConnectionString, "SELECT 1")).ShouldBe(1);
        }

        (await ScalarAsync<long>(server.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{name}'")).ShouldBe(0);
    }

    [PostgresFact(OwnServer = true)]
    public async Task The_server_is_as_durable_as_in_production()
    {
        await using var server = await PostgresServer.StartPrivateAsync();

        foreach (var setting in new[] { "fsync", "synchronous_commit", "full_page_writes" })
        {
            (await ScalarAsync<string>(server.ConnectionString, $"SHOW {setting}")).ShouldBe("on", setting);
        }
    }

    [PostgresFact(OwnServer = true)]
    public async Task A_private_server_comes_back_on_its_port_with_its_data_after_a_stop_and_after_a_crash()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var own = await server.CreateDatabaseAsync();
        var unpooled = new NpgsqlConnectionStringBuilder(own.ConnectionString) { Pooling = false }.ConnectionString;
        await ExecuteAsync(unpooled, "CREATE TABLE kept (n int)");

        foreach (var shutdown in new[] { PostgresShutdown.Fast, PostgresShutdown.Immediate })
        {
            await ExecuteAsync(unpooled, "INSERT INTO kept VALUES (1)");
            await server.StopAsync(shutdown);
            await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(unpooled, "SELECT 1"));
            await server.StartAsync();
        }

        (await ScalarAsync<long>(unpooled, "SELECT count(*) FROM kept")).ShouldBe(2);
    }

    private static async Task<T> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
