using System.Net.Http.Json;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>A token that is revoked and given anew, with the API and the workers as processes of their own.</summary>
public sealed class MendedConnectionTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    /// <summary>Shorter than the five minutes that a lane rests whose connection is off.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task What_waits_at_every_worker_goes_out_when_the_token_is_given_anew()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2);
        cluster.Backend.SendFault = async (http, _) =>
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await http.Response.WriteAsync("""{"ok":false,"error_code":401,"description":"Unauthorized"}""");
            return true;
        };
        Update[] questions = [.. Enumerable.Range(0, 6).Select(i => new Update(9_100_001 + i, 0))];
        await Task.WhenAll(questions.Select(q => cluster.DeliverAsync(q)));
        await Eventually.TrueAsync(
            async _ => (await cluster.GetAsync("api/v1/lanes/stuck")).GetProperty("items").GetArrayLength() == questions.Length, Deadline, "every lane rests beside a connection that is off");
        cluster.Backend.Delivered.ShouldBe(0);

        cluster.Backend.SendFault = null;
        using var change = new HttpRequestMessage(HttpMethod.Patch, new Uri(cluster.Api.Address, $"api/v1/connections/{cluster.ConnectionId}"))
        {
            Content = JsonContent.Create(new { secrets = new { botToken = "777000777:given-anew" } }),
        };
        change.Headers.Add("X-Api-Key", Cluster.AdminKey);
        using var changed = await cluster.Api.Client.SendAsync(change);
        changed.IsSuccessStatusCode.ShouldBeTrue(await changed.Content.ReadAsStringAsync());

        await Eventually.TrueAsync(() => cluster.Backend.Delivered == questions.Length, Deadline, "every question is answered");
        Answers.Of(cluster.Backend, [.. questions.Select(q => q.Chat)], 1).ShouldBe(new Answers(0, 0, 0));
    }
}
