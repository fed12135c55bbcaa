using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Pacing;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Pacing;

public sealed class PacerTests
{
    private static readonly Pace Documented = new(ChatPerSecond: 1, ConnectionPerSecond: 30);

    private readonly FakeTimeProvider _time = new();
    private readonly InProcessSignals _signals = new();
    private readonly InProcessTokenBuckets _buckets;

    public PacerTests() => _buckets = new InProcessTokenBuckets(_time);

    [Fact]
    public async Task Nothing_is_held_back_as_long_as_the_platform_takes_everything()
    {
        await using var pacer = new Pacer(_buckets, _signals, _time);
        var connection = Connection("{}");
        for (var i = 0; i < 100; i++)
        {
            (await pacer.ReserveAsync(connection, Documented, "1", default)).ShouldBe(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_refusal_closes_the_chat_and_paces_the_connection_in_every_replica_for_a_minute()
    {
        await using var here = new Pacer(_buckets, _signals, _time);
        await using var there = new Pacer(_buckets, _signals, _time);
        var connection = Connection("{}");
        await here.ThrottledAsync(connection, "1", TimeSpan.FromSeconds(20), default);

        (await there.ReserveAsync(connection, Documented, "1", default)).ShouldBeGreaterThan(TimeSpan.FromSeconds(15));
        (await there.ReserveAsync(connection, Documented, "2", default)).ShouldBe(TimeSpan.Zero);
        (await there.ReserveAsync(connection, Documented, "2", default)).ShouldBeGreaterThan(TimeSpan.Zero);
        (await there.ReserveAsync(Connection("{}"), Documented, "2", default)).ShouldBe(TimeSpan.Zero, "another connection is not concerned");

        _time.Advance(TimeSpan.FromSeconds(61));
        for (var i = 0; i < 5; i++)
        {
            (await there.ReserveAsync(connection, Documented, "2", default)).ShouldBe(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_connection_can_always_be_paced_or_never()
    {
        await using var pacer = new Pacer(_buckets, _signals, _time);
        var always = Connection("""{"pacing":{"mode":"always","chatPerSecond":1}}""");
        (await pacer.ReserveAsync(always, Documented, "1", default)).ShouldBe(TimeSpan.Zero);
        (await pacer.ReserveAsync(always, Documented, "1", default)).ShouldBeGreaterThan(TimeSpan.Zero);

        var never = Connection("""{"pacing":{"mode":"off"}}""");
        await pacer.ThrottledAsync(never, "1", TimeSpan.FromSeconds(20), default);
        (await pacer.ReserveAsync(never, Documented, "2", default)).ShouldBe(TimeSpan.Zero);
        (await pacer.ReserveAsync(never, Documented, "2", default)).ShouldBe(TimeSpan.Zero);
    }

    private static ConnectionSnapshot Connection(string settings) => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("telegram"),
        DisplayName = "Test",
        Settings = JsonDocument.Parse(settings).RootElement,
        Secrets = new Dictionary<string, string>(),
        Bot = new BotSnapshot(BotId.New(), "Bot", new AiSettings(), new ProcessingSettings(), 1),
    };
}
