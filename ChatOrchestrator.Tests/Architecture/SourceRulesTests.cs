namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Each rule on the files of the repository, and on one that breaks it.</summary>
public sealed class SourceRulesTests
{
    [Fact]
    public void The_repositorys_files_are_seen()
    {
        SourceTree.Files.ShouldContain("ChatOrchestrator.Tests/Architecture/SourceRulesTests.cs");
        SourceTree.Files.ShouldContain("Directory.Build.props");
        SourceTree.Files.ShouldNotContain(file => file.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void File_names_say_something() => SourceRules.NamesThatSayNothing(SourceTree.Files).ShouldBeEmpty();

    [Fact]
    public void A_file_name_that_says_nothing_is_found() =>
        SourceRules.NamesThatSayNothing(["A/Extensions.cs", "B/DependencyInjection.cs", "C/StringExtensions.cs", "D/TelegramRegistration.cs"]).Count().ShouldBe(2);

    [Fact]
    public void Tests_do_not_sleep() => SourceRules.SleepingTests(SourceTree.Texts(SourceRules.IsTest)).ShouldBeEmpty();

    // The words are put together here, so that this file does not break the rule it tests.
    [Theory]
    [InlineData("Thread" + ".Sleep(10);", 1)]
    [InlineData("await Task" + ".Delay(TimeSpan.FromSeconds(1));", 1)]
    [InlineData("await Task\n    " + ".Delay(10);", 1)]
    [InlineData("await Task" + ".Delay(Timeout.InfiniteTimeSpan, cancellationToken);", 0)]
    [InlineData("await timer.WaitForNextTickAsync();", 0)]
    public void A_test_that_sleeps_is_found(string code, int found)
    {
        SourceRules.SleepingTests([new SourceFile("ChatOrchestrator.Tests/A.cs", code)]).Count().ShouldBe(found);
        SourceRules.SleepingTests([new SourceFile("ChatOrchestrator.Worker/A.cs", code)]).ShouldBeEmpty();
    }

    [Fact]
    public void No_file_names_a_package_registry() => SourceRules.RegistryHosts(SourceTree.Texts(_ => true)).ShouldBeEmpty();

    [Theory]
    [InlineData("https://registry." + "npmjs.org/grammy")]
    [InlineData("https://api." + "nuget.org/v3/index.json")]
    [InlineData("\"resolved\"" + ": \"https://mirror.example/grammy.tgz\"")]
    [InlineData("<add key=\"mirror\" " + "value=\"https://mirror.example/v3/index.json\" />")]
    [InlineData("save-exact=true\nregistry" + "=https://mirror.example/")]
    public void A_package_registry_is_found(string text) =>
        SourceRules.RegistryHosts([new SourceFile("some/file", text)]).ShouldNotBeEmpty();

    [Theory]
    [InlineData("see https://www.nuget.org/packages/Npgsql and https://www.npmjs.com/package/grammy")]
    [InlineData("var registry = new Dictionary<string, Adapter>();")]
    public void What_is_no_registry_is_left_alone(string text) =>
        SourceRules.RegistryHosts([new SourceFile("some/file", text)]).ShouldBeEmpty();

    [Fact]
    public void Files_are_short_enough_to_read() => SourceRules.LongFiles(SourceTree.Texts(SourceRules.IsCSharp)).ShouldBeEmpty();

    [Fact]
    public void A_file_that_is_too_long_is_found()
    {
        var atTheLimit = string.Concat(Enumerable.Repeat("line\n", SourceRules.MostLines));

        SourceRules.LongFiles([new SourceFile("A.cs", atTheLimit)]).ShouldBeEmpty();
        SourceRules.LongFiles([new SourceFile("A.cs", $"{atTheLimit}one more\n")]).ShouldBe(["A.cs: 401 lines"]);
        SourceRules.LongFiles([new SourceFile("P/Migrations/A.cs", $"{atTheLimit}one more\n")]).ShouldBeEmpty();
    }
}
