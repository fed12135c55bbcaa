using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>An operator takes over while the model thinks, with the API and the worker as processes of their own.</summary>
[Collection(RunsAlone.Name)]
public sealed class HandoffTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [StoresFact]
    public async Task An_answer_that_was_being_generated_is_kept_as_a_suggestion_and_said_only_by_the_operator()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1);
        var answering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Backend.ModelFault = async (_, call) =>
        {
            if (call == 1)
            {
                await answering.Task.WaitAsync(Deadline);
            }
            return false;
        };
        var (first, second) = (new Update(7_000_001, 0), new Update(7_000_001, 1));
        await cluster.DeliverAsync(first);
        await Eventually.TrueAsync(() => cluster.Backend.Asked == 1, Deadline, "the model thinks");
        var conversation = (await cluster.GetAsync("api/v1/conversations")).GetProperty("items").EnumerateArray()
            .Single(c => c.GetProperty("chatId").GetString() == "7000001").GetProperty("id").GetGuid();

        await cluster.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" });
        // The question has had its turn, a silent one, before the model is done: the lease is long gone by then.
        var question = (await cluster.GetAsync($"api/v1/conversations/{conversation}/messages")).GetProperty("items")[0].GetProperty("id").GetGuid();
        await Eventually.PassesAsync(
            async _ => (await cluster.GetAsync($"api/v1/messages/{question}/timeline")).GetProperty("outcome").GetString().ShouldBe("silent"), Deadline, "the lane moved on");
        answering.SetResult();

        JsonElement suggestion = default;
        await Eventually.TrueAsync(
            async _ =>
            {
                var list = (await cluster.GetAsync($"api/v1/conversations/{conversation}/suggestions?state=open")).GetProperty("items");
                suggestion = list.GetArrayLength() == 1 ? list[0] : default;
                return list.GetArrayLength() == 1;
            },
            Deadline,
            "the answer is kept");
        suggestion.GetProperty("text").GetString().ShouldBe("reply:" + first.Token);
        cluster.Backend.Chat(first.Chat).ShouldBeEmpty("the bot is silent");
        (await cluster.GetAsync($"api/v1/messages/{question}/timeline")).ToString().ShouldContain("suggested");

        // Resumed, the bot answers the next message, and the suggestion is still only one.
        await cluster.PostAsync($"api/v1/conversations/{conversation}/resume", new { });
        await cluster.DeliverAsync(second);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(first.Chat).Count == 1, Deadline, "the bot answers again");
        cluster.Backend.Chat(first.Chat).ShouldBe(["reply:" + second.Token]);

        var id = suggestion.GetProperty("id").GetGuid();
        var sent = await cluster.PostAsync($"api/v1/conversations/{conversation}/messages", new { suggestionId = id, agent = "Ada" });
        sent.GetProperty("author").GetString().ShouldBe("agent");
        await Eventually.TrueAsync(() => cluster.Backend.Chat(first.Chat).Count == 2, Deadline, "the operator's message is delivered");
        cluster.Backend.Chat(first.Chat).ShouldBe(["reply:" + second.Token, "reply:" + first.Token]);
        cluster.Backend.Asked.ShouldBe(2, "the model was paid once for each answer");
    }

    [StoresFact]
    public async Task A_stopped_answer_is_of_no_use_to_anybody()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Backend.ModelFault = async (http, _) =>
        {
            await using var registration = http.RequestAborted.Register(() => aborted.TrySetResult());
            await aborted.Task.WaitAsync(Deadline);
            return true;
        };
        await cluster.DeliverAsync(new Update(7_000_002, 0));
        await Eventually.TrueAsync(() => cluster.Backend.Asked == 1, Deadline, "the model thinks");

        await cluster.DeliverAsync(new Update(7_000_002, 1, "/stop"));

        await aborted.Task.WaitAsync(Deadline);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(7_000_002).SequenceEqual(["Stopped."]), Deadline, "the command is answered");
        var conversation = (await cluster.GetAsync("api/v1/conversations")).GetProperty("items").EnumerateArray()
            .Single(c => c.GetProperty("chatId").GetString() == "7000002").GetProperty("id").GetGuid();
        (await cluster.GetAsync($"api/v1/conversations/{conversation}/suggestions")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }
}
