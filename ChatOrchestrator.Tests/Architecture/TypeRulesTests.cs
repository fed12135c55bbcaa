namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Each rule on our namespaces, and on a namespace of <see cref="Violations"/> that breaks it.</summary>
public sealed class TypeRulesTests
{
    private const string Violations = "ChatOrchestrator.Tests.Architecture.Violations";
    private const string Platforms = "ChatOrchestrator.Infrastructure.Platforms";

    [Fact]
    public void The_domain_uses_itself_and_the_base_class_library() =>
        TypeRules.UsesOnly("ChatOrchestrator.Domain").Violations(House.Architecture).ShouldBeEmpty();

    [Fact]
    public void The_application_uses_the_domain_and_abstractions() =>
        TypeRules.UsesOnly("ChatOrchestrator.Application", "ChatOrchestrator.Domain", "Microsoft.Extensions").Violations(House.Architecture).ShouldBeEmpty();

    [Fact]
    public void A_use_beyond_what_is_allowed_is_found()
    {
        TypeRules.UsesOnly($"{Violations}.Inner").Violations(House.Architecture)
            .ShouldHaveSingleItem().ShouldContain("OrderThatKnowsItsDatabase");
        TypeRules.UsesOnly($"{Violations}.Inner", $"{Violations}.Outer").Violations(House.Architecture).ShouldBeEmpty();
    }

    [Fact]
    public void Inner_projects_do_not_use_outer_ones()
    {
        TypeRules.DoesNotUse("ChatOrchestrator.Infrastructure", "ChatOrchestrator.ApiService", "ChatOrchestrator.Worker", "ChatOrchestrator.Cli", "ChatOrchestrator.AppHost")
            .Violations(House.Architecture).ShouldBeEmpty();
        TypeRules.DoesNotUse("ChatOrchestrator.ApiService", "ChatOrchestrator.Worker", "ChatOrchestrator.AppHost").Violations(House.Architecture).ShouldBeEmpty();
        TypeRules.DoesNotUse("ChatOrchestrator.Worker", "ChatOrchestrator.ApiService", "ChatOrchestrator.AppHost").Violations(House.Architecture).ShouldBeEmpty();
    }

    [Fact]
    public void A_use_of_something_forbidden_is_found() =>
        TypeRules.DoesNotUse($"{Violations}.Inner", $"{Violations}.Outer").Violations(House.Architecture)
            .ShouldHaveSingleItem().ShouldContain("OrderThatKnowsItsDatabase");

    [Fact]
    public void A_platform_does_not_use_another() =>
        TypeRules.PlatformsStandApart(House.Architecture, Platforms).SelectMany(rule => rule.Violations(House.Architecture)).ShouldBeEmpty();

    [Fact]
    public void A_platform_that_uses_another_is_found() =>
        TypeRules.PlatformsStandApart(House.Architecture, $"{Violations}.Platforms").SelectMany(rule => rule.Violations(House.Architecture))
            .ShouldHaveSingleItem().ShouldContain("BetaPayload");

    [Theory]
    [InlineData("ChatOrchestrator.Domain")]
    [InlineData("ChatOrchestrator.Application")]
    [InlineData("ChatOrchestrator.Infrastructure")]
    [InlineData("ChatOrchestrator.ServiceDefaults")]
    [InlineData("ChatOrchestrator.ApiService")]
    [InlineData("ChatOrchestrator.Worker")]
    [InlineData("ChatOrchestrator.Cli")]
    [InlineData("ChatOrchestrator.Simulator")]
    public void Names_mean_something(string ns) => TypeRules.NamesMeanSomething(ns).Violations(House.Architecture).ShouldBeEmpty();

    [Theory]
    [InlineData("MessageService")]
    [InlineData("StringUtils")]
    [InlineData("LaneManager")]
    public void A_name_that_means_nothing_is_found(string name)
    {
        var violations = TypeRules.NamesMeanSomething($"{Violations}.Names").Violations(House.Architecture).ToList();

        violations.ShouldContain(violation => violation.Contains(name, StringComparison.Ordinal));
        violations.ShouldNotContain(violation => violation.Contains("ServiceWindow", StringComparison.Ordinal));
    }
}
