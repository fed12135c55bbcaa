using ChatOrchestrator.Tests.ApiService;

namespace ChatOrchestrator.Tests.Security;

/// <summary>What browsers and proxies are told, and what is believed of them.</summary>
public sealed class HeaderTests
{
    private static readonly (string, string) Key = ("X-Api-Key", ApiProcess.AdminKey);

    [Fact]
    public async Task Every_answer_tells_browsers_to_do_nothing_with_it_that_was_not_meant()
    {
        await using var api = await LimitedApi.StartAsync([]);
        var chat = await api.Api.CreateWebChatAsync(new { allowedOrigins = new[] { "https://shop.example" } });
        foreach (var path in new[] { "api/v1/bots", "api/v1/nothing", "openapi/v1.json", "docs", "nothing", $"webchat/{chat}", "webchat/assets/app.js", "webchat.js", $"webchat/{Guid.NewGuid()}" })
        {
            using var answer = await api.SendAsync(HttpMethod.Get, path, Key);
            var headers = answer.Headers.Concat(answer.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
            headers["X-Content-Type-Options"].ShouldBe("nosniff", path);
            headers["Referrer-Policy"].ShouldBe("no-referrer", path);
            headers["Permissions-Policy"].ShouldContain("camera=()", Case.Sensitive, path);
            headers["Content-Security-Policy"].ShouldStartWith("default-src 'none'", Case.Sensitive, path);
            headers["Content-Security-Policy"].ShouldContain("base-uri 'none'; form-action 'none'", Case.Sensitive, path);
            headers["Content-Security-Policy"].ShouldEndWith(path == $"webchat/{chat}" ? "frame-ancestors 'self' https://shop.example" : "frame-ancestors 'none'", Case.Sensitive, path);
            headers.ContainsKey("X-Frame-Options").ShouldBe(path != $"webchat/{chat}", path);
            headers["Cross-Origin-Resource-Policy"].ShouldBe(path.StartsWith("webchat", StringComparison.Ordinal) ? "cross-origin" : "same-origin", path);
            headers.ContainsKey("Server").ShouldBeFalse(path);
            headers.ContainsKey("Access-Control-Allow-Origin").ShouldBeFalse(path);
        }
    }

    [Fact]
    public async Task Pages_elsewhere_may_call_the_admin_api_only_from_configured_origins()
    {
        await using var closed = await LimitedApi.StartAsync([]);
        (await PreflightAsync(closed, "https://admin.example", "api/v1/bots")).ShouldBeNull("by default there are none");

        await using var open = await LimitedApi.StartAsync(new() { ["Cors__AllowedOrigins__0"] = "https://admin.example" });
        (await PreflightAsync(open, "https://admin.example", "api/v1/bots")).ShouldBe("https://admin.example");
        (await PreflightAsync(open, "https://evil.example", "api/v1/bots")).ShouldBeNull();
        (await PreflightAsync(open, "https://admin.example.evil.example", "api/v1/bots")).ShouldBeNull();
        (await PreflightAsync(open, "https://admin.example", $"webchat/{Guid.NewGuid()}/sessions")).ShouldBeNull();
        using var answer = await open.SendAsync(HttpMethod.Get, "api/v1/bots", Key, ("Origin", "https://admin.example"));
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://admin.example"]);
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
    }

    [Fact]
    public async Task The_pages_that_a_web_chat_names_may_call_it_from_a_browser_and_no_others()
    {
        await using var api = await LimitedApi.StartAsync(new() { ["Cors__AllowedOrigins__0"] = "https://admin.example" });
        const string Shop = "https://shop.example";
        var (chat, open) = (await api.Api.CreateWebChatAsync(new { allowedOrigins = new[] { Shop, "https://other.example" } }), await api.Api.CreateWebChatAsync());

        foreach (var path in new[] { "sessions", "messages" })
        {
            (await PreflightAsync(api, Shop, $"webchat/{chat}/{path}")).ShouldBe(Shop);
            foreach (var elsewhere in new[] { "https://evil.example", "http://shop.example", "https://shop.example.evil.example", "https://shop.example:444", "https://admin.example", "null" })
            {
                (await PreflightAsync(api, elsewhere, $"webchat/{chat}/{path}")).ShouldBeNull(elsewhere);
            }
        }
        (await PreflightAsync(api, Shop, $"webchat/{open}/sessions")).ShouldBeNull("it names none");
        (await PreflightAsync(api, Shop, $"webchat/{Guid.NewGuid()}/sessions")).ShouldBeNull();
        (await PreflightAsync(api, Shop, "api/v1/bots")).ShouldBeNull();

        using var opened = await api.SendAsync(HttpMethod.Post, $"webchat/{chat}/sessions", ("Origin", Shop));
        AllowedOf(opened).ShouldBe((201, Shop));
        opened.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        // What is refused can be read, too: the page is told why.
        using var refused = await api.SendAsync(HttpMethod.Get, $"webchat/{chat}/messages", ("Origin", Shop));
        AllowedOf(refused).ShouldBe((401, Shop));
        using var elsewhereOpened = await api.SendAsync(HttpMethod.Post, $"webchat/{chat}/sessions", ("Origin", "https://evil.example"));
        AllowedOf(elsewhereOpened).ShouldBe((403, null));
        (await api.Api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{chat}", new { settings = new { allowedOrigins = new[] { "https://other.example" } } })).Ok();
        (await PreflightAsync(api, Shop, $"webchat/{chat}/sessions")).ShouldBeNull("it was taken off the list");
    }

    [Fact]
    public async Task The_caller_s_address_is_believed_of_configured_proxies_only()
    {
        var limits = new Dictionary<string, string?> { ["Limits__ApiPerAddress__PerMinute"] = "6", ["Limits__ApiPerAddress__Burst"] = "3" };
        await using var direct = await LimitedApi.StartAsync(limits);
        await using var proxied = await LimitedApi.StartAsync(new(limits) { ["ForwardedHeaders__KnownNetworks__0"] = "127.0.0.0/8" });

        // A caller who makes up an address for every call is one caller, unless a proxy that we know says so.
        (await StatusesAsync(direct, i => $"203.0.113.{i}")).ShouldContain(429);
        (await StatusesAsync(proxied, i => $"203.0.113.{i}")).ShouldAllBe(s => s == 200);
        // What stands before the last address that no known proxy added is made up, too.
        (await StatusesAsync(proxied, i => $"198.51.100.{i}, 203.0.113.200")).ShouldContain(429);
    }

    [Fact]
    public async Task A_web_chat_session_belongs_to_the_pages_of_its_origin()
    {
        await using var api = await LimitedApi.StartAsync([]);
        var chat = await api.Api.CreateWebChatAsync(new { allowedOrigins = new[] { "https://shop.example", "https://other.example" } });
        var own = api.Api.Service.Address.GetLeftPart(UriPartial.Authority);
        var token = await OpenAsync(own);

        (await SayAsync(token, own)).ShouldBe(202);
        // A proxy in front may speak HTTPS; reads of the page's own server name no origin.
        (await SayAsync(token, own.Replace("http:", "https:", StringComparison.Ordinal))).ShouldBe(202);
        (await SayAsync(token, null)).ShouldBe(202);
        (await SayAsync(token, "https://shop.example")).ShouldBe(401);
        (await SayAsync(token, "https://evil.example")).ShouldBe(403);
        (await SayAsync(token, "null")).ShouldBe(403);
        var shops = await OpenAsync("https://shop.example");
        (await SayAsync(shops, "https://shop.example")).ShouldBe(202);
        (await SayAsync(shops, "https://other.example")).ShouldBe(401);
        // Nor is it exchanged for one: whoever has it begins anew.
        (await api.Api.PostAsync($"webchat/{chat}/sessions", new { token = shops }, ("Origin", "https://other.example"))).Ok()
            .Json.GetProperty("conversationId").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);

        async Task<string> OpenAsync(string origin) =>
            (await api.Api.PostAsync($"webchat/{chat}/sessions", new { }, ("Origin", origin))).Ok().Json.GetProperty("token").GetString()!;

        async Task<int> SayAsync(string with, string? origin)
        {
            (string, string)[] headers = origin is null ? [("Authorization", $"Bearer {with}")] : [("Authorization", $"Bearer {with}"), ("Origin", origin)];
            return (await api.Api.PostAsync($"webchat/{chat}/messages", new { text = "Hello", clientMessageId = Guid.NewGuid() }, headers)).Status;
        }
    }

    private static (int Status, string? Origin) AllowedOf(HttpResponseMessage answer) =>
        ((int)answer.StatusCode, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null);

    private static async Task<string?> PreflightAsync(LimitedApi api, string origin, string path)
    {
        using var answer = await api.SendAsync(HttpMethod.Options, path, ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key"));
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        return AllowedOf(answer).Origin;
    }

    private static async Task<List<int>> StatusesAsync(LimitedApi api, Func<int, string> forwardedFor)
    {
        var statuses = new List<int>();
        for (var i = 1; i <= 6; i++)
        {
            statuses.Add((await api.StatusAsync("api/v1/bots", Key, ("X-Forwarded-For", forwardedFor(i)))).Status);
        }
        return statuses;
    }
}
