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
    /// <param name="map">Says what it answers, as soon as its settings are known to be in order.</param>
    public static Task<int> RunAsync(Func<WebApplication> build, Action<WebApplication> map) => GuardAsync(build, app => StartAsync(app, map));

    /// <summary>The verb <c>migrate</c>: brings the schema up to date and ends.</summary>
    public static Task<int> MigrateAsync(Func<WebApplication> build) => GuardAsync(
        build, app => app.Services.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, CancellationToken.None));

    /// <summary>The verb <c>index-messages</c>: makes the index for the text of messages and ends.</summary>
    public static Task<int> IndexMessagesAsync(Func<WebApplication> build) => GuardAsync(
        build, app => app.Services.GetRequiredService<IndexMessages>().HandleAsync(CancellationToken.None));

    /// <summary>The verb <c>validate-config</c>: checks every setting and ends; connects to nothing.</summary>
    public static Task<int> ValidateAsync(Func<WebApplication> build) => GuardAsync(
        build,
        app =>
        {
            Validate(app);
            return Console.Out.WriteLineAsync("The configuration is valid.");
        });

    /// <summary>Everything that is wrong with the settings of a host that is built but not started.</summary>
    public static IReadOnlyList<ConfigurationProblem> FindProblems(WebApplication app) => new ConfigurationCheck(app.Services, app.Configuration, CatalogueOf(app)).FindProblems();

    /// <summary>The keys that a host reads.</summary>
    public static SettingsCatalogue CatalogueOf(WebApplication app) => SettingsCatalogue.Of(Assembly.Load(app.Environment.ApplicationName));

    /// <summary>Makes sure that the store can be read, beside whoever uses it.</summary>
    /// <exception cref="ConfigurationException">Its schema is not this program's, or its key ring cannot be read.</exception>
    public static async Task LookAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var store = app.Services.GetRequiredService<PrepareStore>();
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
    public static async Task JoinAsync(WebApplication app, CancellationToken cancellationToken)
    {
        app.Services.GetService<SqliteDatabase>()?.Claim();
        await LookAsync(app, cancellationToken);
        if (app.Services.GetService<PostgresCompany>() is { } company)
        {
            await company.JoinAsync(cancellationToken);
        }
    }

    /// <summary>What may refuse the start is asked before the host starts, which would log a refusal as a failure with a stack trace.</summary>
    private static async Task StartAsync(WebApplication app, Action<WebApplication> map)
    {
        Validate(app);
        map(app);
        await app.Services.GetRequiredService<PrepareStore>().StartingAsync(app.Lifetime.ApplicationStopping);
        if (app.Services.GetService<PostgresCompany>() is { } company)
        {
            await company.JoinAsync(app.Lifetime.ApplicationStopping);
        }
        await app.RunAsync();
    }

    private static void Validate(WebApplication app)
    {
        var catalogue = CatalogueOf(app);
        foreach (var unknown in UnknownSettings.Find(app.Configuration, catalogue))
        {
            Unknown(app.Logger, unknown);
        }
        if (new ConfigurationCheck(app.Services, app.Configuration, catalogue).FindProblems() is { Count: > 0 } problems)
        {
            throw new OptionsValidationException("settings", typeof(ConfigurationProblem), problems.Select(p => p.Line));
        }
        app.Services.GetService<IStartupValidator>()?.Validate();
        _ = app.Services.GetServices<IHostedService>().Count();
    }

    private static async Task<int> GuardAsync(Func<WebApplication> build, Func<WebApplication, Task> run)
    {
        try
        {
            await using var app = build();
            await run(app);
            return 0;
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
