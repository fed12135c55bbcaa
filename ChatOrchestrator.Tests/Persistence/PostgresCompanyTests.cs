using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

public sealed class PostgresCompanyTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [PostgresFact(OwnServer = true)]
    public async Task Those_who_run_keep_a_process_without_redis_off_also_after_a_restart_of_postgres()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var running = Company(server, alone: false);
        await running.JoinAsync(default);

        await server.StopAsync(PostgresShutdown.Immediate);
        await server.StartAsync();
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await Eventually.TrueAsync(
            async cancellationToken =>
            {
                await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted", connection);
                return (long)(await command.ExecuteScalarAsync(cancellationToken))! == 1;
            },
            Deadline, "the lock is taken again");

        await using var alone = Company(server, alone: true);
        await Should.ThrowAsync<ConfigurationException>(() => alone.JoinAsync(default));
        await using var another = Company(server, alone: false);
        await another.JoinAsync(default);
    }

    private static PostgresCompany Company(PostgresServer server, bool alone) =>
        new(new NpgsqlConnectionStringBuilder(server.ConnectionString), alone, TimeProvider.System, NullLogger<PostgresCompany>.Instance);
}
