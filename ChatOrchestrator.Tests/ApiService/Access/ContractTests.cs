using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>Reads what the API says of itself, and holds it to that: every operation rightly, wrongly, and by somebody who may not.</summary>
public sealed partial class ContractTests(ApiProcess api) : IClassFixture<ApiProcess>
{
    [Fact]
    public async Task Every_operation_answers_as_it_is_described()
    {
        var operations = await OperationsAsync();
        var ids = await IdsAsync();

        // What deletes and ends comes last.
        foreach (var operation in operations.OrderBy(o => o.Id == "DeleteBot" ? 5 : o.Id == "EraseParticipant" ? 4 : o.Method == "DELETE" ? 3 : o.Id is "EndConversation" or "Logout" ? 2 : o.Id == "ResumeConversation" ? 1 : 0))
        {
            var path = operation.Path;
            foreach (Match name in Parameter().Matches(path))
            {
                path = path.Replace(name.Value, ids(operation, name.Groups[1].Value), StringComparison.Ordinal);
            }
            path += operation.Id == "DiscardDeadLetter" ? "?reason=Done" : "";
            var answer = await SendAsync(operation.Method, path, operation.Example, ApiProcess.AdminKey);
            operation.Statuses.ShouldContain(answer.Status, $"{operation.Id}: {answer.Text}");
            if (answer.Status >= 400)
            {
                answer.MediaType.ShouldBe("application/problem+json", operation.Id);
                Refusable.ShouldContain(operation.Id, $"{operation.Id} is described with an example that is refused: {answer.Text}");
            }
        }
    }

    [Fact]
    public async Task Every_operation_refuses_those_who_may_not_and_what_cannot_be_read()
    {
        var key = (await api.PostAsync("api/v1/api-keys", new { name = "Nothing", role = "viewer", permissions = new[] { "self" } })).Ok().Json.GetProperty("key").GetString()!;
        foreach (var operation in await OperationsAsync())
        {
            var path = Parameter().Replace(operation.Path, Guid.CreateVersion7().ToString());
            if (operation.NeedsCaller)
            {
                (await SendAsync(operation.Method, path, operation.Example, null)).ShouldBeProblem(401);
                (await SendAsync(operation.Method, path, operation.Example, "wrong-wrong-wrong")).ShouldBeProblem(401);
                if (operation.Path is not ("/api/v1/auth/me" or "/api/v1/auth/token"))
                {
                    (await SendAsync(operation.Method, path, operation.Example, key)).ShouldBeProblem(403);
                }
            }
            if (operation.Example is not null)
            {
                foreach (var body in new[] { "{\"", "[]", "7", "\"x\"", "{\"name\":{\"a\":[]},\"text\":{},\"platform\":[],\"displayName\":[],\"agent\":7,\"to\":[],\"role\":[],\"overlapSeconds\":\"x\",\"email\":[],\"refreshToken\":[],\"ai\":7}" })
                {
                    var answer = await SendAsync(operation.Method, path, body, ApiProcess.AdminKey);
                    answer.Status.ShouldBeOneOf(400, 404, 422);
                    answer.MediaType.ShouldBe("application/problem+json");
                    answer.Json.GetProperty("type").GetString().ShouldStartWith("urn:chatorchestrator:problem:");
                    answer.Text.ShouldNotContain("System.");
                }
            }
            if (operation.Path.Contains("{id}", StringComparison.Ordinal))
            {
                (await SendAsync(operation.Method, operation.Path.Replace("{id}", "7", StringComparison.Ordinal).Replace("{suggestionId}", "8", StringComparison.Ordinal), operation.Example, ApiProcess.AdminKey))
                    .ShouldBeProblem(404);
                (await SendAsync(operation.Method, path + (operation.Id == "DiscardDeadLetter" ? "?reason=x" : ""), operation.Example, ApiProcess.AdminKey)).ShouldBeProblem(404);
            }
        }
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_and_an_example_of_its_body()
    {
        var operations = await OperationsAsync();

        operations.Select(o => o.Id).ShouldBeUnique();
        operations.ShouldAllBe(o => o.Summary.Length > 0);
        operations.Where(o => o.HasBody && o.Example is null).Select(o => o.Id).ShouldBeEmpty();
        operations.Where(o => o.NeedsCaller).ShouldAllBe(o => o.Statuses.Contains(401) && o.Statuses.Contains(403));
    }

    [Fact]
    public async Task No_description_names_what_only_the_code_knows()
    {
        var names = ProductTypes.Select(t => t.Name).Where(n => n.Skip(1).Any(char.IsUpper)).ToHashSet(StringComparer.Ordinal);

        Suspicious("At most int AiSettings.MaxSystemPromptLength characters.").ShouldBe("AiSettings.MaxSystemPromptLength");
        Suspicious("One of BudgetActions.").ShouldBe("BudgetActions");
        Suspicious("What `Ai:Model` says. CommonMark, never null.").ShouldBeNull();
        foreach (var (path, text) in Descriptions((await api.GetAsync("openapi/v1.json")).Ok().Json, ""))
        {
            Suspicious(text).ShouldBeNull($"{path}: {text}");
        }

        // What stands in backticks is there on purpose: a setting, a field, a value.
        string? Suspicious(string text) => MemberName().Match(Quoted().Replace(text, "")) is { Success: true } member ? member.Value
            : Word().Matches(Quoted().Replace(text, "")).Select(m => m.Value).FirstOrDefault(names.Contains);
    }

    [Fact]
    public async Task What_a_request_must_hold_cannot_be_null_and_is_not_shown_as_if()
    {
        var document = (await api.GetAsync("openapi/v1.json")).Ok().Json;
        var checkedNames = new HashSet<string>();
        foreach (var operation in (await OperationsAsync()).Where(o => o.BodySchema is not null))
        {
            var schema = document.GetProperty("components").GetProperty("schemas").GetProperty(operation.BodySchema!);
            foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(r => r.GetString()!) : [])
            {
                checkedNames.Add(name);
                var property = schema.GetProperty("properties").GetProperty(name);
                property.GetRawText().ShouldNotContain("\"null\"", Case.Sensitive, $"{operation.Id}.{name}");
                var body = System.Text.Json.Nodes.JsonNode.Parse(operation.Example!)!.AsObject();
                body[name] = null;
                var answer = await SendAsync(operation.Method, Parameter().Replace(operation.Path, Guid.CreateVersion7().ToString()), body.ToJsonString(), ApiProcess.AdminKey);
                // Signing out of nothing is done already.
                answer.Status.ShouldBeInRange(operation.Id == "Logout" ? 204 : 400, 499, $"{operation.Id}.{name}");
            }
        }
        checkedNames.ShouldContain("name");
        checkedNames.Count.ShouldBeGreaterThan(5);
    }

