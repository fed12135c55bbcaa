namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Each rule on the repository's project files, and on one that breaks it.</summary>
public sealed class ProjectRulesTests
{
    [Fact]
    public void Every_project_is_seen()
    {
        string[] house = ["AppHost", "ServiceDefaults", "Domain", "Application", "Infrastructure", "ApiService", "Worker", "Cli", "Simulator", "Tests"];
        foreach (var name in house)
        {
            ProjectFile.All.ShouldContain(project => project.Name == $"ChatOrchestrator.{name}");
        }
    }

    [Fact]
    public void References_point_inwards() => ProjectFile.All.SelectMany(ProjectRules.AgainstDirection).ShouldBeEmpty();

    [Theory]
    [InlineData("Domain", "Application")]
    [InlineData("Application", "Infrastructure")]
    [InlineData("Infrastructure", "ApiService")]
    [InlineData("Infrastructure", "Worker")]
    [InlineData("ApiService", "Worker")]
    [InlineData("Worker", "ApiService")]
    [InlineData("ApiService", "Cli")]
    [InlineData("Cli", "Simulator")]
    [InlineData("Simulator", "Domain")]
    [InlineData("ServiceDefaults", "Infrastructure")]
    public void A_reference_outwards_or_sideways_is_found(string from, string to) =>
        ProjectRules.AgainstDirection(Project(from, $"""<ProjectReference Include="..\ChatOrchestrator.{to}\ChatOrchestrator.{to}.csproj" />"""))
            .ShouldBe([$"ChatOrchestrator.{from} references ChatOrchestrator.{to}"]);

    [Fact]
    public void Nothing_depends_on_AppHost() => ProjectFile.All.SelectMany(ProjectRules.DependingOnAppHost).ShouldBeEmpty();

    [Fact]
    public void A_dependency_on_AppHost_is_found_even_under_a_condition() =>
        ProjectRules.DependingOnAppHost(ProjectFile.Parse("ChatOrchestrator.Benchmarks", """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup Condition="'$(UseAspire)' == 'true'">
                <ProjectReference Include="../ChatOrchestrator.AppHost/ChatOrchestrator.AppHost.csproj" />
              </ItemGroup>
            </Project>
            """)).ShouldHaveSingleItem();

    [Fact]
    public void The_domain_has_no_packages() => ProjectFile.All.SelectMany(ProjectRules.ImpureDomain).ShouldBeEmpty();

    [Fact]
    public void A_package_or_framework_in_the_domain_is_found()
    {
        ProjectRules.ImpureDomain(Project("Domain", """<PackageReference Include="Npgsql" />""")).ShouldHaveSingleItem();
        ProjectRules.ImpureDomain(Project("Domain", """<FrameworkReference Include="Microsoft.AspNetCore.App" />""")).ShouldHaveSingleItem();
        ProjectRules.ImpureDomain(Project("Domain", "", sdk: "Microsoft.NET.Sdk.Web")).ShouldHaveSingleItem();
    }

    [Fact]
    public void The_application_has_packages_of_abstractions_only() => ProjectFile.All.SelectMany(ProjectRules.ConcreteApplication).ShouldBeEmpty();

    [Theory]
    [InlineData("Microsoft.Extensions.AI")]
    [InlineData("Microsoft.Extensions.Http.Resilience")]
    [InlineData("Microsoft.EntityFrameworkCore.Abstractions")]
    [InlineData("StackExchange.Redis")]
    public void A_concrete_package_in_the_application_is_found(string package) =>
        ProjectRules.ConcreteApplication(Project("Application", $"""<PackageReference Include="{package}" />""")).ShouldHaveSingleItem();

    [Fact]
    public void Aspire_hosting_lives_in_AppHost_and_its_tests() => ProjectFile.All.SelectMany(ProjectRules.AspireOutsideItsHost).ShouldBeEmpty();

    [Fact]
    public void Aspire_hosting_elsewhere_is_found() =>
        ProjectRules.AspireOutsideItsHost(Project("ApiService", """<PackageReference Include="Aspire.Hosting.Redis" />""")).ShouldHaveSingleItem();

    [Fact]
    public void No_mediator_and_no_mapper() => ProjectFile.All.SelectMany(ProjectRules.BannedPackages).ShouldBeEmpty();

    [Theory]
    [InlineData("MediatR")]
    [InlineData("MediatR.Contracts")]
    [InlineData("AutoMapper.Extensions.Microsoft.DependencyInjection")]
    public void A_mediator_or_mapper_is_found(string package) =>
        ProjectRules.BannedPackages(Project("Infrastructure", $"""<PackageReference Include="{package}" />""")).ShouldHaveSingleItem();

    private static ProjectFile Project(string name, string item, string sdk = "Microsoft.NET.Sdk") =>
        ProjectFile.Parse($"ChatOrchestrator.{name}", $"""<Project Sdk="{sdk}"><ItemGroup>{item}</ItemGroup></Project>""");
}
