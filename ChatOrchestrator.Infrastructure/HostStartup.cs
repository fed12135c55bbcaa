using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure;

/// <summary>Runs a host; a wrong setting ends the start with one line for each problem and exit code 2, without a stack trace.</summary>
public static class HostStartup
{
    public static Task<int> RunAsync(Func<WebApplication> build) => RunAsync(build, StartAsync);

    /// <summary>The verb <c>migrate</c>: brings the schema up to date and ends.</summary>
    public static Task<int> MigrateAsync(Func<WebApplication> build) => RunAsync(
        build, app => app.Services.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, CancellationToken.None));

    /// <summary>The verb <c>index-messages</c>: makes the index for the text of messages and ends.</summary>
    public static Task<int> IndexMessagesAsync(Func<WebApplication> build) => RunAsync(
        build, app => app.Services.GetRequiredService<IndexMessages>().HandleAsync(CancellationToken.None));

    /// <summary>The verb <c>validate-config</c>: checks every setting and ends; connects to nothing.</summary>
    public static Task<int> ValidateAsync(Func<WebApplication> build) => RunAsync(
        build,
        app =>
        {
            Validate(app);
            return Console.Out.WriteLineAsync("The configuration is valid.");
        });

    /// <summary>What may refuse the start is asked before the host starts, which would log a refusal as a failure with a stack trace.</summary>
    private static async Task StartAsync(WebApplication app)
    {
        Validate(app);
        await app.Services.GetRequiredService<PrepareStore>().StartingAsync(app.Lifetime.ApplicationStopping);
        if (app.Services.GetService<PostgresCompany>() is { } company)
        {
            await company.JoinAsync(app.Lifetime.ApplicationStopping);
        }
        await app.RunAsync();
    }

    private static void Validate(WebApplication app)
    {
        app.Services.GetService<IStartupValidator>()?.Validate();
        _ = app.Services.GetServices<IHostedService>().Count();
    }

    private static async Task<int> RunAsync(Func<WebApplication> build, Func<WebApplication, Task> run)
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
        return 2;
    }
}
