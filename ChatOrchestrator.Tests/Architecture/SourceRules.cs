using System.Text.RegularExpressions;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Rules over the files of the repository. Each returns the violations, one sentence each.</summary>
internal static partial class SourceRules
{
    public const int MostLines = 400;

    public static bool IsCSharp(string path) => path.EndsWith(".cs", StringComparison.Ordinal);

    public static bool IsTest(string path) => IsCSharp(path) && path.StartsWith("ChatOrchestrator.Tests/", StringComparison.Ordinal);

    /// <summary>Migrations are generated.</summary>
    public static bool IsGenerated(string path) => path.Contains("/Migrations/", StringComparison.Ordinal);

    public static IEnumerable<string> NamesThatSayNothing(IEnumerable<string> paths) =>
        paths.Where(path => Path.GetFileName(path) is "Extensions.cs" or "DependencyInjection.cs").Select(path => $"{path}: name it after the thing");

    /// <summary>Tests wait for conditions. To wait for ever is a way to play a server that hangs, and is allowed.</summary>
    public static IEnumerable<string> SleepingTests(IEnumerable<SourceFile> files) =>
        from file in files
        where IsTest(file.Path)
        from Match match in Sleep().Matches(file.Text)
        select $"{file.Path}:{LineOf(file.Text, match.Index)}: {match.Value} (use Eventually)";

    /// <summary>Which registry a machine restores from is the machine's matter, and lock files repeat it in every line.</summary>
    public static IEnumerable<string> RegistryHosts(IEnumerable<SourceFile> files) =>
        from file in files
        from Match match in Registry().Matches(file.Text)
        select $"{file.Path}:{LineOf(file.Text, match.Index)}: {match.Value}";

    public static IEnumerable<string> LongFiles(IEnumerable<SourceFile> files) =>
        from file in files
        where IsCSharp(file.Path) && !IsGenerated(file.Path)
        let lines = file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1
        where lines > MostLines
        select $"{file.Path}: {lines} lines";

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\s*\(|\bTask\s*\.\s*Delay\s*\((?!\s*(Timeout\.Infinite|-1\b))")]
    private static partial Regex Sleep();

    [GeneratedRegex("""
        ://[^/\s"'<>]*\b(registry\.(npmjs|yarnpkg)|npm\.pkg|api\.nuget|nuget\.pkg|pkgs\.dev\.azure)\.[^\s"'<>]*
        |"resolved"\s*:\s*"https?://[^"]*
        |^\s*(//[^\s=]+:|@[\w-]+:)?(registry|_authToken)\s*=\s*\S+
        |<add\s+key="[^"]*"\s+value="https?://[^"]*
        """, RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Registry();
}
