using System.CommandLine;
using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Bots;

/// <summary><c>bots export</c> and <c>bots import</c>.</summary>
internal static class BotFiles
{
    private static readonly Argument<FileInfo?> To = new("file") { Description = "Where to; by default the standard output.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Argument<FileInfo> From = new("file") { Description = "What the export wrote." };

    public static Command Command()
    {
        var export = new Command("export", "Writes all bots and their connections as JSON. Of the secrets only the names are in it.") { To };
        export.SetAction(ExportAsync);
        var import = new Command("import", "Makes the bots and connections of a file be as it says, by their ids; a second time it changes nothing.") { From };
        import.SetAction(ImportAsync);
        return new Command("bots", "Carries bots from one deployment to another.") { export, import };
    }

    private static async Task<int> ExportAsync(ParseResult command, CancellationToken cancellationToken)
    {
        await using var services = Hosts.WithStore(command);
        await HostStartup.LookAsync(services, cancellationToken);
        var json = JsonSerializer.Serialize(await services.GetRequiredService<ExportBots>().HandleAsync(cancellationToken), BotDocument.Json);
        if (command.GetValue(To) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, json + "\n", cancellationToken);
        }
        else
        {
            Console.WriteLine(json);
        }
        return ExitCode.Done;
    }

    private static async Task<int> ImportAsync(ParseResult command, CancellationToken cancellationToken)
    {
        await using var stream = command.GetRequiredValue(From).OpenRead();
        var document = await JsonSerializer.DeserializeAsync<BotDocument>(stream, BotDocument.Json, cancellationToken) ?? throw new InvalidDataException("The file is empty.");
        await using var services = Hosts.WithStore(command);
        await HostStartup.JoinAsync(services, cancellationToken);
        var outcomes = await services.GetRequiredService<ImportBots>().HandleAsync(document, new Actor("chat"), cancellationToken);
        foreach (var outcome in outcomes)
        {
            Console.WriteLine($"{outcome.Outcome,-13} {outcome.What}{(outcome.Hint is null ? "" : $": {outcome.Hint}")}");
        }
        return ExitCode.Done;
    }
}
