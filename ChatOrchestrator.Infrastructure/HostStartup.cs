using System.Reflection;
using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure;

/// <summary>Runs a host; a wrong setting ends the start with one line for each problem and exit code 2, without a stack trace.</summary>
public static partial class HostStartup
{
    /// <param name="compose">Registers everything; reads no setting that may be wrong.</param>
    /// <param name="map">Says what it answers, when its settings are known to be in order.</param>
    public static Task<int> RunAsync(Func<WebApplicationBuilder> compose, Action<WebApplication> map)
    {
        ProcessMemory.KeepSmall();
        return GuardAsync(stop => StartAsync(compose(), map, stop));
    }

    /// <summary>The verb <c>migrate</c>: brings the schema up to date and ends.</summary>
    public static Task<int> MigrateAsync(Func<WebApplicationBuilder> compose) => GuardAsync(async stop =>
    {
        await using var services = compose().Services.BuildServiceProvider();
        await services.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, stop);
    });

    /// <summary>The verb <c>index-messages</c>: makes the index for the text of messages and ends.</summary>
    public static Task<int> IndexMessagesAsync(Func<WebApplicationBuilder> compose) => GuardAsync(async stop =>
    {
        await using var services = compose().Services.BuildServiceProvider();
        await services.GetRequiredService<IndexMessages>().HandleAsync(stop);
    });

    /// <summary>The verb <c>validate-config</c>: checks every setting and ends; connects to nothing.</summary>
    public static Task<int> ValidateAsync(Func<WebApplicationBuilder> compose) => GuardAsync(async _ =>
    {
        var builder = compose();
        foreach (var unknown in Validate(builder))
        {
            await Console.Out.WriteLineAsync($"Warning: {unknown}");
        }
        await using var services = builder.Services.BuildServiceProvider();
        services.GetService<IStartupValidator>()?.Validate();
        await Console.Out.WriteLineAsync("The configuration is valid.");
    });

    /// <summary>Everything that is wrong with the settings of a host, as it was put together.</summary>
    /// <param name="services">What it would be made of.</param>
    public static IReadOnlyList<ConfigurationProblem> FindProblems(WebApplicationBuilder builder, IServiceProvider services) =>
        new ConfigurationCheck(services, builder.Configuration, CatalogueOf(builder)).FindProblems();

    /// <summary>The keys that a host reads.</summary>
    public static SettingsCatalogue CatalogueOf(WebApplicationBuilder builder) => SettingsCatalogue.Of(Assembly.Load(builder.Environment.ApplicationName));

    /// <summary>Makes sure that the store can be read, beside whoever uses it.</summary>
    /// <exception cref="ConfigurationException">Its schema is not this program's, or its key ring cannot be read.</exception>
    public static async Task LookAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var store = services.GetRequiredService<PrepareStore>();
        var schema = await store.ReadSchemaAsync(cancellationToken);
        store.Refuse(schema);
        if (schema.Pending.Count > 0)
        {
            throw new ConfigurationException(store.SettingName, $"{schema.Pending.Count} migrations are pending ({schema.Pending[0]} …); run 'chat migrate' first.");
        }
        await store.RequireKeyRingAsync(cancellationToken);
    }

    /// <summary>Takes part in the store like a process that changes things: refused where a second process would be.</summary>
    /// <exception cref="ConfigurationException">Others use the store and would not hear of the change, or its schema is not this program's.</exception>
    public static async Task JoinAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        services.GetService<SqliteDatabase>()?.Claim();
        await LookAsync(services, cancellationToken);
        if (services.GetService<PostgresCompany>() is { } company)
        {
            await company.JoinAsync(cancellationToken);
        }
    }

    /// <summary>What may refuse the start is asked before the host starts, which would log a refusal as a failure with a stack trace.</summary>
    private static async Task StartAsync(WebApplicationBuilder builder, Action<WebApplication> map, CancellationToken stop)
    {
        var unknown = Validate(builder);
        await using var app = builder.Build();
        // The frameworks' rules. Not asked of what was put together to look at ours: that would make, and keep, a second
        // provider of metrics, to which everything is counted once more.
        app.Services.GetService<IStartupValidator>()?.Validate();
        using var trimming = ProcessMemory.TrimRegularly(TimeProvider.System);
        await using var stopping = stop.Register(app.Lifetime.StopApplication);
        foreach (var setting in unknown)
        {
            Unknown(app.Logger, setting);
        }
        map(app);
        _ = app.Services.GetServices<IHostedService>().Count();
        await app.Services.GetRequiredService<PrepareStore>().StartingAsync(app.Lifetime.ApplicationStopping);
        if (app.Services.GetService<PostgresCompany>() is { } company)
        {
            await company.JoinAsync(app.Lifetime.ApplicationStopping);
        }
        await app.RunAsync();
    }

    /// <summary>Before anything is built: a server is made of its settings, and would throw at the first that is wrong.</summary>
    /// <returns>The keys that nobody knows.</returns>
    /// <exception cref="OptionsValidationException">There are problems, a line each.</exception>
    private static IReadOnlyList<UnknownSetting> Validate(WebApplicationBuilder builder)
    {
        // Not disposed: it would take the configuration along, which the host itself needs.
        var services = builder.Services.BuildServiceProvider();
        var unknown = UnknownSettings.Find(builder.Configuration, CatalogueOf(builder));
        if (FindProblems(builder, services) is { Count: > 0 } problems)
        {
            // There is no log yet; and a key that is misspelt may be why another is missing.
            foreach (var setting in unknown)
            {
                Console.Error.WriteLine($"Warning: {setting}");
            }
            throw new OptionsValidationException("settings", typeof(ConfigurationProblem), problems.Select(p => p.Line));
        }
        return unknown;
    }

    private static async Task<int> GuardAsync(Func<CancellationToken, Task> run)
    {
        using var order = new OrderToStop();
        try
        {
            await run(order.Given);
            return 0;
        }
        catch (OperationCanceledException) when (order.Given.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before it had started.");
            return OrderToStop.ExitCode;
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync($"Cannot start. {e.Message}");
        }
        catch (OptionsValidationException e)
        {
            foreach (var failure in e.Failures)
            {
                await Console.Error.WriteLineAsync($"Cannot start. {failure}");
            }
        }
        catch (MigrationFailedException e)
        {
            await Console.Error.WriteLineAsync($"Cannot start. {e.Message}");
        }
        catch (InvalidDataException e)
        {
            // A file of settings that is no JSON; the inner exception says where.
            await Console.Error.WriteLineAsync($"Cannot start. {e.Message} {e.InnerException?.Message}");
        }
        return 2;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Setting}")]
    private static partial void Unknown(ILogger logger, UnknownSetting setting);
}
