using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>The limits as they hold across processes.</summary>
[Collection(RunsAlone.Name)]
public sealed class LimitsTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private const string Secret = "limits-secret";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static int _bots;

    [StoresFact]
    public async Task Two_workers_together_answer_a_participant_only_as_often_as_the_bot_says_and_the_timeline_says_why()
    {
        const int perMinute = 2, sent = 12;
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2);
        // Two tokens at once, the next one after half a minute: a slow machine may see one more, never all.
        var connection = await ConnectAsync(cluster, new { quietPeriodMs = 0, messagesPerMinute = perMinute, rateLimitNotice = "Not so fast." });
        for (var n = 0; n < sent; n++)
        {
            (await PostAsync(cluster, connection, new Update(7_100_001, n))).ShouldBe(HttpStatusCode.OK);
        }
        var other = new Update(7_100_002, 0);
        (await PostAsync(cluster, connection, other)).ShouldBe(HttpStatusCode.OK);
        await LanesAreIdleAsync(cluster);

        var arrived = cluster.Backend.Chat(7_100_001).ToArray();
        var answered = arrived.Count(t => t.StartsWith("reply:", StringComparison.Ordinal));
        answered.ShouldBeInRange(perMinute, perMinute + 4);
        arrived.Count(t => t == "Not so fast.").ShouldBeInRange(1, 2, "once a minute");
        (arrived.Length - answered).ShouldBeLessThanOrEqualTo(2);
        cluster.Backend.Chat(7_100_002).ShouldBe(["reply:" + other.Token]);

        var messages = await QuestionsAsync(cluster, "7100001");
        messages.Count.ShouldBe(sent, "what is skipped is stored");
        var outcomes = new List<(string? Outcome, string? Reason)>();
        foreach (var message in messages)
        {
            var timeline = await cluster.GetAsync($"api/v1/messages/{message}/timeline");
            outcomes.Add((timeline.GetProperty("outcome").GetString(), timeline.GetProperty("reason").GetString()));
        }
        outcomes.Count(o => o.Outcome == "answered").ShouldBe(answered);
        outcomes.Count(o => o == ("silent", "rate_limited")).ShouldBe(sent - answered);
    }

    [StoresFact]
    public async Task What_other_bots_say_in_a_group_is_stored_and_answered_only_if_the_bot_is_told_so_and_then_not_for_ever()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1);
        var deaf = await ConnectAsync(cluster, new { quietPeriodMs = 0 }, new { groups = "all" });
        var talkative = await ConnectAsync(cluster, new { quietPeriodMs = 0, answerBots = true }, new { groups = "all" });
        for (var n = 0; n < 9; n++)
        {
            (await PostAsync(cluster, deaf, ByBot(-7_200_001, n))).ShouldBe(HttpStatusCode.OK);
            (await PostAsync(cluster, talkative, ByBot(-7_200_002, n))).ShouldBe(HttpStatusCode.OK);
        }
        await LanesAreIdleAsync(cluster);

        cluster.Backend.Chat(-7_200_001).ShouldBeEmpty();
        var overheard = await QuestionsAsync(cluster, "-7200001");
        overheard.Count.ShouldBe(9);
        (await cluster.GetAsync($"api/v1/messages/{overheard[0]}/timeline")).GetProperty("outcome").GetString().ShouldBe("not_addressed");

        // Twelve seconds give one answer back: a slow machine may see a few more before the ninth is asked.
        cluster.Backend.Chat(-7_200_002).Count.ShouldBeInRange(5, 8);
        var last = await cluster.GetAsync($"api/v1/messages/{(await QuestionsAsync(cluster, "-7200002"))[^1]}/timeline");
        (last.GetProperty("outcome").GetString(), last.GetProperty("reason").GetString()).ShouldBe(("silent", "bot_loop"));
    }

    [StoresFact]
    public async Task A_noisy_connection_leaves_places_for_the_others_and_is_answered_in_full_itself()
    {
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1, new Dictionary<string, string?> { ["Engine__MaxLanes"] = "8" });
        var noisy = await ConnectAsync(cluster, new { quietPeriodMs = 0 }, new { maxLanes = 3 });
        var quiet = await ConnectAsync(cluster, new { quietPeriodMs = 0 });
        var release = new TaskCompletionSource();
        var (hanging, most) = (0, 0);
        cluster.Backend.ModelFault = async (http, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref hanging));
            await release.Task.WaitAsync(http.RequestAborted);
            Interlocked.Decrement(ref hanging);
            return false;
        };
        var chats = Enumerable.Range(1, 30).Select(i => 7_300_000L + i).ToArray();
        foreach (var chat in chats)
        {
            (await PostAsync(cluster, noisy, new Update(chat, 0))).ShouldBe(HttpStatusCode.OK);
        }
        await Eventually.TrueAsync(() => Volatile.Read(ref hanging) == 3, Deadline, "the noisy connection has its places");

        for (var n = 0; n < 5; n++)
        {
            (await PostAsync(cluster, quiet, new Update(7_400_000 + n, 0))).ShouldBe(HttpStatusCode.OK);
        }
        await Eventually.TrueAsync(() => Volatile.Read(ref hanging) == 8, Deadline, "the quiet one has the other five");
        most.ShouldBe(8);
        (await AttemptsAsync(cluster)).ShouldBe(0, "a lane that was given back has not failed");

        release.SetResult();
        await Eventually.TrueAsync(() => Answers.Of(cluster.Backend, chats, 1).Lost == 0, Deadline, "the noisy connection is answered");
        await LanesAreIdleAsync(cluster);
    }

    [StoresFact]
    public async Task With_a_frozen_store_requests_are_shed_before_memory_grows_and_what_was_acknowledged_is_answered()
    {
        const int chats = 400, rounds = 6;
        var settings = new Dictionary<string, string?> { ["Engine__InboxCapacity"] = "100", ["Engine__InboxMegabytes"] = "8" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1, settings);
        var connection = await ConnectAsync(cluster, new { quietPeriodMs = 0 });
        (await PostAsync(cluster, connection, new Update(7_500_000, 0))).ShouldBe(HttpStatusCode.OK);
        var (shed, acknowledged) = (0, new System.Collections.Concurrent.ConcurrentDictionary<(long, int), bool>());
        // 100,000 characters a message: 400 requests at a time would be 40 MiB of bodies, and what is made of them several times that.
        var padding = string.Concat(Enumerable.Repeat("parcels ", 12_500));
        async Task DeliverAsync(long chat, int n)
        {
            var (status, retryAfter) = await PostAsync(cluster, connection, new Update(chat, n, $"{padding} Where is my parcel {new Update(chat, n).Token}?"), default);
            if (status == HttpStatusCode.OK)
            {
                acknowledged[(chat, n)] = true;
            }
            else if (status == HttpStatusCode.ServiceUnavailable)
            {
                retryAfter.ShouldBe(TimeSpan.FromSeconds(1));
                Interlocked.Increment(ref shed);
            }
        }

        await using (var frozen = new NpgsqlConnection(postgres.ConnectionString))
        {
            await frozen.OpenAsync();
            await using var transaction = await frozen.BeginTransactionAsync();
            await using var freeze = new NpgsqlCommand("LOCK TABLE lanes, messages IN ACCESS EXCLUSIVE MODE", frozen, transaction);
            await freeze.ExecuteNonQueryAsync();
            var sending = Enumerable.Range(1, chats).Select(async chat =>
            {
                for (var n = 0; n < rounds; n++)
                {
                    await DeliverAsync(7_500_000 + chat, n);
                }
            }).ToArray();
            await Eventually.TrueAsync(() => Volatile.Read(ref shed) > chats, Deadline, "requests are shed");
            MostMemory(cluster.Api.Id).ShouldBeLessThan(600, "MiB, at most so far");
            await transaction.RollbackAsync();
            await Task.WhenAll(sending).WaitAsync(Deadline);
        }

        MostMemory(cluster.Api.Id).ShouldBeLessThan(600, "MiB, at most");
        // It takes in again, and each message that it said it has is answered once.
        await Eventually.TrueAsync(
            async _ => await PostAsync(cluster, connection, new Update(7_500_000, 1)) == HttpStatusCode.OK, Deadline, "the store is back");
        await Eventually.PassesAsync(
            async token =>
            {
                var missing = acknowledged.Keys.Where(a => !cluster.Backend.Chat(a.Item1).Contains("reply:" + new Update(a.Item1, a.Item2).Token)).ToArray();
                missing.ShouldBeEmpty(missing.Length == 0 ? null : $"of {acknowledged.Count} acknowledged; the first one's lane: {await DescribeAsync(cluster, missing[0].Item1)}");
            },
            Deadline,
            "what was acknowledged is answered");
        await LanesAreIdleAsync(cluster);
    }

    [StoresFact]
    public async Task A_lane_that_does_not_get_on_is_listed_with_its_reason_and_a_stranded_one_is_answered()
    {
        var settings = new Dictionary<string, string?> { ["Engine__WatchSeconds"] = "1" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 1, settings);
        var connection = await ConnectAsync(cluster, new { quietPeriodMs = 0 });
        (await PostAsync(cluster, connection, new Update(7_600_001, 0))).ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(7_600_001).Count == 1, Deadline, "it is answered");
        await LanesAreIdleAsync(cluster);

        // What must not happen, made by hand: something waits, and nobody will ever look.
        await ExecuteAsync(cluster, "UPDATE lanes SET handled_sequence = 0 WHERE conversation_id = (SELECT id FROM conversations WHERE chat_id = '7600001')");
        await Eventually.TrueAsync(() => cluster.Backend.Chat(7_600_001).Count == 2, Deadline, "the watchdog has made it due");
        await Eventually.TrueAsync(() => cluster.Workers[0].Output.Contains("waited without a due time", StringComparison.Ordinal), Deadline, "the watchdog says so");
        // Before that the worker still has the lane, and would give it back by what it finds there.
        await LanesAreIdleAsync(cluster);

        await ExecuteAsync(cluster, $"UPDATE connections SET disabled_reason = 'token refused' WHERE id = '{connection}'");
        await ExecuteAsync(cluster, "UPDATE lanes SET last_sequence = last_sequence + 1, due_at = now() + interval '1 hour' WHERE conversation_id = (SELECT id FROM conversations WHERE chat_id = '7600001')");
        await Eventually.PassesAsync(
            async _ =>
            {
                var stuck = (await cluster.GetAsync("api/v1/lanes/stuck")).GetProperty("items").EnumerateArray().Single(l => l.GetProperty("connectionId").GetString() == connection);
                stuck.GetProperty("reason").GetString().ShouldBe("connection_disabled");
                stuck.GetProperty("explanation").GetString()!.ShouldContain("token refused");
                var health = (await cluster.GetAsync("health/ready")).GetProperty("checks").GetProperty("engine").GetProperty("description").GetString();
                health!.ShouldContain("connection_disabled 1");
                cluster.Workers[0].Output.ShouldContain("is stuck (connection_disabled)");
            },
            Deadline,
            "it is listed, in the health check and in the log");
        await ExecuteAsync(cluster, $"DELETE FROM lanes WHERE conversation_id = (SELECT id FROM conversations WHERE chat_id = '7600001')");
    }

    [StoresFact]
    public async Task What_is_older_than_the_bot_keeps_it_is_deleted_while_the_bot_goes_on_answering()
    {
        var settings = new Dictionary<string, string?> { ["Engine__RetentionSeconds"] = "1" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2, settings);
        var connection = await ConnectAsync(cluster, new { quietPeriodMs = 0, retentionDays = 7 });
        for (var n = 0; n < 3; n++)
        {
            (await PostAsync(cluster, connection, new Update(7_700_001, n))).ShouldBe(HttpStatusCode.OK);
        }
        await Eventually.TrueAsync(() => cluster.Backend.Chat(7_700_001).Count == 3, Deadline, "all are answered");
        await LanesAreIdleAsync(cluster);

        await ExecuteAsync(cluster, "UPDATE messages SET created_at = created_at - interval '8 days' WHERE conversation_id = (SELECT id FROM conversations WHERE chat_id = '7700001')");
        await Eventually.TrueAsync(async _ => (await QuestionsAsync(cluster, "7700001")).Count == 0, Deadline, "what is old is gone");

        (await PostAsync(cluster, connection, new Update(7_700_001, 3))).ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => cluster.Backend.Chat(7_700_001).Count == 4, Deadline, "the next one is answered");
        await LanesAreIdleAsync(cluster);
        (await QuestionsAsync(cluster, "7700001")).Count.ShouldBe(1);
    }

    private static async Task<string> ConnectAsync(Cluster cluster, object processing, object? settings = null)
    {
        var number = Interlocked.Increment(ref _bots);
        var bot = await cluster.PostAsync("api/v1/bots", new { name = $"Bot {number}", processing });
        var connection = await cluster.PostAsync(
            $"api/v1/bots/{bot.GetProperty("id").GetGuid()}/connections",
            new { platform = "telegram", displayName = "Test", secrets = new { botToken = $"{880_000_000 + number}:fake", webhookSecret = Secret }, settings });
        return connection.GetProperty("id").GetString()!;
    }

    private static async Task<HttpStatusCode?> PostAsync(Cluster cluster, string connection, object update) =>
        (await PostAsync(cluster, connection, update is Update u ? u.ToJson() : update, default(CancellationToken))).Status;

    private static Task<(HttpStatusCode? Status, TimeSpan? RetryAfter)> PostAsync(Cluster cluster, string connection, Update update, CancellationToken cancellationToken) =>
        PostAsync(cluster, connection, update.ToJson(), cancellationToken);

    private static async Task<(HttpStatusCode? Status, TimeSpan? RetryAfter)> PostAsync(Cluster cluster, string connection, object json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(cluster.Api.Address, $"webhooks/telegram/{connection}")) { Content = JsonContent.Create(json) };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", Secret);
        try
        {
            using var response = await cluster.Api.Client.SendAsync(request, cancellationToken);
            return (response.StatusCode, response.Headers.RetryAfter?.Delta);
        }
        catch (HttpRequestException)
        {
            // Answered and closed while the body was still being sent.
            return (null, null);
        }
    }

    private static object ByBot(long chat, int number) => new
    {
        update_id = (-chat * 100_000) + number,
        message = new
        {
            message_id = number + 1,
            date = 1_760_000_000,
            from = new { id = 55, is_bot = true, first_name = "Other bot" },
            chat = new { id = chat, type = "group", title = "Group" },
            text = $"And what about m{-chat}s{number}z?",
        },
    };

    private static async Task<List<Guid>> QuestionsAsync(Cluster cluster, string chat)
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.chat_id = $1 AND m.author = 0 ORDER BY m.sequence", connection);
        command.Parameters.AddWithValue(chat);
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }
        return ids;
    }

    private static async Task ExecuteAsync(Cluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What the store knows of a chat, for a failure's message.</summary>
    private static async Task<string> DescribeAsync(Cluster cluster, long chat)
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT concat_ws(' ', to_jsonb(l), (SELECT jsonb_agg(jsonb_build_object('seq', m.sequence, 'id', m.platform_message_id, 'author', m.author, 'at', m.created_at) ORDER BY m.sequence)
                FROM messages m WHERE m.conversation_id = l.conversation_id), (SELECT jsonb_agg(to_jsonb(t)) FROM turns t WHERE t.conversation_id = l.conversation_id),
                (SELECT jsonb_agg(to_jsonb(e)) FROM timeline_events e WHERE e.conversation_id = l.conversation_id), 'now', now())
            FROM lanes l JOIN conversations c ON c.id = l.conversation_id WHERE c.chat_id = $1
            """,
            connection);
        command.Parameters.AddWithValue(chat.ToString(CultureInfo.InvariantCulture));
        return (string?)await command.ExecuteScalarAsync() ?? "there is none";
    }

    private static async Task<int> AttemptsAsync(Cluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT sum(attempts)::int FROM lanes", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static Task LanesAreIdleAsync(Cluster cluster) =>
        Eventually.PassesAsync(
            async token =>
            {
                await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
                await connection.OpenAsync(token);
                await using var command = new NpgsqlCommand("SELECT count(*) FROM lanes WHERE due_at IS NOT NULL OR lease_owner IS NOT NULL", connection);
                ((long)(await command.ExecuteScalarAsync(token))!).ShouldBe(0);
            },
            Deadline,
            "every lane is idle");

    /// <summary>The most memory that the process has ever had, in MiB: VmHWM of https://man7.org/linux/man-pages/man5/proc_pid_status.5.html</summary>
    private static long MostMemory(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
