using System.Diagnostics;
using System.Net;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>The API and two workers as processes of their own, on a real Postgres and Redis.</summary>
[Collection(RunsAlone.Name)]
public sealed class MainJobTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task Five_thousand_updates_are_answered_in_order_while_a_worker_is_killed_and_started_again()
    {
        const int perChat = 25;
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2);
        var chats = Enumerable.Range(1, 200).Select(i => 1_000_000L + i).ToArray();
        var killed = new TaskCompletionSource();
        var sending = SendAsync(cluster, chats, perChat, killed.Task);

        await Eventually.TrueAsync(() => cluster.Backend.Delivered > 1_000, Deadline, "the run is well under way");
        await cluster.Workers[0].KillAsync();
        killed.SetResult();
        await cluster.AddWorkerAsync();

        await sending;
        await Eventually.TrueAsync(() => Answers.Of(cluster.Backend, chats, perChat).Lost == 0, Deadline, "every question is answered");
        var answers = Answers.Of(cluster.Backend, chats, perChat);
        answers.OutOfOrder.ShouldBe(0);
        // Only what was between the platform's acceptance and our commit at the instant of the kill can be repeated.
        answers.MostRepeatedInOneChat.ShouldBeLessThanOrEqualTo(1);
        // The model is asked again only for turns that were not saved when the worker died.
        cluster.Backend.Asked.ShouldBeLessThanOrEqualTo(5_000 + 256);
        await LanesAreIdleAsync(cluster);
    }

    [StoresFact]
    public async Task Without_a_fault_every_update_is_answered_exactly_once_also_when_it_is_delivered_twice()
    {
        const int perChat = 10;
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2);
        var chats = Enumerable.Range(1, 50).Select(i => 2_000_000L + i).ToArray();
        await Task.WhenAll(chats.Select(async chat =>
        {
            for (var n = 0; n < perChat; n++)
            {
                await Task.WhenAll(cluster.DeliverAsync(new Update(chat, n)), cluster.DeliverAsync(new Update(chat, n)));
            }
        }));
        await Eventually.TrueAsync(() => Answers.Of(cluster.Backend, chats, perChat).Lost == 0, Deadline, "every question is answered");
        await LanesAreIdleAsync(cluster);
        Answers.Of(cluster.Backend, chats, perChat).ShouldBe(new Answers(0, 0, 0));
        cluster.Backend.Asked.ShouldBe(chats.Length * perChat);
    }

    [StoresFact]
    public async Task Every_update_that_was_acknowledged_is_answered_though_the_api_is_killed_under_load()
    {
        const int perChat = 20;
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2);
        var chats = Enumerable.Range(1, 100).Select(i => 3_000_000L + i).ToArray();
        var killed = new TaskCompletionSource();
        var sending = SendAsync(cluster, chats, perChat, killed.Task);
        await Eventually.TrueAsync(() => cluster.Backend.Delivered > 300, Deadline, "the run is well under way");
        var restarting = cluster.RestartApiAsync();
        killed.SetResult();
        await restarting;
        await sending;
        await Eventually.TrueAsync(() => Answers.Of(cluster.Backend, chats, perChat).Lost == 0, Deadline, "every question is answered");
        await LanesAreIdleAsync(cluster);
        Answers.Of(cluster.Backend, chats, perChat).ShouldBe(new Answers(0, 0, 0));
    }

    [StoresFact]
    public async Task The_timeline_tells_the_whole_life_of_a_message()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1);
        var update = new Update(4_000_001, 1);
        await cluster.DeliverAsync(update);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(update.Chat).Count == 1, Deadline, "the question is answered");
        await LanesAreIdleAsync(cluster);

        var conversations = await cluster.GetAsync("api/v1/conversations");
        var conversation = conversations.GetProperty("items").EnumerateArray().Single(c => c.GetProperty("chatId").GetString() == "4000001");
        var messages = await cluster.GetAsync($"api/v1/conversations/{conversation.GetProperty("id").GetGuid()}/messages");
        var question = messages.GetProperty("items").EnumerateArray().Single(m => m.GetProperty("text").GetString()!.Contains(update.Token) && m.GetProperty("author").GetString() == "participant");
        var timeline = await cluster.GetAsync($"api/v1/messages/{question.GetProperty("id").GetGuid()}/timeline");
        var text = timeline.ToString();
        text.ShouldContain("received");
        text.ShouldContain("fake");
        text.ShouldContain("sent");
        text.ShouldNotContain("777000777:fake");

        // What an operator writes has a timeline too: it must be something that can be sent.
        using var invisible = new HttpRequestMessage(HttpMethod.Post, new Uri(cluster.Api.Address, $"api/v1/conversations/{conversation.GetProperty("id").GetGuid()}/messages"))
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { text = "\u200b" }),
        };
        invisible.Headers.Add("X-Api-Key", Cluster.AdminKey);
        using var refused = await cluster.Api.Client.SendAsync(invisible);
        refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [StoresFact]
    public async Task One_trace_leads_from_the_webhook_to_the_delivery()
    {
        // Nobody listens at the address: that an exporter is configured is what turns tracing on.
        var tracing = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1, tracing);
        var update = new Update(6_000_001, 1);
        var traceId = ActivityTraceId.CreateRandom();
        await cluster.DeliverAsync(update, $"00-{traceId}-{ActivitySpanId.CreateRandom()}-01");
        await Eventually.TrueAsync(() => cluster.Backend.Chat(update.Chat).Count == 1, Deadline, "the question is answered");

        await using var connection = new Npgsql.NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            "SELECT string_agg(split_part(m.trace_parent, '-', 2), ' ') FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.chat_id = '6000001'", connection);
        // The question has the webhook's trace, and the answer was saved in it by another process.
        ((string?)await command.ExecuteScalarAsync()).ShouldBe($"{traceId} {traceId}");
        cluster.Backend.Traces.ShouldContain(traceId.ToString(), "the call of the model belongs to the trace");
    }

    [PostgresFact(OwnServer = true)]
    public async Task A_store_that_is_down_is_answered_with_503_and_the_redelivery_exactly_once()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var database = await server.CreateDatabaseAsync();
        await using var cluster = await Cluster.StartAsync(database.ConnectionString, redis.Configuration, workers: 1);
        await cluster.DeliverAsync(new Update(5_000_001, 0));
        await Eventually.TrueAsync(() => cluster.Backend.Chat(5_000_001).Count == 1, Deadline, "the first question is answered");

        await server.StopAsync();
        (await cluster.TryPostAsync(new Update(5_000_001, 1))).ShouldBe(HttpStatusCode.ServiceUnavailable);
        await server.StartAsync();

        await cluster.DeliverAsync(new Update(5_000_001, 1));
        await cluster.DeliverAsync(new Update(5_000_001, 1));
        await Eventually.TrueAsync(() => cluster.Backend.Chat(5_000_001).Count == 2, Deadline, "the second question is answered");
        await LanesAreIdleAsync(cluster);
        Answers.Of(cluster.Backend, [5_000_001], 2).ShouldBe(new Answers(0, 0, 0));
    }

    /// <param name="beforeLast">The last question of every chat waits for it, so that it comes while the run goes on, however slow the machine.</param>
    private static Task SendAsync(Cluster cluster, long[] chats, int perChat, Task beforeLast) =>
        Task.WhenAll(chats.Select(async chat =>
        {
            for (var n = 0; n < perChat; n++)
            {
                if (n == perChat - 1)
                {
                    await beforeLast;
                }
                await cluster.DeliverAsync(new Update(chat, n));
            }
        }));

    /// <summary>Nothing waits and nothing is held: every lane has come to rest.</summary>
    private static Task LanesAreIdleAsync(Cluster cluster) =>
        Eventually.PassesAsync(
            async token =>
            {
                await using var connection = new Npgsql.NpgsqlConnection(cluster.PostgresConnection);
                await connection.OpenAsync(token);
                await using var command = new Npgsql.NpgsqlCommand("SELECT count(*) FROM lanes WHERE due_at IS NOT NULL OR lease_owner IS NOT NULL", connection);
                ((long)(await command.ExecuteScalarAsync(token))!).ShouldBe(0);
            },
            Deadline,
            "every lane is idle");
}
