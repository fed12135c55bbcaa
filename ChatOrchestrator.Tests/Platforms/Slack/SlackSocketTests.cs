using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.Platforms.Slack;

/// <summary>Socket Mode against the simulator.</summary>
public sealed class SlackSocketTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly ConnectionSnapshot Connection = SlackFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = "xoxb-sock-1", ["appToken"] = "xapp-sock-1" });

    [Fact]
    public async Task Everything_comes_through_the_socket_and_is_acknowledged_after_it_is_stored()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var listener = Listener.Start(simulator.Url);
        await ConnectedAsync(simulator);
        await SayAsync(simulator, "hello");
        await Eventually.TrueAsync(() => listener.Received.OfType<InboundMessage>().Any(m => m.Text == "hello"), Deadline, "the message arrives");
        await simulator.ControlAsync(HttpMethod.Post, "slack/commands", new { app = "sock", user_id = "U1", command = "/ask", text = "why" });
        await Eventually.TrueAsync(() => listener.Received.OfType<InboundMessage>().Any(m => m.Text == "why" && m.Content?.AnswerVia is not null), Deadline, "the command arrives");
        await AcknowledgedAsync(simulator, 2);
    }

    [Fact]
    public async Task What_could_not_be_stored_comes_again()
    {
        await using var simulator = await SimulatorInstance.StartAsync(args: ["--Simulator:Slack:AckTimeout=00:00:05"]);
        await using (var failing = Listener.Start(simulator.Url, _ => throw new StoreUnavailableException(new InvalidOperationException())))
        {
            await ConnectedAsync(simulator);
            await SayAsync(simulator, "hello");
            await Should.ThrowAsync<StoreUnavailableException>(() => failing.Ended.WaitAsync(Deadline));
        }
        await using var listener = Listener.Start(simulator.Url);
        await Eventually.TrueAsync(() => listener.Received.OfType<InboundMessage>().Any(m => m.Text == "hello"), Deadline, "the message comes again");
        await AcknowledgedAsync(simulator, 1);
    }

    [Theory]
    [InlineData("refresh_requested", false)]
    [InlineData("warning", false)]
    [InlineData("", true)]
    public async Task A_connection_that_ends_is_followed_by_another(string reason, bool drop)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var listener = Listener.Start(simulator.Url);
        await ConnectedAsync(simulator);
        await simulator.ControlAsync(HttpMethod.Post, "slack/apps/sock/disconnect", new { reason, drop });
        await SayAsync(simulator, "after it");
        await Eventually.TrueAsync(() => listener.Received.OfType<InboundMessage>().Any(m => m.Text == "after it"), Deadline, "the message arrives");
        (await simulator.ControlAsync(HttpMethod.Get, "stats"))!["slack.method.apps.connections.open"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task What_comes_for_each_workspace_is_handed_in_for_its_connection_and_the_rest_for_nobody()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/sock", new { team_id = "T111" });
        foreach (var (app, team) in ((string, string)[])[("second", "T222"), ("third", "T333")])
        {
            await simulator.ControlAsync(HttpMethod.Put, $"slack/apps/{app}", new { team_id = team, installation_of = "sock" });
        }
        var first = SlackFixture.Connection("""{"teamId":"T111"}""", new Dictionary<string, string> { ["botToken"] = "xoxb-sock-1", ["appToken"] = "xapp-sock-1" });
        var second = SlackFixture.Connection("""{"teamId":"T222"}""", new Dictionary<string, string> { ["botToken"] = "xoxb-second-1", ["appToken"] = "xapp-sock-1" });
        var adapter = SlackFixture.Adapter(simulator.Url);
        var lease = ListenerLease.NameOf(adapter, first);
        ListenerLease.NameOf(adapter, second).ShouldBe(lease);
        lease.ShouldNotContain("xapp");
        ListenerLease.NameOf(adapter, SlackFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = "xoxb-sock-1", ["appToken"] = "xapp-other-1" })).ShouldNotBe(lease);
        using var stop = new CancellationTokenSource();
        var received = new ConcurrentQueue<(ConnectionSnapshot Connection, InboundEvent Event)>();
        var listening = adapter.ListenAsync(
            first,
            (team, _) => ValueTask.FromResult(team == "T222" ? second : first),
            (connection, events, _) =>
            {
                foreach (var one in events)
                {
                    received.Enqueue((connection, one));
                }
                return Task.CompletedTask;
            },
            stop.Token);
        await ConnectedAsync(simulator);

        foreach (var (app, text) in ((string, string)[])[("sock", "to the first"), ("second", "to the second"), ("third", "to nobody")])
        {
            await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app, user_id = "U1", text });
            await simulator.ControlAsync(HttpMethod.Post, "slack/commands", new { app, user_id = "U1", command = "/ask", text = $"{text}, by command" });
        }
        await AcknowledgedAsync(simulator, 6);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening.WaitAsync(Deadline));

        TextsOf(first).ShouldBe(["to the first", "to the first, by command"]);
        TextsOf(second).ShouldBe(["to the second", "to the second, by command"]);
        received.Count(r => r.Event is IgnoredEvent).ShouldBe(2);

        List<string> TextsOf(ConnectionSnapshot connection) => [.. received.Where(r => r.Connection == connection).Select(r => r.Event).OfType<InboundMessage>().Select(m => m.Text).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_revoked_token_ends_the_listening_for_good()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/sock", new { is_revoked = true });
        await using var listener = Listener.Start(simulator.Url);
        var refusal = await Should.ThrowAsync<PlatformException>(() => listener.Ended.WaitAsync(Deadline));
        refusal.Permanent.ShouldBeTrue();
        refusal.Message.ShouldBe("token_revoked");
    }

    [Fact]
    public async Task A_part_that_may_have_arrived_is_found_where_it_arrived()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var adapter = SlackFixture.Adapter(simulator.Url);
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/sock", new { });
        var said = await SayAsync(simulator, "hello");
        var part = new OutboundPart(Guid.CreateVersion7(), 0, new ChatAddress(said["channel"]!.ToString()), "answer", null, null, 0);
        (await adapter.FindAsync(Connection, part, CancellationToken.None)).ShouldBeNull();
        await simulator.ControlAsync(HttpMethod.Post, "slack/faults", new { kind = "abort_after_accept" });
        (await adapter.SendAsync(Connection, part, CancellationToken.None)).ShouldBeOfType<DeliveryOutcome.Unknown>();
        var found = await adapter.FindAsync(Connection, part, CancellationToken.None);
        var messages = (await simulator.ControlAsync(HttpMethod.Get, "slack/messages?app=sock&user=U1"))!.AsArray();
        found.ShouldBe($"{part.Chat.ChatId}:{messages.Single(m => m!["text"]!.ToString() == "answer")!["ts"]}");
        (await adapter.FindAsync(Connection, part with { Ordinal = 1 }, CancellationToken.None)).ShouldBeNull();
    }

    private static Task ConnectedAsync(SimulatorInstance simulator) => SimulatorInstance.UntilAsync(
        async () => (await simulator.ControlAsync(HttpMethod.Get, "slack/apps"))!.AsArray().Any(a => a!["mode"]!.ToString() == "socket"), "the socket is open");

    private static Task AcknowledgedAsync(SimulatorInstance simulator, int count) => SimulatorInstance.UntilAsync(
        async () => (await simulator.ControlAsync(HttpMethod.Get, "stats"))!["slack.delivery.acknowledged"]?.GetValue<int>() >= count, "it is acknowledged");

    private static async Task<JsonNode> SayAsync(SimulatorInstance simulator, string text) =>
        (await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "sock", user_id = "U1", text }))!;

    private sealed class Listener : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public ConcurrentQueue<InboundEvent> Received { get; } = new();

        public Task Ended { get; private set; } = Task.CompletedTask;

        public static Listener Start(string url, Action<IReadOnlyList<InboundEvent>>? receive = null)
        {
            var listener = new Listener();
            listener.Ended = Task.Run(() => SlackFixture.Adapter(url).ListenAsync(
                Connection,
                (events, _) =>
                {
                    receive?.Invoke(events);
                    foreach (var one in events)
                    {
                        listener.Received.Enqueue(one);
                    }
                    return Task.CompletedTask;
                },
                listener._stop.Token));
            return listener;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
