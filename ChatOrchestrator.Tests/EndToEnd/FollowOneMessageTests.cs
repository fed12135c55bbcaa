using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>One message on WhatsApp, from the webhook to the receipt, by what an API and a worker tell of it: spans, log lines, metrics.</summary>
[Collection(RunsAlone.Name)]
public sealed partial class FollowOneMessageTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private const string AdminKey = "test-admin-key-0123456789";
    private const string Number = "106540352200017";
    private const string Person = "491511200017";
    private const string Words = "Where is my parcel?";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [StoresFact]
    public async Task Its_trace_its_log_lines_and_its_metrics_tell_the_same_story()
    {
        await using var collector = await SpanCollector.StartAsync();
        await using var simulator = await SimulatorInstance.StartAsync(null, "--Simulator:Meta:WebhookRetryDelay=00:00:00.050");
        var settings = Settings(simulator, collector);
        await using var api = await ServiceProcess.StartAsync(ServiceHost.ApiService, settings);
        await using var worker = await ServiceProcess.StartAsync(ServiceHost.Worker, settings);
        await ConnectAsync(api, simulator);

        await simulator.ControlAsync(HttpMethod.Post, "meta/whatsapp/messages", new { account = Number, person = Person, name = "Ada Lovelace", text = Words });
        JsonElement conversation = default, messages = default;
        await Eventually.TrueAsync(
            async _ =>
            {
                conversation = (await GetAsync(api, "api/v1/conversations")).GetProperty("items").EnumerateArray().FirstOrDefault();
                messages = conversation.ValueKind == JsonValueKind.Undefined ? default : await GetAsync(api, $"api/v1/conversations/{conversation.GetProperty("id").GetString()}/messages");
                return messages.ValueKind != JsonValueKind.Undefined && messages.ToString().Contains("\"delivered\"", StringComparison.Ordinal);
            },
            Deadline,
            "the answer is delivered");
        var question = messages.GetProperty("items").EnumerateArray().Single(m => m.GetProperty("author").GetString() == "participant").GetProperty("id").GetString()!;
        var answer = messages.GetProperty("items").EnumerateArray().Single(m => m.GetProperty("author").GetString() == "bot").GetProperty("id").GetString()!;
        var trace = await TraceAsync();

        // Processes export in batches; what is still in hand goes out when they stop.
        List<ExportedSpan> spans = [];
        await Eventually.TrueAsync(
            () => (spans = [.. collector.Spans.Where(s => s.TraceId == trace).OrderBy(s => s.StartedAt)]).Any(s => s.Name == "deliver") && spans.Exists(s => s.Name.StartsWith("POST /webhooks", StringComparison.Ordinal)),
            Deadline,
            "its spans are exported");
        var metrics = Samples(await worker.Client.GetStringAsync(new Uri("metrics", UriKind.Relative))).ToList();
        var received = Samples(await api.Client.GetStringAsync(new Uri("metrics", UriKind.Relative))).ToList();
        var lines = Lines(api, "api").Concat(Lines(worker, "worker")).Where(l => l.Text.Contains(conversation.GetProperty("id").GetString()!, StringComparison.Ordinal) || l.Text.Contains("DeliveryReceipt", StringComparison.Ordinal))
            .OrderBy(l => l.Record.GetProperty("Timestamp").GetString(), StringComparer.Ordinal).ToList();

        // One trace over both processes: the webhook, then the turn with the model's call, then the delivery.
        var webhook = spans.Single(s => s.Name.StartsWith("POST /webhooks", StringComparison.Ordinal));
        var turn = spans.Single(s => s.Name == "turn");
        (webhook.Process, turn.Process).ShouldBe(("ChatOrchestrator.ApiService", "ChatOrchestrator.Worker"));
        turn.ParentId.ShouldBe(webhook.SpanId);
        var chat = spans.Single(s => s.Name.StartsWith("chat ", StringComparison.Ordinal));
        chat.ParentId.ShouldBe(turn.SpanId);
        chat.Attributes.Keys.ShouldContain("gen_ai.request.model");
        spans.Single(s => s.Name == "deliver").ParentId.ShouldBe(turn.SpanId);

        // Every line of the worker carries the ids and the model, and is found by the trace.
        var story = lines.Where(l => l.Process == "worker").ToList();
        foreach (var line in story)
        {
            var scope = line.Scope();
            scope["ConversationId"].ShouldBe(conversation.GetProperty("id").GetString());
            scope["MessageId"].ShouldBe(question);
            Guid.Parse(scope["UserId"]).ShouldNotBe(Guid.Empty);
            scope["Model"].ShouldNotBeEmpty();
            scope["TraceId"].ShouldBe(trace);
        }
        story.ShouldContain(l => l.Text.Contains("is saved", StringComparison.Ordinal));
        story.ShouldContain(l => l.Text.Contains(answer, StringComparison.Ordinal) && l.Text.Contains("delivered", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Process == "api" && l.Text.Contains(question, StringComparison.Ordinal) && l.Text.Contains("stored", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Process == "api" && l.Text.Contains($"DeliveryReceipt Delivered of message {answer}", StringComparison.Ordinal));

        received.ShouldContain("chat_messages_received_total{platform=\"whatsapp\",result=\"stored\"} 1");
        metrics.ShouldContain("chat_parts_total{outcome=\"delivered\",platform=\"whatsapp\"} 1");
        metrics.ShouldContain("chat_turns_total{state=\"answered\"} 1");

        // Ids tell the story; what was said does not leave the store.
        (api.Output + worker.Output + string.Concat(spans.SelectMany(s => s.Attributes.Values))).ShouldNotContain("parcel");
        await DocumentAsync(Transcript(spans, lines, [.. received.Where(IsTold), .. metrics.Where(IsTold)]));
    }

    private Dictionary<string, string?> Settings(SimulatorInstance simulator, SpanCollector collector) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["ConnectionStrings__chatdb"] = postgres.ConnectionString,
        ["ConnectionStrings__redis"] = redis.Configuration,
        ["Admin__ApiKey"] = AdminKey,
        ["Ai__Endpoint"] = simulator.Url + "/v1",
        ["Ai__ApiKey"] = "sk-simulated",
        ["Platforms__Meta__ApiBaseUrl"] = simulator.Url,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["Logging__LogLevel__ChatOrchestrator.Application"] = "Debug",
    };

    private static async Task ConnectAsync(ServiceProcess api, SimulatorInstance simulator)
    {
        var bot = await PostAsync(api, "api/v1/bots", new { name = "Shop", processing = new { quietPeriodMs = 0 } });
        var connection = await PostAsync(api, $"api/v1/bots/{bot}/connections", new
        {
            platform = "whatsapp",
            secrets = new { accessToken = "EAAGfollow", appSecret = "follow-app-secret", verifyToken = "follow-verify" },
            settings = new { phoneNumberId = Number },
        });
        await simulator.ControlAsync(HttpMethod.Put, $"meta/whatsapp/accounts/{Number}", new
        {
            app_secret = "follow-app-secret",
            verify_token = "follow-verify",
            webhook_url = new Uri(api.Address, $"webhooks/whatsapp/{connection}").AbsoluteUri,
        });
    }

    private async Task<string> TraceAsync()
    {
        await using var connection = new Npgsql.NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("SELECT DISTINCT split_part(trace_parent, '-', 2) FROM messages", connection);
        // The answer was saved in the question's trace.
        return (string)(await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }

    private static bool IsTold(string sample) => !sample.EndsWith(" 0", StringComparison.Ordinal) && Told().IsMatch(sample);

    /// <summary>Without the tags that every sample has.</summary>
    private static IEnumerable<string> Samples(string text) =>
        text.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => Stamp().Replace(Scope().Replace(l, ""), "").Replace("{}", "", StringComparison.Ordinal));

    private static IEnumerable<LogLine> Lines(ServiceProcess process, string name) =>
        from line in process.Output.Split('\n')
        where line.StartsWith("{\"Timestamp\"", StringComparison.Ordinal)
        select new LogLine(name, line, JsonDocument.Parse(line).RootElement);

    private static string Transcript(List<ExportedSpan> spans, List<LogLine> lines, List<string> samples)
    {
        var text = new StringBuilder();
        text.Append("The trace:\n\n```\n");
        var start = spans[0].StartedAt;
        foreach (var span in spans)
        {
            var depth = 0;
            for (var s = span; spans.Find(p => p.SpanId == s.ParentId) is { } parent; s = parent)
            {
                depth++;
            }
            text.Append(CultureInfo.InvariantCulture, $"{(span.StartedAt - start) / 1e6,7:F1} ms  {span.Milliseconds,6:F1} ms  {span.Process["ChatOrchestrator.".Length..],-10}  {new string(' ', 2 * depth)}{span.Name}\n");
        }
        text.Append("```\n\nThe log lines (`jq` by `ConversationId`; the scopes that ASP.NET Core adds are left out here):\n\n```\n");
        foreach (var line in lines)
        {
            var scope = line.Scope();
            string[] names = ["ConversationId", "MessageId", "UserId", "Model", "TraceId"];
            var told = string.Join(", ", names.Where(scope.ContainsKey).Select(n => $"\"{n}\":\"{scope[n]}\""));
            text.Append(CultureInfo.InvariantCulture, $"{line.Process,-6} {{\"Timestamp\":\"{line.Record.GetProperty("Timestamp").GetString()}\",\"Message\":\"{line.Record.GetProperty("Message").GetString()}\",{told}}}\n");
        }
        text.Append("```\n\nThe metrics, what is not 0 (the API's, then the worker's):\n\n```\n");
        return text.AppendJoin('\n', samples).Append("\n```\n").ToString();
    }

    private static async Task DocumentAsync(string transcript)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") != "1")
        {
            return;
        }
        const string Begin = "<!-- one message: begin -->\n", End = "<!-- one message: end -->";
        var file = Path.Combine(TestMachine.RepositoryRoot, "docs", "operations.md");
        var text = await File.ReadAllTextAsync(file);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        await File.WriteAllTextAsync(file, text[..from] + transcript + text[to..]);
    }

    private static async Task<string> PostAsync(ServiceProcess api, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api.Address, path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Api-Key", AdminKey);
        using var response = await api.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> GetAsync(ServiceProcess api, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Address, path));
        request.Headers.Add("X-Api-Key", AdminKey);
        using var response = await api.Client.SendAsync(request);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    [GeneratedRegex(@"^(chat_(messages_received|turns_total|parts_total|tokens|lanes_takeovers|answer_duration_seconds_(sum|count)|turn_duration_seconds_(sum|count)|platform_send_duration_seconds_(sum|count))|gen_ai_client_token_usage_sum)")]
    private static partial Regex Told();

    [GeneratedRegex("""otel_scope_\w+="[^"]*",?""")]
    private static partial Regex Scope();

    [GeneratedRegex(@"(?<= \S+) \d+$")]
    private static partial Regex Stamp();

    private sealed record LogLine(string Process, string Text, JsonElement Record)
    {
        /// <summary>What the line's scopes and its own words say, the innermost last.</summary>
        public Dictionary<string, string> Scope()
        {
            var found = new Dictionary<string, string>();
            var scopes = Record.TryGetProperty("Scopes", out var list) ? list.EnumerateArray() : default;
            foreach (var pair in Record.GetProperty("State").EnumerateObject().Concat(scopes.Where(s => s.ValueKind == JsonValueKind.Object).SelectMany(s => s.EnumerateObject())))
            {
                found[pair.Name] = pair.Value.ToString();
            }
            return found;
        }
    }
}
