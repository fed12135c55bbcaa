using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Simulator;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.ApiService;

public sealed class ConnectionHealthTests
{
    private const long Bot = 1001;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_operator_sees_credentials_webhook_last_event_and_last_error_of_the_connections_of_their_bots()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var settings = ApiProcess.Settings();
        settings["Platforms__Telegram__ApiBaseUrl"] = simulator.Url;
        settings["Platforms__Meta__ApiBaseUrl"] = simulator.Url;
        settings["PublicUrl"] = "https://chat.example";
        var process = await ApiProcess.StartAsync(settings);
        await using var service = process.Service;
        await simulator.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { });
        var bot = await process.CreateBotAsync();
        var telegram = (await process.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = $"{Bot}:token" } })).Ok().Id();
        var webchat = (await process.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();
        var whatsapp = (await process.PostAsync($"api/v1/bots/{bot}/connections", new
        {
            platform = "whatsapp",
            secrets = new { accessToken = "EAAGhealth", appSecret = "a", verifyToken = "v" },
            settings = new { phoneNumberId = "106540352211111" },
        })).Ok().Id();

        var health = await HealthAsync(process);

        var (one, two, three) = (health[telegram], health[webchat], health[whatsapp]);
        (Text(one, "status"), Text(one, "token"), Text(one.GetProperty("webhook"), "state")).ShouldBe(("ok", "valid", "registered"));
        one.GetProperty("webhook").GetProperty("waiting").GetInt32().ShouldBe(0);
        (Text(two, "status"), Text(two, "token"), Text(two.GetProperty("webhook"), "state")).ShouldBe(("ok", "not_used", "not_used"));
        // Meta could not verify the address, which nobody serves.
        (Text(three, "status"), Text(three, "token"), Text(three.GetProperty("webhook"), "state")).ShouldBe(("down", "valid", "missing"));
        one.ToString().ShouldNotContain($"{Bot}:token");

        // Something comes in, and somebody takes the webhook away.
        var visitor = await WebChatVisitor.OpenAsync(process, webchat);
        (await visitor.SayAsync("Hello", "c1")).Ok();
        await simulator.BotAsync(Bot, "setWebhook", new { url = "https://elsewhere.example/hook" });
        (await process.SendAsync(HttpMethod.Patch, $"api/v1/connections/{telegram}", new { displayName = "Renamed" })).Ok();
        await Eventually.TrueAsync(
            async _ =>
            {
                health = await HealthAsync(process);
                return Text(health[telegram].GetProperty("webhook"), "state") == "elsewhere";
            },
            Deadline,
            "the change is seen");
        Text(health[telegram], "status").ShouldBe("down");
        health[webchat].GetProperty("lastEventAt").GetDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(5));

        // Somebody limited to another bot sees none of it.
        var other = await process.CreateBotAsync("Another");
        var key = (await process.PostAsync("api/v1/api-keys", new { name = "Other", role = "viewer", botIds = new[] { other } })).Ok().Json.GetProperty("key").GetString()!;
        (await process.GetAsync("api/v1/health/connections", ("X-Api-Key", key))).Ok().Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_platform_is_asked_once_however_many_look_and_again_when_the_answer_is_old()
    {
        var asked = 0;
        using var stage = new Stage(() =>
        {
            asked++;
            return Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());
        });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stage.ReadAsync()));
        asked.ShouldBe(1);
        stage.Time.Advance(ReadConnectionHealth.Freshness);
        (await stage.ReadAsync()).Token.ShouldBe(TokenState.Valid);
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_platform_that_refuses_or_cannot_be_reached_is_said_so()
    {
        using var refusing = new Stage(() => throw new PlatformException("unauthorized", permanent: true));
        var refused = await refusing.ReadAsync();
        (refused.Status, refused.Token, refused.TokenError).ShouldBe(("down", TokenState.Refused, "unauthorized"));

        using var away = new Stage(() => throw new PlatformException("unreachable", permanent: false));
        var unreachable = await away.ReadAsync();
        (unreachable.Status, unreachable.Token, unreachable.TokenError).ShouldBe(("degraded", TokenState.Unknown, "unreachable"));
    }

    [Fact]
    public async Task In_one_process_it_is_seen_who_listens_and_until_when()
    {
        using var stage = new Stage(() => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>()));
        (await stage.ReadAsync()).Listener.ShouldBeNull();

        await stage.ListenAsync("embedded", TimeSpan.FromSeconds(30));
        (await stage.ReadAsync()).Listener.ShouldBe("embedded");
        stage.Time.Advance(TimeSpan.FromSeconds(31));
        (await stage.ReadAsync()).Listener.ShouldBeNull();

        await stage.ListenAsync("embedded", TimeSpan.FromSeconds(30));
        await stage.EndAsync("another");
        (await stage.ReadAsync()).Listener.ShouldBe("embedded");
        await stage.EndAsync("embedded");
        (await stage.ReadAsync()).Listener.ShouldBeNull();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task<Dictionary<string, JsonElement>> HealthAsync(ApiProcess api) =>
        (await api.GetAsync("api/v1/health/connections")).Ok().Json.GetProperty("items").EnumerateArray().ToDictionary(c => c.GetProperty("connectionId").GetString()!);

    /// <summary>One connection of a platform that is asked about its credentials.</summary>
    private sealed class Stage : IDisposable
    {
        private readonly ReadConnectionHealth _read;
        private readonly InProcessNamedLeases _leases;
        private readonly string _lease;

        public Stage(Func<Task<IReadOnlyDictionary<string, string>>> describe)
        {
            var adapter = Substitute.For<IPlatformAdapter, IDescribesConnection, IListens>();
            adapter.Platform.Returns(PlatformName.From("telegram"));
            ((IDescribesConnection)adapter).DescribeAsync(default!, default).ReturnsForAnyArgs(_ => describe());
            var connection = new ConnectionSnapshot
            {
                Id = ConnectionId.New(),
                Platform = adapter.Platform,
                DisplayName = "Test",
                Settings = JsonDocument.Parse("{}").RootElement,
                Secrets = new Dictionary<string, string>(),
                Bot = new BotSnapshot(BotId.New(), "Test", new AiSettings(), new ProcessingSettings(), 1),
            };
            var store = Substitute.For<IConnectionHealthStore>();
            store.ListAsync(default!, default!, default).ReturnsForAnyArgs(new Page<ConnectionRecord>([new ConnectionRecord(connection.Id, connection.Bot.Id, null, null)], null));
            var directory = Substitute.For<IConnectionDirectory>();
            directory.FindAsync(connection.Id, Arg.Any<CancellationToken>()).Returns(connection);
            _leases = new InProcessNamedLeases(Time);
            _lease = ListenerLease.NameOf(adapter, connection);
            _read = new ReadConnectionHealth(store, _leases, directory, new Application.Platforms([adapter]), new PublicAddress(null), Time);
        }

        public FakeTimeProvider Time { get; } = new();

        public void Dispose() => _read.Dispose();

        public Task<bool> ListenAsync(string process, TimeSpan time) => _leases.TryAcquireAsync(_lease, process, time, default);

        public Task EndAsync(string process) => _leases.ReleaseAsync(_lease, process, default);

        public async Task<ConnectionHealth> ReadAsync() => (await _read.HandleAsync(new PageRequest(10, null), BotScope.All, default)).Items.ShouldHaveSingleItem();
    }
}
