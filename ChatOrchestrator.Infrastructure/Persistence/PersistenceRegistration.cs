using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.KeyRing;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>The store: Postgres when <c>ConnectionStrings:chatdb</c> is set, else an SQLite file at <c>Storage:Path</c>.</summary>
public static class PersistenceRegistration
{
    /// <summary>
    /// Registers the schema, the administrative stores, the connection directory, the key ring and the health check
    /// "database". Register it before other hosted services: it prepares the store before they start.
    /// </summary>
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        var connectionString = configuration.GetConnectionString("chatdb");
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            AddSqlite(services, configuration);
        }
        else
        {
            AddPostgres(services, connectionString, alone: string.IsNullOrWhiteSpace(configuration.GetConnectionString("redis")));
        }
        services.AddSingleton<ChatDatabase>();
        services.AddSingleton<IBotStore, BotStore>();
        services.AddSingleton<IConnectionStore, ConnectionStore>();
        services.AddSingleton<IConversationStore, ConversationStore>();
        services.AddSingleton<IMessageStore, MessageStore>();
        services.AddSingleton<IParticipantStore, ParticipantStore>();
        services.AddSingleton<ISuggestionStore, SuggestionStore>();
        services.AddSingleton<IModerationStore, ModerationStore>();
        services.AddSingleton<ISummaryStore, SummaryStore>();
        services.AddSingleton<IInsightStore, InsightStore>();
        services.AddSingleton<IDeadLetterStore, DeadLetterStore>();
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<IAnalyticsStore, AnalyticsStore>();
        services.AddSingleton<INotificationOutbox, NotificationOutbox>();
        services.AddSingleton<INotificationRuleStore, NotificationRuleStore>();
        services.AddSingleton<IListenerStates, ListenerStates>();
        services.AddSingleton<IStoreMeasures, StoreMeasuring>();
        services.AddSingleton<IConnectionHealthStore, ConnectionHealthStore>();
        services.AddSingleton<IApiKeyStore, ApiKeyStore>();
        services.AddSingleton<IUserStore, UserStore>();
        services.AddSingleton<ILoginAttempts, LoginAttempts>();
        services.AddSingleton<IPasswords, Passwords>();
        services.AddSingleton<ISharedSecrets, SharedSecrets>();
        services.AddSingleton<IIdempotencyStore, IdempotencyStore>();
        services.AddSingleton<IAccessUpkeep, AccessUpkeepStore>();
        services.AddSingleton<IBotOwnership, BotOwnership>();
        services.AddSingleton(provider => new IndexMessages(provider.GetService<NpgsqlDataSource>()));
        services.AddSingleton<IConnectionSecrets, ConnectionSecrets>();
        services.AddSingleton<IConnectionDirectory, ConnectionDirectory>();
        services.AddKeyRing();
        services.AddSingleton(provider => new PrepareStore(
            provider.GetRequiredService<ChatDatabase>(),
            provider.GetRequiredService<IChatContexts>(),
            provider.GetRequiredService<IDataProtectionProvider>(),
            provider.GetRequiredService<RewrapKeyRing>(),
            provider.GetRequiredService<IOptions<StorageOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PrepareStore>>(),
            provider.GetService<NpgsqlDataSource>(),
            provider.GetService<SqliteDatabase>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<PrepareStore>());
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database", HealthStatus.Unhealthy, ["ready"]);
        return services;
    }

    private static void AddPostgres(IServiceCollection services, string connectionString, bool alone)
    {
        services.AddSettingsRule(_ => Settings(connectionString));
        services.AddSingleton(_ => NpgsqlDataSource.Create(Settings(connectionString)));
        services.AddSingleton<IChatContexts, PostgresChatContexts>();
        services.AddSingleton(_ => new PostgresHotPath(connectionString));
        services.AddSingleton(provider => new PostgresCompany(Settings(connectionString), alone, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PostgresCompany>>()));
        services.AddSingleton<IInboxStore, PostgresInboxStore>();
        services.AddSingleton<IBudgetStore, PostgresBudgetStore>();
        services.AddSingleton<ILaneStore, PostgresLaneStore>();
        services.AddSingleton<ILaneWatch, PostgresLaneWatch>();
        services.AddSingleton<IRetentionStore, PostgresRetentionStore>();
        services.AddSingleton<IErasureStore, PostgresErasureStore>();
        services.AddSingleton<INamedLeases, PostgresNamedLeases>();
    }

    private static void AddSqlite(IServiceCollection services, IConfiguration configuration)
    {
        var path = configuration[$"{StorageOptions.Section}:{nameof(StorageOptions.Path)}"];
        services.AddSingleton(_ => new SqliteDatabase(string.IsNullOrWhiteSpace(path) ? new StorageOptions().Path : path));
        services.AddSingleton<IChatContexts, SqliteChatContexts>();
        services.AddSingleton(provider => new SqliteHotPath(
            provider.GetRequiredService<SqliteDatabase>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IInboxStore, SqliteInboxStore>();
        services.AddSingleton<IBudgetStore, SqliteBudgetStore>();
        services.AddSingleton<ILaneStore, SqliteLaneStore>();
        services.AddSingleton<ILaneWatch, SqliteLaneWatch>();
        services.AddSingleton<IRetentionStore, SqliteRetentionStore>();
        services.AddSingleton<IErasureStore, SqliteErasureStore>();
        services.AddSingleton<INamedLeases, InProcessNamedLeases>();
    }

    private static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "chat-orchestrator", MaxPoolSize = 20, Timeout = 5 };
            settings.Options = PostgresHotPath.With(settings.Options, PostgresHotPath.EverySession);
            PostgresHotPath.AskForNoKerberos(settings);
            return settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message of the driver may quote the password.
            throw new ConfigurationException("ConnectionStrings:chatdb", "it is not a Postgres connection string such as 'Host=localhost;Database=chatdb;Username=chat;Password=…'.");
        }
    }
}
