using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.Platforms.Discord;

/// <summary>The Gateway client against the simulated Gateway: nothing is lost and nothing taken twice, whatever happens to the connection.</summary>
public sealed class DiscordGatewayTests : IAsyncLifetime
{
    private const string UserId = "53908232506183680";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly KeptStates _states = new();
    private SimulatorInstance _simulator = null!;

    public async Task InitializeAsync() =>
        _simulator = await SimulatorInstance.StartAsync(null, "--Simulator:Discord:HeartbeatIntervalMs=500", "--Simulator:Discord:MessagesPerFiveSeconds=0", "--Simulator:Discord:CallsPerSecond=0");

    public async Task DisposeAsync() => await _simulator.DisposeAsync();

    [Fact]
    public async Task Messages_arrive_in_order_and_heartbeats_are_sent()
    {
        await using var listening = await ListenAsync();
        for (var i = 0; i < 150; i++)
        {
            await SayAsync($"m{i}");
        }
        await listening.HasAsync(150);
        listening.Texts.ShouldBe(Enumerable.Range(0, 150).Select(i => $"m{i}"));
        await Eventually.TrueAsync(async _ => (await StatsAsync())["discord.gateway.heartbeat"]?.GetValue<int>() >= 2, Deadline, "heartbeats are sent");
        (await BotAsync())["commands"]!.AsArray().Select(c => c!["name"]!.ToString()).ShouldBe(["ask", "help", "reset", "stop"]);
    }

    [Theory]
    [InlineData("reconnect")]
    [InlineData("drop")]
    [InlineData("close")]
    [InlineData("withhold_acks")]
    [InlineData("invalid_session")]
    public async Task A_connection_that_ends_is_resumed_and_what_was_missed_is_sent_again(string action)
    {
        await using var listening = await ListenAsync();
        await SayAsync("before");
        await listening.HasAsync(1);
        // Said while nobody hears it.
        await DisturbAsync("hold_back");
        await SayAsync("meanwhile");
        await DisturbAsync(action);

        await listening.HasAsync(2);
        await SayAsync("after");
        await listening.HasAsync(3);
        listening.Texts.ShouldBe(["before", "meanwhile", "after"]);
        (await BotAsync())["identifies"]!.GetValue<int>().ShouldBe(1);
        (await StatsAsync())["discord.gateway.resume"]!.GetValue<int>().ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_session_that_is_gone_is_replaced_after_a_pause()
    {
        var clock = Stopwatch.StartNew();
        await using var listening = await ListenAsync();
        await DisturbAsync("forget");
        await Eventually.TrueAsync(async _ => (await BotAsync()) is { } bot && bot["identifies"]!.GetValue<int>() == 2 && bot["connected"]!.GetValue<bool>(), Deadline, "a new session is open");
        // A new session opens seldom: the second IDENTIFY comes five seconds after the first, however much of them the pause after a refused session (one to five seconds) has taken.
        clock.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(5));
        await SayAsync("hello");
        await listening.HasAsync(1);
        listening.Texts.ShouldBe(["hello"]);
    }

    [Fact]
    public async Task What_was_not_stored_is_sent_again_to_the_process_that_listens_next()
    {
        await using (var first = await ListenAsync())
        {
            await SayAsync("stored");
            await first.HasAsync(1);
            first.Refuse = true;
            await SayAsync("not stored");
            await Should.ThrowAsync<StoreUnavailableException>(first.Ended.WaitAsync(Deadline));
            await SayAsync("nobody listens");
        }
        await using var second = await ListenAsync(new Listening());
        await second.HasAsync(2);
        second.Texts.Where(t => t != "stored").ShouldBe(["not stored", "nobody listens"]);
        (await BotAsync())["identifies"]!.GetValue<int>().ShouldBe(1);
    }

    [Theory]
    [InlineData(true, null, "unauthorized")]
    [InlineData(null, false, "disallowed_intents")]
    public async Task A_connection_that_Discord_refuses_for_good_ends_the_listening(bool? revoked, bool? content, string reason)
    {
        await _simulator.ControlAsync(HttpMethod.Put, $"discord/bots/{DiscordFixture.BotId}", new { is_revoked = revoked, allows_message_content = content });
        var listening = new Listening();
        listening.Start(this);
        var refusal = await Should.ThrowAsync<PlatformException>(listening.Ended.WaitAsync(Deadline));
        (refusal.Message, refusal.Permanent).ShouldBe((reason, true));
        await listening.DisposeAsync();
    }

    [Fact]
    public async Task A_token_that_is_revoked_while_we_listen_ends_the_listening()
    {
        await using var listening = await ListenAsync();
        await DisturbAsync("close", 4004);
        (await Should.ThrowAsync<PlatformException>(listening.Ended.WaitAsync(Deadline))).Message.ShouldBe("unauthorized");
    }

    [Fact]
    public async Task Interactions_without_an_endpoint_come_through_the_gateway_and_are_acknowledged()
    {
        await using var listening = await ListenAsync();
        await _simulator.ControlAsync(HttpMethod.Post, "discord/commands", new { bot_id = DiscordFixture.BotId, user_id = UserId, name = "ask", options = new { question = "Why?" } });
        await listening.HasAsync(1);
        var message = listening.Events.OfType<InboundMessage>().ShouldHaveSingleItem();
        (message.Kind, message.Text).ShouldBe((MessageKind.Text, "Why?"));
        await Eventually.TrueAsync(async _ => (await MessagesAsync()).Count == 1, Deadline, "the answer is announced");

        var sent = await listening.Adapter!.SendAsync(
            listening.Connection!, new OutboundPart(Guid.CreateVersion7(), 0, message.Chat, "Because.", null, null, 0) { AnswerVia = message.Content!.AnswerVia }, CancellationToken.None);
        sent.ShouldBeOfType<DeliveryOutcome.Delivered>();
        (await MessagesAsync()).ShouldHaveSingleItem()!["content"]!.ToString().ShouldBe("Because.");
    }

