using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Pacing;
using ChatOrchestrator.Infrastructure.Redis;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace ChatOrchestrator.Infrastructure;

/// <summary>Signals, cache and limiter: on Redis when <c>ConnectionStrings:redis</c> is set, else in this process.</summary>
public static class SignalsRegistration
{
    public static IServiceCollection AddSignals(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IPacer, Pacer>();
        services.AddHybridCache();
        var address = configuration.GetConnectionString("redis");
        if (string.IsNullOrWhiteSpace(address))
        {
            services.AddSingleton<ISignals, InProcessSignals>();
            services.AddSingleton<ITokenBuckets, InProcessTokenBuckets>();
            services.AddSingleton<IRateLimits, InProcessRateLimits>();
            services.AddHealthChecks().AddCheck("cache", () => HealthCheckResult.Healthy("in process"), tags: ["ready"]);
            return services;
        }
        services.AddSettingsRule(_ => Parse(address));
        services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(Parse(address)));
        services.AddStackExchangeRedisCache(_ => { });
        services.AddOptions<Microsoft.Extensions.Caching.StackExchangeRedis.RedisCacheOptions>()
            .Configure<IConnectionMultiplexer>((cache, redis) =>
            {
                cache.ConnectionMultiplexerFactory = () => Task.FromResult(redis);
                cache.InstanceName = "chat:cache:";
            });
        services.AddSingleton<ISignals, RedisSignals>();
        services.AddSingleton<ITokenBuckets, RedisTokenBuckets>();
        services.AddSingleton<IRateLimits, RedisRateLimits>();
        services.AddHealthChecks().AddCheck<RedisHealthCheck>("cache", tags: ["ready"]);
        return services;
    }

    private static ConfigurationOptions Parse(string address)
    {
        ConfigurationOptions options;
        try
        {
            options = ConfigurationOptions.Parse(address);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new ConfigurationException("ConnectionStrings:redis", "it is not a Redis configuration such as 'localhost:6379'.");
        }
        // Redis may be away when this process starts, and come back: nothing durable depends on it.
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2_000;
        options.AsyncTimeout = 2_000;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ClientName = "chat-orchestrator";
        return options;
    }
}
