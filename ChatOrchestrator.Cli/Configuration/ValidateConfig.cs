using System.CommandLine;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Configuration;

/// <summary><c>validate-config</c>: everything that is wrong with the settings, at once. Connects to nothing.</summary>
internal static class ValidateConfig
{
    private const string Api = "api";
    private const string Worker = "worker";
    private const string All = "all";

    private static readonly Option<string> Process = new Option<string>("--process")
    {
        Description = $"Whose settings: {Api}, {Worker} or {All}. By default the API's, and a worker's where there is Redis.",
    }.AcceptOnlyFromAmong(Api, Worker, All);

    public static Command Command()
    {
        var command = new Command("validate-config", "Checks every setting and says what is wrong with it and how to fix it; connects to nothing.") { Process };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var which = command.GetValue(Process);
        var findings = new List<Findings>();
        if (which != Worker)
        {
            findings.Add(await Findings.OfAsync(Hosts.Api(command)));
            which ??= findings[0].HasRedis ? All : Api;
        }
        if (which != Api)
        {
            findings.Add(await Findings.OfAsync(Hosts.Worker(command)));
        }
        return Report(findings);
    }

    private static int Report(List<Findings> findings)
    {
        foreach (var unknown in findings.SelectMany(f => f.Unknown).Distinct())
        {
            Console.WriteLine($"warning: {unknown}");
        }
        var problems = findings.SelectMany(f => f.Problems.Select(p => (f.Catalogue, Problem: p))).DistinctBy(p => p.Problem.Line).ToList();
        foreach (var (catalogue, problem) in problems)
        {
            Console.WriteLine($"problem: {problem.Line}");
            Console.WriteLine($"    fix: {Fix(catalogue.Find(problem.Key) ?? catalogue.Find($"{problem.Key}:0"), problem.Key)}");
        }
        Console.WriteLine(problems.Count switch
        {
            0 => "The configuration is valid.",
            1 => "1 problem; nothing starts with it.",
            var count => $"{count} problems; nothing starts with them.",
        });
        return problems.Count == 0 ? ExitCode.Done : ExitCode.WrongSettings;
    }

    private static string Fix(Setting? setting, string key)
    {
        var variable = (setting?.Key.Length > key.Length ? setting.Key : key).Replace(":", "__", StringComparison.Ordinal);
        return setting switch
        {
            null => $"change or remove {variable}.",
            { DefaultText: { Length: > 0 } text } => $"change {variable}, or remove it: the default is {text}. {SettingMeanings.Of(setting)}",
            _ => $"set {variable}. {SettingMeanings.Of(setting)}",
        };
    }

    private sealed record Findings(SettingsCatalogue Catalogue, IReadOnlyList<ConfigurationProblem> Problems, IReadOnlyList<UnknownSetting> Unknown, bool HasRedis)
    {
        public static async Task<Findings> OfAsync(WebApplicationBuilder builder)
        {
            var catalogue = HostStartup.CatalogueOf(builder);
            // First what needs the configuration, which goes with the services.
            var (unknown, hasRedis) = (UnknownSettings.Find(builder.Configuration, catalogue), !string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString("redis")));
            await using var services = builder.Services.BuildServiceProvider();
            return new(catalogue, HostStartup.FindProblems(builder, services), unknown, hasRedis);
        }
    }
}
