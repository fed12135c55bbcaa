using System.CommandLine;
using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Schema;

/// <summary><c>migrate</c>: brings the schema up to date, all of it or nothing, one process at a time.</summary>
internal static class Migrate
{
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only lists what would be done." };

    public static Command Command()
    {
        var command = new Command("migrate", "Brings the database's schema up to date: all of it, or nothing. One process at a time; a database that is newer is refused.") { DryRun };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        await using var services = Hosts.WithStore(command);
        var store = services.GetRequiredService<PrepareStore>();
        var before = await ReadAsync(store, cancellationToken);
        if (command.GetValue(DryRun))
        {
            foreach (var migration in before.Pending)
            {
                Console.WriteLine(migration);
            }
            Console.WriteLine(before.Pending.Count == 0 ? "The schema is up to date." : $"{before.Pending.Count} migrations are pending; nothing was changed.");
            return ExitCode.Done;
        }
        await store.HandleAsync(migrate: true, cancellationToken);
        // Another process may have done it meanwhile.
        Console.WriteLine(before.Pending.Count == 0 ? "The schema was up to date." : $"The schema is up to date: {string.Join(", ", before.Pending)}.");
        return ExitCode.Done;
    }

    /// <exception cref="ConfigurationException">The database is newer than this program.</exception>
    private static async Task<StoreSchema> ReadAsync(PrepareStore store, CancellationToken cancellationToken)
    {
        var schema = await store.ReadSchemaAsync(cancellationToken);
        store.Refuse(schema);
        return schema;
    }
}
