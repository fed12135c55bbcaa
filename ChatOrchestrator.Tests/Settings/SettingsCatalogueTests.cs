using System.Text.RegularExpressions;
using ChatOrchestrator.ApiService;
using ChatOrchestrator.Cli.Configuration;
using ChatOrchestrator.Infrastructure.Settings;
using ChatOrchestrator.Tests.Architecture;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Worker;

namespace ChatOrchestrator.Tests.Settings;

/// <summary>The catalogue of keys is complete: what the sources read is in it, and everything in it says what it means.</summary>
public sealed partial class SettingsCatalogueTests
{
    private static readonly SettingsCatalogue Catalogue = SettingsCatalogue.Of(typeof(ApiHost).Assembly, typeof(WorkerHost).Assembly);

    private static IEnumerable<SourceFile> Sources => SourceTree.Texts(file => SourceRules.IsCSharp(file) && new[] { "Application", "Infrastructure", "ServiceDefaults", "ApiService", "Worker" }
        .Any(project => file.StartsWith($"ChatOrchestrator.{project}/", StringComparison.Ordinal)));

    [Fact]
    public void Every_options_class_that_is_bound_is_in_it()
    {
        var bound = Sources.SelectMany(f => Bound().Matches(f.Text)).Select(m => m.Groups[1].Value).Distinct().Order().ToArray();

        bound.ShouldNotBeEmpty();
        bound.Except(Catalogue.Options.Select(o => o.Name)).ShouldBeEmpty("an options class is named …Options, has a constant Section and stands in its project's OptionsClasses");
    }

    [Fact]
    public void Every_key_that_is_read_by_its_name_is_in_it()
    {
        var read = Sources.SelectMany(f => Read().Matches(f.Text)).Select(m => m.Groups[1].Value)
            .Concat(Sources.SelectMany(f => ConnectionString().Matches(f.Text)).Select(m => $"ConnectionStrings:{m.Groups[1].Value}"))
            .Distinct().Order().ToArray();

        read.ShouldNotBeEmpty();
        read.Where(key => Catalogue.Find(key) is null && !key.StartsWith("OTEL_", StringComparison.Ordinal) && !key.StartsWith("Logging:", StringComparison.Ordinal))
            .ShouldBeEmpty("add it to OtherSettings, or to an options class");
    }

    [Fact]
    public void Every_key_says_what_it_means() =>
        Catalogue.Settings.Where(s => SettingMeanings.Of(s).Length == 0).Select(s => s.Key).ShouldBeEmpty("document the property of the options class");

    [Fact]
    public async Task The_table_in_the_documentation_is_the_catalogue()
    {
        var table = EnvTemplate.AsMarkdown(EnvTemplate.Groups(Catalogue));
        var file = Path.Combine(TestMachine.RepositoryRoot, "docs", "configuration.md");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, table);
            return;
        }
        (await File.ReadAllTextAsync(file)).ShouldBe(table, "run this test with UPDATE_DOCS=1 to write the table anew");
    }

    [Fact]
    public void Every_key_in_the_documentation_exists() =>
        SourceTree.Texts(file => file.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(page => KeyInText().Matches(page.Text).Select(m => (page.Path, Key: m.Groups[1].Value)))
            .Where(k => Catalogue.HasSection(k.Key.Split(':')[0]) && Catalogue.Find(k.Key) is null && !Catalogue.Settings.Any(s => s.Key.StartsWith(k.Key + ":", StringComparison.OrdinalIgnoreCase)))
            .Select(k => $"{k.Path}: {k.Key}").Distinct().ShouldBeEmpty();

    [Theory]
    [InlineData("Engine:MaxLanes", true)]
    [InlineData("engine:maxlanes", true)]
    [InlineData("Outbound:AllowedNetworks:7", true)]
    [InlineData("Auth:Oidc:Roles:staff", true)]
    [InlineData("DataProtection:PreviousCertificates:1:Path", true)]
    [InlineData("Limits:ApiPerKey:Burst", true)]
    [InlineData("Cors:AllowedOrigins", false)]
    [InlineData("Engine:Lease", false)]
    [InlineData("Ai:IsDemo", false)]
    public void A_key_is_known_or_not(string key, bool known) => (Catalogue.Find(key) is not null).ShouldBe(known);

    [GeneratedRegex(@"(?:BindConfiguration|GetSection)\((\w+Options)\.Section\)")]
    private static partial Regex Bound();

    [GeneratedRegex(@"onfiguration\[""([^""]+)""\]")]
    private static partial Regex Read();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?::[A-Za-z0-9]+)+)`")]
    private static partial Regex KeyInText();

    [GeneratedRegex(@"GetConnectionString\(""([^""]+)""\)")]
    private static partial Regex ConnectionString();
}
