using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>What nobody sends by mistake: it is refused with the status of what is wrong with it, and is no failure of ours.</summary>
public sealed partial class AdminApiTests
{
    [Fact]
    public async Task Text_that_is_none_and_names_that_stand_there_twice_are_a_malformed_body()
    {
        var bot = await api.CreateBotAsync();
        var connection = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();

        foreach (var patch in new[] { """{"name":"\ud800"}""", """{"\ud800":1}""", """{"ai":{"systemPrompt":"\udc00"}}""", """{"name":"a","name":"b"}""", """{"ai":{"model":"a","model":"b"}}""" })
        {
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", Raw(patch))).ShouldBeProblem(400);
        }
        foreach (var settings in new[] { """{"a":"\ud800"}""", """{"\ud800":1}""", """{"allowedOrigins":["\ud800"]}""", """{"allowedOrigins":[],"allowedOrigins":[]}""" })
        {
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", Raw($$"""{"settings":{{settings}}}"""))).ShouldBeProblem(400, "settings");
            (await api.PostAsync($"api/v1/bots/{bot}/connections", Raw($$"""{"platform":"webchat","settings":{{settings}}}"""))).ShouldBeProblem(400, "settings");
            (await api.PostAsync($"api/v1/bots/{bot}/notification-rules", Raw($$"""{"channel":"webhook","settings":{{settings}}}"""))).ShouldBeProblem(400, "settings");
        }
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", Raw("""{"settings":{"a\u0000b":1}}"""))).ShouldBeProblem(422, "settings.a\uFFFDb");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", Raw("""{"settings":null,"displayName":"Renamed"}"""))).Ok();
    }

    [Fact]
    public async Task An_encoding_that_there_is_not_is_a_media_type_that_is_not_supported()
    {
        foreach (var path in new[] { "api/v1/auth/login", "api/v1/bots", $"webchat/{await api.CreateWebChatAsync()}/sessions" })
        {
            (await api.PostAsync(path, Raw("{}", "bogus"))).ShouldBeProblem(415);
        }
        (await api.PostAsync("api/v1/bots", Raw("""{"name":"Quoted"}""", "\"UTF-8\""))).Ok();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("example.org:99999")]
    public async Task A_connection_is_shown_whatever_the_caller_calls_this_server(string host)
    {
        var connection = await api.CreateWebChatAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(api.Service.Address.Host, api.Service.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/connections/{connection} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {ApiProcess.AdminKey}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);

        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 200 OK");
        (await reader.ReadToEndAsync()).ShouldContain($"http://localhost/webchat/{connection}");
    }

    [Fact]
    public async Task The_description_names_query_parameters_as_everything_else_is_named()
    {
        var document = (await api.GetAsync("openapi/v1.json")).Ok().Json;

        var names = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .SelectMany(o => o.Value.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().ToArray() : [])
            .Where(p => p.GetProperty("in").GetString() == "query").Select(p => p.GetProperty("name").GetString()!).Distinct().ToList();

        names.ShouldContain("botId");
        names.ShouldAllBe(name => char.ToLower(name[0], CultureInfo.InvariantCulture) == name[0]);
    }

    private static StringContent Raw(string json, string? charset = null)
    {
        var content = new StringContent(json, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = charset };
        return content;
    }
}
