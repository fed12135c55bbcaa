using ChatOrchestrator.Cli.Configuration;

namespace ChatOrchestrator.Tests.Cli;

public sealed class EnvFileTests
{
    [Theory]
    [InlineData("KEY=value", "value")]
    [InlineData("export KEY=value # why", "value")]
    [InlineData("KEY=\"a # b\" # why", "a # b")]
    [InlineData("KEY='a'", "a")]
    [InlineData("KEY=a#b", "a#b")]
    [InlineData("KEY=it's", "it's")]
    [InlineData("KEY= # why", "")]
    public void A_value_is_read_as_compose_reads_it(string line, string value) =>
        EnvFile.Read(["# A comment", line]).ShouldHaveSingleItem().ShouldBe(("KEY", value));
}
