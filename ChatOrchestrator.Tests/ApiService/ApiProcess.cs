using System.Net.Http.Json;
using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>The API with the engine in it (embedded mode, the built-in demo model), as a process on an SQLite file or on Postgres.</summary>
public sealed class ApiProcess : IAsyncLifetime
{
    public const string AdminKey = "test-admin-key-0123456789";

    public ServiceProcess Service { get; private set; } = null!;

    public HttpClient Client => Service.Client;

    public static Dictionary<string, string?> Settings() => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["Admin__ApiKey"] = AdminKey,
        // Nobody listens there: a platform that cannot be reached.
        ["Platforms__Telegram__ApiBaseUrl"] = "http://127.0.0.1:9",
        // Tests show wrong keys on purpose, and many.
        ["Limits__FailedKeysPerAddress__PerMinute"] = "0",
        ["Logging__LogLevel__Default"] = "Debug",
    };

    public static async Task<ApiProcess> StartAsync(IReadOnlyDictionary<string, string?> settings, Action<string>? hear = null) =>
        new() { Service = await ServiceProcess.StartAsync(ServiceHost.ApiService, settings, deadline: TimeSpan.FromMinutes(2), hear: hear) };

    public async Task InitializeAsync() => Service = (await StartAsync(Settings())).Service;

    public async Task DisposeAsync() => await Service.DisposeAsync();

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Service.Address, path));
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            _ => JsonContent.Create(body),
        };
        if (path.StartsWith("api/", StringComparison.Ordinal) && headers.All(h => h.Name != "X-Api-Key"))
        {
            request.Headers.Add("X-Api-Key", AdminKey);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        // A server that refuses a large body closes the connection while it is still being sent.
        request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > 1 << 20;
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text, response.Headers.ETag?.Tag);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Post, path, body, headers);

    public async Task<string> CreateBotAsync(string name = "Test bot", string? greeting = null) =>
        (await PostAsync("api/v1/bots", new { name, processing = new { greeting } })).Ok().Id();

    public async Task<string> CreateWebChatAsync(object? settings = null) =>
        (await PostAsync($"api/v1/bots/{await CreateBotAsync()}/connections", new { platform = "webchat", settings })).Ok().Id();
}

/// <summary>An HTTP answer that has been read.</summary>
public sealed record Answer(int Status, string? MediaType, string Text, string? ETag)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public Answer Ok()
    {
        Status.ShouldBeInRange(200, 299, Text);
        return this;
    }

    public string Id() => Json.GetProperty("id").GetString()!;

    /// <summary>A problem document of this status that names the fields and no others.</summary>
    public void ShouldBeProblem(int status, params string[] fields)
    {
        Status.ShouldBe(status, Text);
        MediaType.ShouldBe("application/problem+json");
        Json.GetProperty("type").GetString().ShouldStartWith("urn:chatorchestrator:problem:");
        Json.GetProperty("status").GetInt32().ShouldBe(status);
        var named = Json.TryGetProperty("errors", out var errors) ? errors.EnumerateObject().Select(e => e.Name).Order().ToArray() : [];
        named.ShouldBe(fields.Order());
        Text.ShouldNotContain("Exception");
    }
}
