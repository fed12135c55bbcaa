using System.Text.RegularExpressions;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Rules over what project files ask for. Each returns the violations, one sentence each.</summary>
internal static partial class ProjectRules
{
    private const string Domain = "ChatOrchestrator.Domain";
    private const string Application = "ChatOrchestrator.Application";
    private const string Infrastructure = "ChatOrchestrator.Infrastructure";
    private const string ServiceDefaults = "ChatOrchestrator.ServiceDefaults";
    private const string ApiService = "ChatOrchestrator.ApiService";
    private const string Worker = "ChatOrchestrator.Worker";
    private const string Cli = "ChatOrchestrator.Cli";
    private const string Simulator = "ChatOrchestrator.Simulator";
    private const string AppHost = "ChatOrchestrator.AppHost";
    private const string Tests = "ChatOrchestrator.Tests";

    /// <summary>
    /// Domain ← Application ← Infrastructure ← ApiService, Worker (→ ServiceDefaults) ← Cli, which puts them together to look at
    /// their settings. The simulator stands for other
    /// people's systems, so it shares nothing with the inner projects. Projects not named here (benchmarks) are free.
    /// </summary>
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        [Domain] = [],
        [Application] = [Domain],
        [Infrastructure] = [Domain, Application],
        [ServiceDefaults] = [],
        [ApiService] = [Domain, Application, Infrastructure, ServiceDefaults],
        [Worker] = [Domain, Application, Infrastructure, ServiceDefaults],
        [Cli] = [Domain, Application, Infrastructure, ServiceDefaults, ApiService, Worker],
        [Simulator] = [ServiceDefaults],
        [AppHost] = [ApiService, Worker, Simulator],
    };

    public static IEnumerable<string> AgainstDirection(ProjectFile project) =>
        MayReference.TryGetValue(project.Name, out var allowed)
            ? project.Projects.Where(reference => !allowed.Contains(reference)).Select(reference => $"{project.Name} references {reference}")
            : [];

    public static IEnumerable<string> DependingOnAppHost(ProjectFile project) =>
        project.Name == Tests
            ? []
            : project.Projects.Where(reference => reference == AppHost).Select(reference => $"{project.Name} references {reference}");

    /// <summary>The domain is plain C#: no package, no framework beside the base class library.</summary>
    public static IEnumerable<string> ImpureDomain(ProjectFile project) =>
        project.Name != Domain
            ? []
            : project.Packages.Concat(project.Frameworks).Select(package => $"{project.Name} references {package}")
                .Concat(project.Sdk == "Microsoft.NET.Sdk" ? [] : [$"{project.Name} uses {project.Sdk}, which brings a framework"]);

    /// <summary>The application knows abstractions only.</summary>
    public static IEnumerable<string> ConcreteApplication(ProjectFile project) =>
        project.Name != Application
            ? []
            : project.Packages.Where(package => !AssemblyRules.IsAbstraction(package)).Concat(project.Frameworks)
                .Select(package => $"{project.Name} references {package}")
                .Concat(project.Sdk == "Microsoft.NET.Sdk" ? [] : [$"{project.Name} uses {project.Sdk}, which brings a framework"]);

    public static IEnumerable<string> AspireOutsideItsHost(ProjectFile project) =>
        project.Name is AppHost or Tests
            ? []
            : project.Packages.Append(project.Sdk).Where(package => package.StartsWith("Aspire.Hosting", StringComparison.Ordinal)
                || package.StartsWith("Aspire.AppHost", StringComparison.Ordinal)).Select(package => $"{project.Name} references {package}");

    /// <summary>A reader follows one message through named calls: no mediator, no mapper.</summary>
    public static IEnumerable<string> BannedPackages(ProjectFile project) =>
        project.Packages.Where(package => Banned().IsMatch(package)).Select(package => $"{project.Name} references {package}");

    [GeneratedRegex("^(MediatR|Mediator|AutoMapper)(\\.|$)", RegexOptions.IgnoreCase)]
    internal static partial Regex Banned();
}
