using System.Reflection;
using ArchUnitNET.Loader;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>The assemblies that were built, by name: what is empty today has no type to find them by.</summary>
internal static class House
{
    public static Assembly Domain { get; } = Load("Domain");

    public static Assembly Application { get; } = Load("Application");

    public static Assembly Infrastructure { get; } = Load("Infrastructure");

    public static Assembly ServiceDefaults { get; } = Load("ServiceDefaults");

    public static Assembly ApiService { get; } = Load("ApiService");

    public static Assembly Worker { get; } = Load("Worker");

    /// <summary>Named after the command that it is.</summary>
    public static Assembly Cli { get; } = Assembly.Load("chat");

    public static Assembly Simulator { get; } = Load("Simulator");

    public static IReadOnlyList<Assembly> Deployed { get; } = [Domain, Application, Infrastructure, ServiceDefaults, ApiService, Worker, Cli];

    private static readonly Lazy<ArchUnitNET.Domain.Architecture> LazyArchitecture = new(() => new ArchLoader()
        .LoadAssemblies([.. Deployed, Simulator, typeof(House).Assembly]).Build());

    /// <summary>Our types and what they use, this assembly's (and so the violations) included.</summary>
    public static ArchUnitNET.Domain.Architecture Architecture => LazyArchitecture.Value;

    private static Assembly Load(string name) => Assembly.Load($"ChatOrchestrator.{name}");
}
