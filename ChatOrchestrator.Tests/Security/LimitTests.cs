using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Security;

public sealed class LimitTests
{
    private static readonly (string, string) Stranger = ("X-Api-Key", "a-key-that-is-none-0123456789");

    [Fact]
    public async Task What_is_over_a_limit_gets_429_and_is_told_when_to_come_back()
    {
        await using var api = await LimitedApi.StartAsync(new() { ["Limits__ApiPerKey__PerMinute"] = "30", ["Limits__ApiPerKey__Burst"] = "5" });

        var answers = new List<(int Status, string? RetryAfter)>();
        for (var i = 0; i < 8; i++)
        {
            answers.Add(await api.StatusAsync("api/v1/bots", ("X-Api-Key", ApiProcess.AdminKey)));
        }

        answers.Take(5).ShouldAllBe(a => a.Status == 200);
        answers.Skip(5).ShouldContain(a => a.Status == 429 && a.RetryAfter == "2");
        (await api.Api.GetAsync("api/v1/bots")).ShouldBeProblem(429);
        // Another key, and what is not the admin API, is not meant; operations least of all.
        (await api.StatusAsync("api/v1/bots", Stranger)).Status.ShouldBe(401);
        (await api.StatusAsync("health/live")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Whoever_shows_wrong_keys_again_and_again_is_not_looked_at_for_a_while()
    {
        await using var api = await LimitedApi.StartAsync(new() { ["Limits__FailedKeysPerAddress__PerMinute"] = "6", ["Limits__FailedKeysPerAddress__Burst"] = "10" });

        var statuses = new List<int>();
        for (var i = 0; i < 14; i++)
        {
            statuses.Add((await api.StatusAsync("api/v1/bots", ("X-Api-Key", $"guess-number-{i}-0123456789"))).Status);
        }

        statuses.Take(10).ShouldAllBe(s => s == 401);
        statuses[^1].ShouldBe(429);
        (await api.StatusAsync("health/ready")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_webhook_s_limit_is_its_connection_s_and_a_visitor_s_their_session_s()
    {
        await using var api = await LimitedApi.StartAsync(new()
        {
            ["Limits__WebhooksPerConnection__PerMinute"] = "10",
            ["Limits__WebhooksPerConnection__Burst"] = "3",
            ["Limits__WebChatMessagesPerSession__PerMinute"] = "10",
            ["Limits__WebChatMessagesPerSession__Burst"] = "2",
        });
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        for (var i = 0; i < 3; i++)
        {
            (await api.Api.PostAsync($"webhooks/telegram/{one}")).Status.ShouldBe(404);
        }
        (await api.Api.PostAsync($"webhooks/telegram/{one}")).ShouldBeProblem(429);
        (await api.Api.PostAsync($"webhooks/telegram/{other}")).Status.ShouldBe(404);

        var chat = await api.Api.CreateWebChatAsync();
        var (eve, ada) = (await WebChatVisitor.OpenAsync(api.Api, chat), await WebChatVisitor.OpenAsync(api.Api, chat));
        (await eve.SayAsync("1", "1")).Status.ShouldBe(202);
        (await eve.SayAsync("2", "2")).Status.ShouldBe(202);
        (await eve.SayAsync("3", "3")).ShouldBeProblem(429);
        (await ada.SayAsync("1", "1")).Status.ShouldBe(202);
        // Whatever else is sent beside the token, and however it is written, makes nobody another visitor.
        var written = eve.Token;
        (string, string)[][] disguises =
        [
            [("Authorization", $"Bearer {written}"), ("X-Api-Key", "a-header-that-no-chat-reads")], [("Authorization", $"Bearer    {written}")], [("Authorization", $"bearer {written}")],
            [("Authorization", $"Bearer {written[..20]} {written[20..]}")], [("Authorization", $"Bearer {written}==")],
        ];
        foreach (var disguise in disguises)
        {
            (await api.Api.PostAsync($"webchat/{chat}/messages", new { text = "4", clientMessageId = "4" }, disguise)).Status.ShouldBeOneOf(429, 401);
        }
    }

    [StoresFact]
    public async Task All_replicas_count_together()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var redis = await (await RedisServer.SharedAsync()).RentDatabaseAsync();
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings__chatdb"] = database.ConnectionString,
            ["ConnectionStrings__redis"] = redis.Configuration,
            ["Limits__ApiPerKey__PerMinute"] = "6",
            ["Limits__ApiPerKey__Burst"] = "6",
        };
        await using var one = await LimitedApi.StartAsync(settings);
        await using var two = await LimitedApi.StartAsync(settings);

        var statuses = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            statuses.Add((await (i % 2 == 0 ? one : two).StatusAsync("api/v1/bots", ("X-Api-Key", ApiProcess.AdminKey))).Status);
        }

        statuses.Count(s => s == 200).ShouldBeInRange(6, 7);
        statuses[^1].ShouldBe(429);
    }

    [Fact]
    public async Task A_wrong_limit_stops_the_start()
    {
        var settings = ApiProcess.Settings();
        settings["Limits__ApiPerKey__PerMinute"] = "-1";
        settings["ForwardedHeaders__KnownProxies__0"] = "10.0.0.1";
        var (code, text) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["validate-config"], settings);
        (code, text.Contains("Limits:ApiPerKey", StringComparison.Ordinal)).ShouldBe((2, true), text);

        settings["ForwardedHeaders__KnownProxies__0"] = "everybody";
        (code, text) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["validate-config"], settings);
        (code, text.Contains("ForwardedHeaders:KnownProxies", StringComparison.Ordinal)).ShouldBe((2, true), text);

        settings.Remove("ForwardedHeaders__KnownProxies__0");
        settings["Cors__AllowedOrigins__0"] = "*";
        (code, text) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["validate-config"], settings);
        (code, text.Contains("Cors:AllowedOrigins", StringComparison.Ordinal)).ShouldBe((2, true), text);
    }
}

/// <summary>An API with limits that a test can reach.</summary>
internal sealed class LimitedApi : IAsyncDisposable
{
    private LimitedApi(ApiProcess api) => Api = api;

    public ApiProcess Api { get; }

    public static async Task<LimitedApi> StartAsync(Dictionary<string, string?> settings)
    {
        var all = ApiProcess.Settings();
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }
        return new LimitedApi(await ApiProcess.StartAsync(all));
    }

    public async Task<(int Status, string? RetryAfter)> StatusAsync(string path, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, headers);
        return ((int)answer.StatusCode, answer.Headers.TryGetValues("Retry-After", out var values) ? values.Single() : null);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Api.Service.Address, path));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return await Api.Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync() => await Api.DisposeAsync();
}
