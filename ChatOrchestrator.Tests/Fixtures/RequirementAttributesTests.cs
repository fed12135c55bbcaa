namespace ChatOrchestrator.Tests.Fixtures;

public sealed class RequirementAttributesTests
{
    [Fact]
    public void A_missing_requirement_skips_the_test_with_the_reason_and_in_CI_does_not()
    {
        var fact = new NeedsUnobtainium();
        var theory = new TheoryNeedsUnobtainium();

        fact.Skip.ShouldBe(TestMachine.IsCi ? null : "needs unobtainium");
        theory.Skip.ShouldBe(TestMachine.IsCi ? null : "needs unobtainium");
    }

    [Fact]
    public void A_reason_given_at_the_test_wins() => new NeedsUnobtainium { Skip = "broken upstream" }.Skip.ShouldBe("broken upstream");

    private sealed class NeedsUnobtainium : RequirementFactAttribute
    {
        protected override string? Missing() => "needs unobtainium";
    }

    private sealed class TheoryNeedsUnobtainium : RequirementTheoryAttribute
    {
        protected override string? Missing() => "needs unobtainium";
    }
}
