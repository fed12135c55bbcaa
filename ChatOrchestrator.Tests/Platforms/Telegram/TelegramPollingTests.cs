using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>Long polling: an update is confirmed only after it was handed in.</summary>
public sealed class TelegramPollingTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _log = new();
    private readonly ConcurrentQueue<InboundEvent> _received = new();
    private readonly CancellationTokenSource _stop = new();
    private BotApiStub _stub = null!;

    public async Task InitializeAsync() => _stub = await BotApiStub.StartAsync();

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stub.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task The_next_offset_is_asked_for_only_after_the_updates_were_stored()
    {
        _stub.Reply = Updates(offset => offset == 0 ? [Text(10), Text(11)] : []);
        var stored = new TaskCompletionSource();
        var offered = new TaskCompletionSource();
        var listening = ListenAsync(async (events, token) =>
        {
            Keep(events);
            offered.TrySetResult();
            await stored.Task.WaitAsync(token);
        });
        await offered.Task.WaitAsync(Deadline);
        _stub.CallsOf("getUpdates").Count.ShouldBe(1);

        stored.SetResult();
        await UntilAsync(() => _stub.CallsOf("getUpdates").Count > 1);
        _stub.CallsOf("getUpdates")[1].Text("offset").ShouldBe("12");
        _received.Select(e => e.PlatformId).ShouldBe(["3:10", "3:11"]);
        await StopAsync(listening);
    }

    [Fact]
    public async Task A_press_is_confirmed_when_it_is_stored_and_a_refusal_of_that_stops_nothing()
    {
        string[] presses =
        [
            """{"update_id":10,"callback_query":{"id":"q1","from":{"id":3},"data":"a","message":{"message_id":1,"chat":{"id":3,"type":"private"}}}}""",
            """{"update_id":11,"callback_query":{"id":"q2","from":{"id":3},"data":"b","message":{"message_id":1,"chat":{"id":3,"type":"private"}}}}""",
        ];
        var polled = Updates(offset => offset == 0 ? presses : offset == 12 ? [Text(12)] : []);
        _stub.Reply = call => call.Method == "answerCallbackQuery" && call.Text("callback_query_id") == "q1"
            ? BotApiStub.Error(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
            : polled(call);
        var listening = ListenAsync();
        await UntilAsync(() => _received.Count == 3);
        _received.Select(e => e.PlatformId).ShouldBe(["callback:q1", "callback:q2", "3:12"]);
        _stub.CallsOf("answerCallbackQuery").Select(c => c.Text("callback_query_id")).ShouldBe(["q1", "q2"]);
        await StopAsync(listening);
    }

    [Fact]
    public async Task What_could_not_be_stored_is_asked_for_again()
    {
        _stub.Reply = Updates(offset => offset == 0 ? [Text(10)] : []);
        await Should.ThrowAsync<StoreUnavailableException>(
            () => ListenAsync((_, _) => throw new StoreUnavailableException(new TimeoutException())).WaitAsync(Deadline));

        var listening = ListenAsync();
        await UntilAsync(() => !_received.IsEmpty);
        _stub.CallsOf("getUpdates").Take(2).Select(c => c.Text("offset")).ShouldBe(["0", "0"]);
        _received.ShouldHaveSingleItem().PlatformId.ShouldBe("3:10");
        await StopAsync(listening);
    }

    [Fact]
    public async Task A_webhook_is_taken_away_first_and_nothing_that_waits_is_dropped()
    {
        var listening = ListenAsync();
        await UntilAsync(() => _stub.CallsOf("getUpdates").Count > 0);
        _stub.Calls.Select(c => c.Method).Take(4).ShouldBe(["getMe", "deleteWebhook", "setMyCommands", "getUpdates"]);
        _stub.CallsOf("deleteWebhook")[0].Text("drop_pending_updates").ShouldBeNull();
        var poll = _stub.CallsOf("getUpdates")[0];
        poll.Body.GetProperty("timeout").GetInt32().ShouldBeInRange(25, 50);
        poll.Body.GetProperty("allowed_updates").GetArrayLength().ShouldBe(5);
        await StopAsync(listening);
    }

    [Fact]
    public async Task One_update_that_cannot_be_read_does_not_hold_up_the_others()
    {
        _stub.Reply = Updates(offset => offset == 0 ? [Text(10), """{"update_id":11,"message":"?"}""", "17", Text(12)] : []);
        var listening = ListenAsync();
        await UntilAsync(() => _stub.CallsOf("getUpdates").Count > 1);
        _received.Select(e => e.PlatformId).ShouldBe(["3:10", "u11", "3:12"]);
        _stub.CallsOf("getUpdates")[1].Text("offset").ShouldBe("13");
        await StopAsync(listening);
    }

    [Theory]
    [InlineData(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")]
    [InlineData(409, "Conflict: can't use getUpdates method while webhook is active")]
    [InlineData(429, "Too Many Requests: retry after 3")]
    [InlineData(502, "Bad Gateway")]
    [InlineData(200, "an answer without a result")]
    [InlineData(0, "hangs up")]
    public async Task After_a_failure_it_goes_on(int code, string description)
    {
        var failures = 3;
        var updates = Updates(offset => offset == 0 ? [Text(10)] : []);
        _stub.Reply = call => call.Method == "getUpdates" && failures-- > 0
            ? code == 0 ? new(0, "", HangUp: true) : BotApiStub.Error(code, description, code == 429 ? "\"retry_after\":3" : "")
            : updates(call);
        var listening = ListenAsync();
        await UntilAsync(() => !_received.IsEmpty);
        _stub.CallsOf("getUpdates").Take(4).Select(c => c.Text("offset")).ShouldBe(["0", "0", "0", "0"]);
        _log.ToString().ShouldContain("polling failed");
        _log.ToString().ShouldNotContain(TelegramFixture.Token);
        await StopAsync(listening);
    }

    [Fact]
    public async Task The_start_is_tried_again_too()
    {
        var failures = 2;
        _stub.Reply = call => call.Method == "deleteWebhook" && failures-- > 0 ? BotApiStub.Error(500, "Internal Server Error") : null;
        var listening = ListenAsync();
        await UntilAsync(() => _stub.CallsOf("getUpdates").Count > 0);
        _stub.CallsOf("deleteWebhook").Count.ShouldBe(3);
        await StopAsync(listening);
    }

    [Theory]
    [InlineData("getMe")]
    [InlineData("deleteWebhook")]
    [InlineData("getUpdates")]
    public async Task A_token_that_is_not_known_ends_it_for_good(string method)
    {
        _stub.Reply = call => call.Method == method ? BotApiStub.Error(401, "Unauthorized") : null;
        var refusal = await Should.ThrowAsync<PlatformException>(() => ListenAsync().WaitAsync(Deadline));
        refusal.Permanent.ShouldBeTrue();
        refusal.Message.ShouldBe("unauthorized");
    }

    private static Func<BotApiStub.Call, BotApiStub.Answer?> Updates(Func<long, string[]> from) => call =>
        call.Method == "getUpdates" ? BotApiStub.Result($"[{string.Join(",\n", from(call.Body.GetProperty("offset").GetInt64()))}]") : null;

    private static string Text(int id) =>
        $$$"""{"update_id":{{{id}}},"message":{"message_id":{{{id}}},"from":{"id":3},"chat":{"id":3,"type":"private"},"text":"ну 😀"}}""";

    private Task ListenAsync(Func<IReadOnlyList<InboundEvent>, CancellationToken, Task>? receive = null) =>
        TelegramFixture.Adapter(_stub.Url, _log, _time).ListenAsync(
            TelegramFixture.Connection("{}"),
            receive ?? ((events, _) =>
            {
                Keep(events);
                return Task.CompletedTask;
            }),
            _stop.Token);

    private void Keep(IReadOnlyList<InboundEvent> events)
    {
        foreach (var inbound in events)
        {
            _received.Enqueue(inbound);
        }
    }

    /// <summary>Waits, while the pauses between attempts pass at once.</summary>
    private Task UntilAsync(Func<bool> condition) =>
        Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            Deadline,
            "what the test waits for");

    private async Task StopAsync(Task listening)
    {
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening.WaitAsync(Deadline));
    }
}
