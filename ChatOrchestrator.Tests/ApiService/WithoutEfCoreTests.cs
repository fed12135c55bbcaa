using System.Net.Http.Headers;
using System.Net.Http.Json;
using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>
/// An API that is set up and then takes webhooks does without EF Core (ADR 0017): none of its assemblies is among the files
/// that the process has mapped. What it does once a minute is in <c>SetupStoreSuite</c>.
/// </summary>
public sealed class WithoutEfCoreTests
{
    private const string Secret = "webhook-secret";

    [StoresFact]
    public async Task An_API_beside_workers_is_set_up_and_takes_webhooks_without_EF_Core()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var redis = await (await RedisServer.SharedAsync()).RentDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        settings["ConnectionStrings__redis"] = redis.Configuration;

        await SetUpAsync(settings, mapped: "Npgsql.dll");
    }

    [Fact]
    public async Task An_API_with_the_engine_in_it_is_set_up_and_takes_webhooks_without_EF_Core()
    {
        var directory = Directory.CreateTempSubdirectory("chat-store-");
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = Path.Combine(directory.FullName, "chat.db");
        try
        {
            await SetUpAsync(settings, mapped: "Microsoft.Data.Sqlite.dll");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <param name="mapped">What else the process has mapped: that nothing is found must not be because nothing is looked at.</param>
    private static async Task SetUpAsync(Dictionary<string, string?> settings, string mapped)
    {
        // Migrations are EF Core's: a deployment runs them in a process of their own.
        var (migrated, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["migrate"], settings, TimeSpan.FromMinutes(2));
        migrated.ShouldBe(0, output);
        var api = await ApiProcess.StartAsync(settings);
        try
        {
            var bot = (await api.PostAsync("api/v1/bots", new { name = "Ada" }, ("Idempotency-Key", "first"))).Ok().Id();
            (await api.PostAsync("api/v1/bots", new { name = "Ada" }, ("Idempotency-Key", "first"))).Ok().Id().ShouldBe(bot);
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "Grace" })).Ok();
            var connection = (await api.PostAsync(
                $"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = "123456:test-token", webhookSecret = Secret } })).Ok().Id();
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", new { displayName = "Shop" })).Ok();
            var key = (await api.PostAsync("api/v1/api-keys", new { name = "Deployment", role = "admin", botIds = new[] { bot } })).Ok().Json.GetProperty("key").GetString()!;
            var token = (await api.PostAsync("api/v1/auth/token", null, ("X-Api-Key", key))).Ok().Json.GetProperty("accessToken").GetString()!;
            foreach (var path in new[] { "api/v1/bots", $"api/v1/bots/{bot}", $"api/v1/bots/{bot}/connections", $"api/v1/connections/{connection}" })
            {
                (await api.GetAsync(path, ("X-Api-Key", key))).Ok();
                (await GetAsync(api, path, token)).IsSuccessStatusCode.ShouldBeTrue(path);
            }
            (await api.GetAsync("api/v1/api-keys")).Ok();
            (await api.SendAsync(
                HttpMethod.Post, $"webhooks/telegram/{connection}", JsonContent.Create(new Update(1, 1).ToJson()), ("X-Telegram-Bot-Api-Secret-Token", Secret))).Ok();
            (await api.GetAsync("health/ready")).MediaType.ShouldNotBeNull();

            var before = Mapped(api);
            before.ShouldContain(mapped);
            before.Where(IsEfCore).ShouldBeEmpty();
            // What an operator asks for may load it, and this would see it.
            (await api.GetAsync("api/v1/conversations")).Ok();
            Mapped(api).ShouldContain("Microsoft.EntityFrameworkCore.Relational.dll");
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(ApiProcess api, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await api.Client.SendAsync(request);
    }

    private static bool IsEfCore(string assembly) => assembly.Contains("EntityFrameworkCore", StringComparison.Ordinal);

    private static IReadOnlyCollection<string> Mapped(ApiProcess api) =>
        [.. File.ReadLines($"/proc/{api.Service.Id}/maps").Where(line => line.EndsWith(".dll", StringComparison.Ordinal)).Select(line => Path.GetFileName(line)).Distinct()];
}
