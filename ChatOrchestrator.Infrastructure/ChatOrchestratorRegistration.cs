using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Infrastructure.Engine;
using ChatOrchestrator.Infrastructure.Net;
using ChatOrchestrator.Infrastructure.Notifications;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Platforms.Discord;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;
using ChatOrchestrator.Infrastructure.Platforms.Slack;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using ChatOrchestrator.Infrastructure.Platforms.WhatsApp;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatOrchestrator.Infrastructure;

/// <summary>What a process is for.</summary>
public enum HostRole
{
    /// <summary>Takes messages in and serves the admin API; without Redis it hosts the engine too.</summary>
    Api,

    /// <summary>Answers and delivers.</summary>
    Worker,
}

/// <summary>Puts the product together: every process differs only in its role.</summary>
public static class ChatOrchestratorRegistration
{
    public static IHostApplicationBuilder AddChatOrchestrator(this IHostApplicationBuilder builder, HostRole role)
    {
        var services = builder.Services;
        var configuration = builder.Configuration;
        var alone = string.IsNullOrWhiteSpace(configuration.GetConnectionString("redis"));
        if (role == HostRole.Worker)
        {
            RequireStores(services, configuration);
        }
        services.AddPersistence(configuration);
        services.AddSignals(configuration);
        services.AddOutbound();
        services.AddAi();
        services.AddNotificationChannels();
        services.AddModeration();

        // The platforms, one line each.
        services.AddDiscord();
        services.AddMessenger();
        services.AddSlack();
        services.AddTelegram();
        services.AddWebChat();
        services.AddWhatsApp();

        if (role == HostRole.Worker || alone)
        {
            services.AddEngine();
            services.AddHealthChecks().AddCheck<EngineHealthCheck>("engine", tags: ["ready"]);
        }
        else
        {
            services.AddIngress();
            services.AddHealthChecks().AddCheck<RemoteEngineHealthCheck>("engine", tags: ["ready"]);
        }
        return builder;
    }

    private static void RequireStores(IServiceCollection services, IConfiguration configuration)
    {
        foreach (var name in ((string[])["chatdb", "redis"]).Where(name => string.IsNullOrWhiteSpace(configuration.GetConnectionString(name))))
        {
            services.AddSettingsRule(_ => throw new ConfigurationException(
                $"ConnectionStrings:{name}", "a worker is one of several processes, which meet in Postgres and Redis; set it, or run ChatOrchestrator.ApiService alone."));
        }
    }
}
