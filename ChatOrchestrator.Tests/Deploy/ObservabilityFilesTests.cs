using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;
using YamlDotNet.RepresentationModel;

namespace ChatOrchestrator.Tests.Deploy;

/// <summary>The dashboard and the alerts against what running processes say at <c>/metrics</c>.</summary>
[Collection(RunsAlone.Name)]
public sealed partial class ObservabilityFilesTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [StoresFact]
    public async Task The_dashboard_and_the_alerts_name_only_metrics_and_tags_that_exist()
    {
        var settings = new Dictionary<string, string?> { ["Engine__MeasureSeconds"] = "1", ["Engine__WatchSeconds"] = "1" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1, settings);
        // The model fails until its circuit opens, then answers.
        cluster.Backend.ModelFault = (http, call) =>
        {
            http.Response.StatusCode = call <= 12 ? (int)HttpStatusCode.InternalServerError : http.Response.StatusCode;
            return Task.FromResult(call <= 12);
        };
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => cluster.DeliverAsync(new Update(9_100_000 + i, 0))));
        await Eventually.TrueAsync(() => cluster.Backend.Delivered >= 1, Deadline, "a question is answered");

        await Eventually.PassesAsync(
            async token =>
            {
                var known = new MetricNames();
                foreach (var process in (ServiceProcess[])[cluster.Api, .. cluster.Workers])
                {
                    (await process.Client.GetAsync(new Uri("health/ready", UriKind.Relative), token)).EnsureSuccessStatusCode();
                    known.Add(await process.Client.GetStringAsync(new Uri("metrics", UriKind.Relative), token));
                }
                Expressions().SelectMany(e => known.MissingFrom(e.Expression).Select(m => $"{e.Where}: {m}")).ShouldBeEmpty();
            },
            Deadline,
            "everything that is named exists");
    }

    [Fact]
    public void Every_alert_has_a_runbook()
    {
        var headings = Heading().Matches(File.ReadAllText(Path.Combine(TestMachine.RepositoryRoot, "docs", "runbooks.md"))).Select(m => m.Groups[1].Value).ToHashSet();
        foreach (var rule in Alerts())
        {
            var name = rule["alert"].ToString();
            headings.ShouldContain(name, "docs/runbooks.md has a section for each alert");
            rule["annotations"]["runbook"].ToString().ShouldBe($"docs/runbooks.md#{name.ToLowerInvariant()}");
        }
        headings.Where(h => h.StartsWith("Chat", StringComparison.Ordinal)).Except(Alerts().Select(r => r["alert"].ToString())).ShouldBeEmpty();
    }

    [Fact]
    public void A_name_that_does_not_exist_is_found()
    {
        var known = new MetricNames();
        known.Add("# TYPE chat_turns_total counter\nchat_turns_total{otel_scope_name=\"x\",state=\"answered\"} 1\n# TYPE chat_turn_duration_seconds histogram\nchat_turn_duration_seconds_bucket{le=\"1\"} 1\n");
        known.MissingFrom("sum by (state) (rate(chat_turns_total{state=\"answered\"}[5m])) + histogram_quantile(0.9, sum by (le) (rate(chat_turn_duration_seconds_bucket[5m])))").ShouldBeEmpty();
        known.MissingFrom("rate(chat_turn_total[5m])").ShouldBe(["chat_turn_total"]);
        known.MissingFrom("sum by (kind) (chat_turns_total{stat=\"x\"})").ShouldBe(["kind", "stat"], ignoreOrder: true);
    }

    private static IEnumerable<(string Where, string Expression)> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "dashboard.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(p => p.TryGetProperty("targets", out _))
            .SelectMany(p => p.GetProperty("targets").EnumerateArray().Select(t => ($"dashboard, {p.GetProperty("title").GetString()}", t.GetProperty("expr").GetString()!))).ToList();
        panels.Count.ShouldBeGreaterThan(20);
        var alerts = Alerts().ConvertAll(r => ($"alert {r["alert"]}", r["expr"].ToString()));
        alerts.Count.ShouldBeGreaterThan(10);
        return [.. panels, .. alerts];
    }

    private static List<YamlMappingNode> Alerts()
    {
        var yaml = new YamlStream();
        using var reader = File.OpenText(Path.Combine(Folder, "alerts.yaml"));
        yaml.Load(reader);
        return [.. ((YamlSequenceNode)yaml.Documents[0].RootNode["groups"]).SelectMany(g => (YamlSequenceNode)g["rules"]).Cast<YamlMappingNode>()];
    }

    private static string Folder => Path.Combine(TestMachine.RepositoryRoot, "deploy", "observability");

    [GeneratedRegex(@"^## (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    /// <summary>The names of metrics and tags in Prometheus' text format, and those of a query.</summary>
    private sealed partial class MetricNames
    {
        /// <summary>What Prometheus itself adds.</summary>
        private readonly HashSet<string> _tags = ["instance", "job", "le"];
        private readonly HashSet<string> _names = [];

        public void Add(string text)
        {
            foreach (Match sample in Sample().Matches(text))
            {
                _names.Add(sample.Groups[1].Value);
                foreach (Match tag in Tag().Matches(sample.Groups[2].Value))
                {
                    _tags.Add(tag.Groups[1].Value);
                }
            }
        }

        public IEnumerable<string> MissingFrom(string expression)
        {
            var tags = Grouping().Matches(expression).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Concat(Selector().Matches(expression).SelectMany(m => Matcher().Matches(m.Groups[1].Value).Select(t => t.Groups[1].Value)));
            var rest = Selector().Replace(Grouping().Replace(expression, " "), " ");
            var names = Name().Matches(rest).Select(m => m.Groups[1].Value);
            return names.Where(n => !_names.Contains(n)).Concat(tags.Where(t => !_tags.Contains(t))).Distinct();
        }

        [GeneratedRegex(@"^([a-z_]\w*)(?:\{([^\n]*)\})? ", RegexOptions.Multiline)]
        private static partial Regex Sample();

        [GeneratedRegex("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"")]
        private static partial Regex Tag();

        [GeneratedRegex("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"")]
        private static partial Regex Matcher();

        [GeneratedRegex(@"\b(?:by|without|ignoring|on)\s*\(([^)]*)\)")]
        private static partial Regex Grouping();

        [GeneratedRegex(@"\{([^}]*)\}|\[\w+\]")]
        private static partial Regex Selector();

        /// <summary>Words with an underscore that no function has, or that end a name of ours.</summary>
        [GeneratedRegex(@"\b((?:chat|http|dotnet|gen_ai|db|process)_\w+)\b")]
        private static partial Regex Name();
    }
}
