using System.Diagnostics;
using System.Runtime.CompilerServices;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatOrchestrator.Cli.Health;

/// <summary>Asks everything that a deployment depends on, one thing after the other. What cannot be asked is a finding, never an exception.</summary>
internal sealed class Examination(IServiceProvider services)
{
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = await DatabaseAsync(cancellationToken);
        yield return database;
        var readable = database.Verdict != Verdict.Broken;
        var ring = readable ? await KeyRingAsync(cancellationToken) : null;
        if (ring is not null)
        {
            yield return ring;
        }
        yield return await CacheAsync(cancellationToken);
        await foreach (var finding in new ExamineModels(services).RunAsync(readable, cancellationToken))
        {
            yield return finding;
        }
        if (ring is not { Verdict: Verdict.Well })
        {
            yield return new Finding("connections", Verdict.Look, "not asked: the database has them, and the key ring their secrets");
            yield break;
        }
        await foreach (var finding in new ExamineConnections(services).RunAsync(cancellationToken))
        {
            yield return finding;
        }
    }

    private async Task<Finding> DatabaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            var store = services.GetRequiredService<PrepareStore>();
            store.Refuse(await store.ReadSchemaAsync(cancellationToken));
            // Again: the first time is that of putting everything together.
            var since = Stopwatch.GetTimestamp();
            var schema = await store.ReadSchemaAsync(cancellationToken);
            var which = store.SettingName == "Storage:Path" ? "SQLite" : "Postgres";
            return schema.Pending.Count > 0
                ? new("database", Verdict.Broken, $"{which} answers, but {schema.Pending.Count} migrations are pending; run 'chat migrate' (a process that starts with Storage:MigrateAtStart does it)")
                : new("database", Verdict.Well, $"{which}, {schema.Applied.Count} migrations, up to date; answered in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0} ms");
        }
        catch (ConfigurationException e)
        {
            return new("database", Verdict.Broken, e.Message);
        }
        catch (StoreUnavailableException e)
        {
            return new("database", Verdict.Broken, $"it cannot be reached ({e.InnerException!.GetType().Name}): is ConnectionStrings:chatdb right, and does the server run?");
        }
    }

    private async Task<Finding> KeyRingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await services.GetRequiredService<PrepareStore>().RequireKeyRingAsync(cancellationToken);
            return new("key ring", Verdict.Well, "it can be read");
        }
        catch (ConfigurationException e)
        {
            return new("key ring", Verdict.Broken, e.Message);
        }
        catch (StoreUnavailableException e)
        {
            return new("key ring", Verdict.Broken, e.Message);
        }
    }

    private async Task<Finding> CacheAsync(CancellationToken cancellationToken)
    {
        try
        {
            var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == "cache", cancellationToken);
            var entry = report.Entries["cache"];
            return entry.Status == HealthStatus.Healthy
                ? new("cache", Verdict.Well, $"{entry.Description}; answered in {entry.Duration.TotalMilliseconds:0} ms")
                : new("cache", Verdict.Broken, $"{entry.Description ?? "the check failed"}: is ConnectionStrings:redis right, and does the server run?");
        }
        catch (ConfigurationException e)
        {
            return new("cache", Verdict.Broken, e.Message);
        }
    }
}
