using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Makes contexts of the configured store. It is a type of our own and not generic, so that to register and to hold it does not load EF Core.</summary>
internal interface IChatContexts
{
    ChatDbContext Create();
}

/// <summary>The pool of contexts is made with the first.</summary>
internal sealed class PostgresChatContexts(IServiceProvider services, NpgsqlDataSource source) : IChatContexts
{
    private PooledDbContextFactory<PostgresChatDbContext>? _pool;

    public ChatDbContext Create() =>
        LazyInitializer.EnsureInitialized(ref _pool, () => ContextPools.Make<PostgresChatDbContext>(services, options => PostgresChatDbContext.Configure(options, source))).CreateDbContext();
}

/// <inheritdoc cref="PostgresChatContexts"/>
internal sealed class SqliteChatContexts(IServiceProvider services, SqliteDatabase database) : IChatContexts
{
    private PooledDbContextFactory<SqliteChatDbContext>? _pool;

    public ChatDbContext Create() =>
        LazyInitializer.EnsureInitialized(ref _pool, () => ContextPools.Make<SqliteChatDbContext>(services, options => SqliteChatDbContext.Configure(options, database))).CreateDbContext();
}

internal static class ContextPools
{
    public static PooledDbContextFactory<TContext> Make<TContext>(IServiceProvider services, Action<DbContextOptionsBuilder> configure)
        where TContext : ChatDbContext
    {
        var options = new DbContextOptionsBuilder<TContext>();
        // For the log.
        options.UseApplicationServiceProvider(services);
        configure(options);
        Quiet(options);
        return new PooledDbContextFactory<TContext>(options.Options);
    }

    /// <summary>Statements belong to the debug log.</summary>
    private static void Quiet(DbContextOptionsBuilder options) =>
        options.ConfigureWarnings(warnings => warnings
            // Ours spans all migrations on purpose (MigrateSchema).
            .Ignore(RelationalEventId.MigrationsUserTransactionWarning)
            .Log(
                (RelationalEventId.CommandExecuted, LogLevel.Debug),
                (RelationalEventId.MigrationApplying, LogLevel.Debug),
                (RelationalEventId.MigrationsNotApplied, LogLevel.Debug)));
}