    private static IEnumerable<Type> ProductTypes =>
        new[] { typeof(ChatOrchestrator.Domain.Bots.Bot).Assembly, typeof(ChatOrchestrator.Application.Platforms).Assembly, typeof(ChatOrchestrator.ApiService.ApiHost).Assembly }
            .SelectMany(a => a.GetTypes());

    private static IEnumerable<(string Path, string Text)> Descriptions(JsonElement node, string path) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(p => p.Name is "description" or "summary" && p.Value.ValueKind == JsonValueKind.String
            ? [($"{path}/{p.Name}", p.Value.GetString()!)] : Descriptions(p.Value, $"{path}/{p.Name}")),
        JsonValueKind.Array => node.EnumerateArray().SelectMany((item, i) => Descriptions(item, $"{path}/{i}")),
        _ => [],
    };

    /// <summary>What the moment does not allow here: there is no dead letter, the web chat is not spoken to first, and the tokens are examples.</summary>
    private static readonly string[] Refusable =
    [
        "GetNotification", "ReplayNotification", "GetDeadLetter", "ReplayDeadLetter", "DiscardDeadLetter", "DismissSuggestion", "StartConversation", "RefreshSession", "GetErasure", "ReviewModeration",
    ];

    private async Task<Func<Operation, string, string>> IdsAsync()
    {
        var bot = await api.CreateBotAsync();
        var connection = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();
        var spare = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();
        var visitor = await WebChatVisitor.OpenAsync(api, connection);
        await visitor.StreamUntilAsync(null, WebChatVisitor.IsBotMessage, async () => (await visitor.SayAsync("Hello", "c1")).Ok());
        var conversation = await visitor.ConversationAsync();
        var message = (await api.GetAsync($"api/v1/conversations/{conversation}/messages")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        var participant = (await api.GetAsync($"api/v1/participants?connectionId={connection}")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        var key = (await api.PostAsync("api/v1/api-keys", new { name = "Contract", role = "viewer" })).Ok().Id();
        var user = (await api.PostAsync("api/v1/users", new { email = "contract@example.org", name = "C", password = "correct horse battery", role = "viewer" })).Ok().Id();
        var rule = (await api.PostAsync($"api/v1/bots/{bot}/notification-rules", new { channel = "webhook", events = new[] { "dead_letter" }, settings = new { url = "https://desk.example.org/" } })).Ok().Id();
        return (operation, parameter) => operation.Path.Split('/')[3] switch
        {
            _ when parameter == "ruleId" => rule,
            _ when parameter != "id" => Guid.CreateVersion7().ToString(),
            "bots" => bot,
            "connections" => operation.Id == "DeleteConnection" ? spare : connection,
            "conversations" => conversation,
            "messages" => message,
            "api-keys" => key,
            "users" => user,
            "participants" => participant,
            _ => Guid.CreateVersion7().ToString(),
        };
    }

    private async Task<List<Operation>> OperationsAsync() =>
    [
        .. from path in (await api.GetAsync("openapi/v1.json")).Ok().Json.GetProperty("paths").EnumerateObject()
           where path.Name.StartsWith("/api/", StringComparison.Ordinal)
           from operation in path.Value.EnumerateObject()
           select Operation.Of(operation.Name.ToUpperInvariant(), path.Name, operation.Value),
    ];

    private async Task<Answer> SendAsync(string method, string path, string? body, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(api.Service.Address, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }
        using var response = await api.Client.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), null);
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*\.[A-Z]\w*")]
    private static partial Regex MemberName();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Quoted();

    private sealed record Operation(string Method, string Path, string Id, string Summary, bool NeedsCaller, bool HasBody, string? BodySchema, string? Example, IReadOnlyList<int> Statuses)
    {
        public static Operation Of(string method, string path, JsonElement operation)
        {
            var body = operation.TryGetProperty("requestBody", out var request) ? request.GetProperty("content").GetProperty("application/json") : (JsonElement?)null;
            return new Operation(
                method, path, operation.GetProperty("operationId").GetString()!, operation.GetProperty("summary").GetString() ?? "", operation.TryGetProperty("security", out _),
                body is not null,
                body is { } content && content.TryGetProperty("schema", out var schema) && schema.TryGetProperty("$ref", out var reference) ? reference.GetString()!.Split('/')[^1] : null,
                body is { } b && b.TryGetProperty("example", out var example) ? example.GetRawText() : null,
                [.. operation.GetProperty("responses").EnumerateObject().Select(r => int.Parse(r.Name, System.Globalization.CultureInfo.InvariantCulture))]);
        }
    }
}
