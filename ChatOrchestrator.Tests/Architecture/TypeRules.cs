using System.Text.RegularExpressions;
using ArchUnitNET.Fluent;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Rules over types and their dependencies, for the namespaces they are given.</summary>
internal static class TypeRules
{
    /// <summary>Names that say nothing; the thing has a name in the field.</summary>
    public const string MeaninglessName = "(Service|Manager|Helper|Helpers|Util|Utils|Utility)(`[0-9]+)?$";

    private static readonly string[] Base = ["System", "Microsoft.CodeAnalysis"];

    /// <summary>Types of a namespace use only the given namespaces, the base class library and each other.</summary>
    public static IArchRule UsesOnly(string ns, params string[] allowed) =>
        Types().That().ResideInNamespaceMatching(Within(ns))
            .Should().OnlyDependOn(Types(includeReferenced: true).That().ResideInNamespaceMatching(Within([ns, .. Base, .. allowed]))
                .Or().ResideInNamespaceMatching("^$"))
            .WithoutRequiringPositiveResults();

    public static IArchRule DoesNotUse(string ns, params string[] forbidden) =>
        Types().That().ResideInNamespaceMatching(Within(ns))
            .Should().NotDependOnAny(Types(includeReferenced: true).That().ResideInNamespaceMatching(Within(forbidden)))
            .WithoutRequiringPositiveResults();

    public static IArchRule NamesMeanSomething(string ns) =>
        Types().That().ResideInNamespaceMatching(Within(ns))
            .Should().NotHaveNameMatching(MeaninglessName)
            .WithoutRequiringPositiveResults();

    /// <summary>
    /// One platform's folder never reaches into another's. What all share lies above them; what a family shares (Meta's two)
    /// lies in a folder without an adapter, which uses no platform either.
    /// </summary>
    public static IEnumerable<IArchRule> PlatformsStandApart(ArchUnitNET.Domain.Architecture architecture, string platformsNamespace)
    {
        var types = architecture.Types.Where(type => (type.Namespace?.FullName ?? "").StartsWith($"{platformsNamespace}.", StringComparison.Ordinal)).ToList();
        var folders = types.Select(FolderOf).Distinct().Order(StringComparer.Ordinal).ToList();
        var platforms = types.Where(type => type.Name.EndsWith("Adapter", StringComparison.Ordinal)).Select(FolderOf).Distinct().Order(StringComparer.Ordinal).ToList();
        return folders.Where(folder => platforms.Exists(platform => platform != folder)).Select(folder => DoesNotUse(
            $"{platformsNamespace}.{folder}",
            [.. platforms.Where(platform => platform != folder).Select(platform => $"{platformsNamespace}.{platform}")]));

        string FolderOf(ArchUnitNET.Domain.IType type) => type.Namespace.FullName[(platformsNamespace.Length + 1)..].Split('.')[0];
    }

    /// <returns>The violations, one sentence each.</returns>
    public static IEnumerable<string> Violations(this IArchRule rule, ArchUnitNET.Domain.Architecture architecture) =>
        rule.Evaluate(architecture).Where(result => !result.Passed).Select(result => result.Description);

    private static string Within(params string[] namespaces) =>
        $"^({string.Join('|', namespaces.Select(Regex.Escape))})(\\.|$)";
}
