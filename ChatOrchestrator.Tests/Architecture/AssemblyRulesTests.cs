using System.Reflection;
using ChatOrchestrator.Tests.Architecture.Violations.Setters;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Each rule on the assemblies that were built, and on one that breaks it.</summary>
public sealed class AssemblyRulesTests
{
    private static readonly Assembly ThisAssembly = typeof(AssemblyRulesTests).Assembly;

    [Fact]
    public void The_domain_references_the_base_class_library_only() =>
        AssemblyRules.ReferencesBeside(House.Domain, _ => false).ShouldBeEmpty();

    [Fact]
    public void The_application_references_the_domain_and_abstractions_only() =>
        AssemblyRules.ReferencesBeside(House.Application, IsAllowedInApplication).ShouldBeEmpty();

    [Fact]
    public void A_reference_beyond_what_is_allowed_is_found()
    {
        AssemblyRules.ReferencesBeside(ThisAssembly, _ => false).ShouldContain("ChatOrchestrator.Tests references xunit.core");
        AssemblyRules.ReferencesBeside(ThisAssembly, IsAllowedInApplication).ShouldContain("ChatOrchestrator.Tests references Npgsql");
        AssemblyRules.ReferencesBeside(ThisAssembly, _ => false).ShouldNotContain("ChatOrchestrator.Tests references System.Runtime");
    }

    [Fact]
    public void Infrastructure_knows_no_process() => AssemblyRules.References(House.Infrastructure, IsProcess).ShouldBeEmpty();

    [Fact]
    public void The_processes_do_not_know_each_other()
    {
        AssemblyRules.References(House.ApiService, IsProcess).ShouldBeEmpty();
        AssemblyRules.References(House.Worker, IsProcess).ShouldBeEmpty();
    }

    [Fact]
    public void A_reference_to_a_process_is_found() =>
        // The counter-example references what it is asked about: any name it has will do.
        AssemblyRules.References(ThisAssembly, name => name is "ChatOrchestrator.Worker" or "Npgsql").ShouldNotBeEmpty();

    [Fact]
    public void No_mediator_no_mapper_and_no_Aspire_host_in_what_is_deployed() =>
        House.Deployed.SelectMany(assembly => AssemblyRules.References(assembly, IsBanned)).ShouldBeEmpty();

    [Theory]
    [InlineData("MediatR", true)]
    [InlineData("AutoMapper", true)]
    [InlineData("Aspire.Hosting", true)]
    [InlineData("Aspire.Hosting.Redis", true)]
    [InlineData("ChatOrchestrator.AppHost", true)]
    [InlineData("ChatOrchestrator.Domain", false)]
    public void A_banned_assembly_is_recognised(string name, bool banned) => IsBanned(name).ShouldBe(banned);

    [Fact]
    public void The_domain_guards_its_state()
    {
        AssemblyRules.PublicSetters(House.Domain.GetTypes()).ShouldBeEmpty();
        AssemblyRules.PublicFields(House.Domain.GetTypes()).ShouldBeEmpty();
    }

    [Fact]
    public void A_public_setter_or_field_is_found()
    {
        AssemblyRules.PublicSetters([typeof(OpenToEverybody), typeof(GuardsItself)]).ShouldBe([$"{typeof(OpenToEverybody).FullName}.Name has a public setter"]);
        AssemblyRules.PublicFields([typeof(OpenToEverybody), typeof(GuardsItself)]).ShouldHaveSingleItem();
    }

    private static bool IsAllowedInApplication(string name) => name == "ChatOrchestrator.Domain" || AssemblyRules.IsAbstraction(name);

    private static bool IsProcess(string name) =>
        name is "ChatOrchestrator.ApiService" or "ChatOrchestrator.Worker" or "ChatOrchestrator.Simulator" or "ChatOrchestrator.AppHost" or "chat";

    private static bool IsBanned(string name) =>
        ProjectRules.Banned().IsMatch(name) || name == "ChatOrchestrator.AppHost" || name == "Aspire.Hosting"
        || name.StartsWith("Aspire.Hosting.", StringComparison.Ordinal);
}
