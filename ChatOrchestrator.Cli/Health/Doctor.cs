using System.CommandLine;
using ChatOrchestrator.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Health;

/// <summary><c>doctor</c>: asks everything that a deployment depends on whether it works.</summary>
internal static class Doctor
{
    public static Command Command()
    {
        var command = new Command("doctor", "Asks the database, the cache, the model and every connection's platform whether they work. The model is asked one word, which costs a few tokens.");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var builder = Hosts.Api(command);
        await using var services = builder.Services.BuildServiceProvider();
        var findings = new List<Finding>(HostStartup.FindProblems(builder, services).Select(p => new Finding("settings", Verdict.Broken, p.Line)));
        if (findings.Count > 0)
        {
            findings.Add(new Finding("the rest", Verdict.Look, "not asked while settings are wrong"));
        }
        else
        {
            findings.Add(new Finding("settings", Verdict.Well, "valid"));
            await foreach (var finding in new Examination(services).RunAsync(cancellationToken))
            {
                findings.Add(finding);
            }
        }
        FindingTable.Write(findings, Console.Out);
        return findings.Any(f => f.Verdict == Verdict.Broken) ? ExitCode.NotWell : ExitCode.Done;
    }
}