    [Fact]
    public async Task A_part_that_is_sent_twice_appears_once_and_comes_back_as_a_receipt()
    {
        await using var listening = await ListenAsync();
        var chat = new ChatAddress((await SayAsync("hello"))["channel_id"]!.ToString());
        var part = new OutboundPart(Guid.CreateVersion7(), 0, chat, "An answer.", null, null, 0);
        var first = await listening.Adapter!.SendAsync(listening.Connection!, part, CancellationToken.None);
        var second = await listening.Adapter.SendAsync(listening.Connection!, part with { Attempt = 1 }, CancellationToken.None);
        second.ShouldBe(first);
        (await MessagesAsync()).Count.ShouldBe(2);
        await Eventually.TrueAsync(_ => Task.FromResult(listening.Events.OfType<DeliveryReceipt>().Any(r => r.Reference == part.Reference)), Deadline, "the receipt comes");
    }

    [Fact]
    public async Task An_answer_in_the_making_is_edited_into_the_final_one()
    {
        var chat = new ChatAddress((await SayAsync("hello"))["channel_id"]!.ToString());
        await using var adapter = DiscordFixture.Adapter(_simulator.Url);
        var connection = DiscordFixture.Connection($$"""{"streaming":true,"botUserId":"{{DiscordFixture.BotId}}"}""");
        var draft = new AnswerDraft(chat, Guid.CreateVersion7(), Guid.CreateVersion7());
        adapter.Streams(connection).ShouldBeTrue();
        adapter.Stream(connection, draft, "This is **the beginning of an answer that is long enough to be shown before it is finished, as it has more than a hundred characters");
        await Eventually.TrueAsync(async _ => (await MessagesAsync()).Count == 2, Deadline, "the beginning is shown");
        var shown = (await MessagesAsync())[1]!;
        shown["content"]!.ToString().ShouldStartWith("This is **the beginning");

        var sent = await adapter.SendAsync(connection, new OutboundPart(draft.AnswerId, 0, chat, "The **final** answer.", "markdown", null, 0), CancellationToken.None);
        sent.ShouldBe(new DeliveryOutcome.Delivered(shown["id"]!.ToString()));
        var messages = await MessagesAsync();
        (messages.Count, messages[1]!["content"]!.ToString()).ShouldBe((2, "The **final** answer."));
    }

    private async Task<Listening> ListenAsync(Listening? listening = null)
    {
        listening ??= new Listening();
        listening.Start(this);
        await Eventually.TrueAsync(
            async _ => listening.Ended.IsCompleted || ((await BotAsync())["connected"]?.GetValue<bool>() ?? false), Deadline, "the bot is connected");
        return listening;
    }

    private async Task<JsonNode> SayAsync(string text) =>
        (await _simulator.ControlAsync(HttpMethod.Post, "discord/messages", new { bot_id = DiscordFixture.BotId, user_id = UserId, name = "Ada", text }))!;

    private Task<JsonNode?> DisturbAsync(string action, int code = 4000) =>
        _simulator.ControlAsync(HttpMethod.Post, $"discord/bots/{DiscordFixture.BotId}/gateway", new { action, code, resumable = true });

    private async Task<JsonNode> BotAsync() =>
        (await _simulator.ControlAsync(HttpMethod.Get, "discord/bots"))!.AsArray().FirstOrDefault(b => b!["id"]!.ToString() == DiscordFixture.BotId) ?? new JsonObject();

    private async Task<JsonArray> MessagesAsync() =>
        (await _simulator.ControlAsync(HttpMethod.Get, $"discord/messages?botId={DiscordFixture.BotId}&userId={UserId}"))!.AsArray();

    private async Task<JsonNode> StatsAsync() => (await _simulator.ControlAsync(HttpMethod.Get, "stats"))!;

    /// <summary>A process that listens, as far as the Gateway sees.</summary>
    private sealed class Listening : IAsyncDisposable
    {
        private static readonly Domain.Bots.ConnectionId Id = Domain.Bots.ConnectionId.New();

        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<InboundEvent> _events = new();

        public Infrastructure.Platforms.Discord.DiscordAdapter? Adapter { get; private set; }

        public ConnectionSnapshot? Connection { get; private set; }

        public Task Ended { get; private set; } = Task.CompletedTask;

        /// <summary>The store is down.</summary>
        public bool Refuse { get; set; }

        public IReadOnlyList<InboundEvent> Events => [.. _events];

        public IEnumerable<string> Texts => Events.OfType<InboundMessage>().Select(m => m.Text);

        public void Start(DiscordGatewayTests test)
        {
            var connection = DiscordFixture.Connection();
            Connection = new ConnectionSnapshot
            {
                Id = Id,
                Platform = connection.Platform,
                DisplayName = connection.DisplayName,
                Settings = connection.Settings,
                Secrets = connection.Secrets,
                Bot = connection.Bot,
            };
            Adapter = DiscordFixture.Adapter(test._simulator.Url, states: test._states);
            Ended = Adapter.ListenAsync(Connection, ReceiveAsync, _stop.Token);
        }

        public Task HasAsync(int messages) =>
            Eventually.TrueAsync(_ => Task.FromResult(Texts.Count() >= messages), Deadline, $"{messages} messages arrive");

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private Task ReceiveAsync(IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken)
        {
            if (Refuse)
            {
                throw new StoreUnavailableException(new TimeoutException());
            }
            foreach (var inbound in events)
            {
                _events.Enqueue(inbound);
            }
            return Task.CompletedTask;
        }
    }
}
