namespace ChatOrchestrator.Cli.Health;

internal enum Verdict
{
    /// <summary>It works.</summary>
    Well,

    /// <summary>It works, but somebody should know.</summary>
    Look,

    /// <summary>It does not work.</summary>
    Broken,
}

/// <summary>What was found about one thing.</summary>
/// <param name="What">The thing.</param>
/// <param name="Detail">What it says, and what to do; no secret is in it.</param>
internal sealed record Finding(string What, Verdict Verdict, string Detail);

/// <summary>Findings as people read them.</summary>
internal static class FindingTable
{
    public static void Write(IReadOnlyList<Finding> findings, TextWriter output)
    {
        var width = findings.Max(f => f.What.Length);
        foreach (var finding in findings)
        {
            output.WriteLine($"{Say(finding.Verdict),-6}  {finding.What.PadRight(width)}  {finding.Detail}");
        }
        var broken = findings.Count(f => f.Verdict == Verdict.Broken);
        output.WriteLine(broken switch
        {
            0 => "Everything works.",
            1 => "1 thing does not work.",
            _ => $"{broken} things do not work.",
        });
    }

    private static string Say(Verdict verdict) => verdict switch
    {
        Verdict.Well => "ok",
        Verdict.Look => "look",
        _ => "BROKEN",
    };
}
