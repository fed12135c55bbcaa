using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>
/// The sessions of these documents run as they are printed, each in one shell, against a process on an empty store. With
/// <c>UPDATE_DOCS=1</c> what they print is written into the document.
/// </summary>
public sealed partial class DocumentedSessionTests
{
    private const string Documented = "127.0.0.1:5080";
    private const string OwnerKey = "owner-key-of-the-documentation";
    private const string Prompt = "$ ";
    private const string Next = "=== next ===";

    [ShellFact]
    public Task Every_command_of_the_session_prints_what_the_document_says() => RunAsync("api.md", 30);

    [ShellFact]
    public Task Every_command_about_analytics_prints_what_the_document_says() => RunAsync("analytics.md", 5);

    [ShellFact]
    public Task Every_command_about_notifications_prints_what_the_document_says() => RunAsync("notifications.md", 5);

    private static async Task RunAsync(string name, int least)
    {
        var file = Path.Combine(TestMachine.RepositoryRoot, "docs", name);
        var document = await File.ReadAllTextAsync(file);
        var commands = Blocks().Matches(document).SelectMany(b => Commands(b.Groups[1].Value)).ToList();
        commands.Count.ShouldBeGreaterThan(least);
        var settings = ApiProcess.Settings();
        settings["Admin__ApiKey"] = OwnerKey;
        settings["Analytics__RollUpSeconds"] = "0.5";
        var api = await ApiProcess.StartAsync(settings);
        var folder = Directory.CreateTempSubdirectory("chat-session-");
        try
        {
            var printed = await RunAsync(commands.Select(c => c.Command), api.Service.Address.Authority, folder.FullName);
            printed.Length.ShouldBe(commands.Count);
            if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            {
                var next = 0;
                await File.WriteAllTextAsync(file, Blocks().Replace(document, block => $"```console\n{string.Concat(Commands(block.Groups[1].Value).Select(c => $"{Prompt}{c.Command}\n{printed[next++]}"))}```"));
                return;
            }
            foreach (var ((command, expected), actual) in commands.Zip(printed))
            {
                Comparable(actual).ShouldBe(Comparable(expected), command);
            }
        }
        finally
        {
            await api.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string[]> RunAsync(IEnumerable<string> commands, string authority, string folder)
    {
        var script = Path.Combine(folder, "session.sh");
        await File.WriteAllTextAsync(script, string.Concat(commands.Select(c => $"{c.Replace(Documented, authority, StringComparison.Ordinal)}\nprintf '\\n{Next}\\n'\n")));
        var (_, output) = await OwnedProcess.RunAsync(new ProcessStartInfo("bash", [script]) { WorkingDirectory = folder }, TimeSpan.FromMinutes(2));
        return [.. output.Replace(authority, Documented, StringComparison.Ordinal).Split(Next + "\n").Select(o => o.Replace(Next, "", StringComparison.Ordinal)).Take(commands.Count()).Select(Shortened)];
    }

    /// <summary>As the document prints it: no empty lines, and no key or token that somebody could try.</summary>
    private static string Shortened(string output)
    {
        var lines = output.Replace("\r", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Secret().Replace(string.Concat(lines.Select(l => l + "\n")), "$1…");
    }

    /// <summary>Without what every run makes anew.</summary>
    private static string Comparable(string output)
    {
        output = Secret().Replace(output, "$1…");
        output = Id().Replace(output, "id");
        output = Time().Replace(output, "time");
        output = Prefix().Replace(output, "\"prefix\":\"cok_\"");
        return Trace().Replace(output, "\"traceId\":\"trace\"");
    }

    private static IEnumerable<(string Command, string Output)> Commands(string block)
    {
        string? command = null;
        var output = new StringBuilder();
        foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                output.Append(line).Append('\n');
                continue;
            }
            if (command is not null)
            {
                yield return (command, output.ToString());
            }
            (command, _) = (line[Prompt.Length..], output.Clear());
        }
        if (command is not null)
        {
            yield return (command, output.ToString());
        }
    }

    [GeneratedRegex("```console\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\b(eyJ|cor_|cok_|whsec_)(?:[A-Za-z0-9_.+/=-]{20,}|…)")]
    private static partial Regex Secret();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.+:Z-]*")]
    private static partial Regex Time();

    [GeneratedRegex("\"prefix\":\"cok_[^\"]{8}\"")]
    private static partial Regex Prefix();

    [GeneratedRegex("\"traceId\":\"[^\"]+\"")]
    private static partial Regex Trace();
}
