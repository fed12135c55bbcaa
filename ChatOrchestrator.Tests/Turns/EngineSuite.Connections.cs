using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>A connection that is off and works again: nobody waits for the end of a rest of minutes.</summary>
public abstract partial class EngineSuite
{
    private IConnectionStore? _connectionStore;

    [StoreFact]
    public async Task What_waits_at_a_connection_that_was_off_is_answered_as_soon_as_it_is_switched_on()
    {
        using var engine = await StartAsync();
        var connection = await StoredConnectionAsync(c => c.Disable(ChangeConnection.SwitchedOff, TimeProvider.System.GetUtcNow()));
        var chats = new[] { await TestChat.OpenAsync(Inbox, connection: connection), await TestChat.OpenAsync(Inbox, connection: connection) };
        foreach (var chat in chats)
        {
            await chat.SayAsync();
            await RestsAsync(chat);
        }

        await ChangeAsync(engine, connection, new ConnectionChange(null, null, null, true));

        await Eventually.TrueAsync(() => chats.All(chat => _platform.Sent.Any(p => p.Chat == chat.Address.Chat)), Deadline, "both are answered");
    }

    [StoreFact]
    public async Task An_answer_that_the_platform_refused_goes_out_as_soon_as_the_token_is_mended()
    {
        using var engine = await StartAsync();
        var connection = await StoredConnectionAsync(_ => { });
        _connections.Disabling = async (id, reason) =>
        {
            await Connections.ChangeAsync(id, c => c.Disable(reason, TimeProvider.System.GetUtcNow()), default);
            await _connections.ChangedAsync(id, default);
        };
        _platform.Send = _ => new DeliveryOutcome.Failed("unauthorized", FailureScope.Connection);
        var chat = await TestChat.OpenAsync(Inbox, connection: connection);
        await chat.SayAsync();
        await RestsAsync(chat);
        (await Connections.FindAsync(connection, default))!.DisabledReason.ShouldBe("unauthorized");

        _platform.Send = Delivered;
        await ChangeAsync(engine, connection, new ConnectionChange(null, new Dictionary<string, string?> { ["botToken"] = "4711:NEW" }, null, null));

        await Eventually.TrueAsync(() => _platform.Sent.Count == 2, Deadline, "the answer is sent once more");
        await DrainAsync(chat);
        _platform.Sent.Count.ShouldBe(2);
    }

    [StoreFact]
    public async Task A_lane_that_is_put_to_rest_just_after_its_connection_was_switched_on_does_not_rest()
    {
        using var engine = await StartAsync();
        var connection = await StoredConnectionAsync(c => c.Disable(ChangeConnection.SwitchedOff, TimeProvider.System.GetUtcNow()));
        // The operator's change is made and no lane rests; this worker has not heard of it.
        await Connections.ChangeAsync(connection, c => c.Enable(TimeProvider.System.GetUtcNow()), default);
        var chat = await TestChat.OpenAsync(Inbox, connection: connection);

        await chat.SayAsync();

        await Eventually.TrueAsync(() => _platform.Sent.Any(p => p.Chat == chat.Address.Chat), Deadline, "the question is answered");
    }

    [StoreFact]
    public async Task A_lane_that_rests_already_is_not_left_so_because_its_lease_is_gone()
    {
        var connection = await StoredConnectionAsync(c => c.Disable(ChangeConnection.SwitchedOff, TimeProvider.System.GetUtcNow()));
        await Connections.ChangeAsync(connection, c => c.Enable(TimeProvider.System.GetUtcNow()), default);
        var chat = await TestChat.OpenAsync(Inbox, connection: connection);
        _connectionStore = Substitute.For<IConnectionStore>();
        using var engine = await StartAsync();
        // The lane was given back; a renewal that comes before the worker has looked at the connection once more finds that.
        _connectionStore.FindAsync(default, default).ReturnsForAnyArgs(call =>
        {
            engine.Services.GetRequiredService<LaneLeases>().Interrupt(new Interrupts(chat.Id, KeepsAnswer: true, null));
            return Connections.FindAsync(connection, call.Arg<CancellationToken>());
        });

        await chat.SayAsync();

        await Eventually.TrueAsync(() => _platform.Sent.Any(p => p.Chat == chat.Address.Chat), Deadline, "the question is answered");
    }

    [StoreFact]
    public async Task What_waits_at_a_connection_goes_on_also_when_the_operator_has_gone_away_after_the_change()
    {
        using var engine = await StartAsync();
        var connection = await StoredConnectionAsync(c => c.Disable(ChangeConnection.SwitchedOff, TimeProvider.System.GetUtcNow()));
        var chat = await TestChat.OpenAsync(Inbox, connection: connection);
        await chat.SayAsync();
        await RestsAsync(chat);
        using var request = new CancellationTokenSource();
        var changing = Substitute.For<IConnectionStore>();
        changing.FindAsync(default, default).ReturnsForAnyArgs(_ => Connections.FindAsync(connection, default));
        changing.ChangeAsync(default, default!, default).ReturnsForAnyArgs(async call =>
        {
            var changed = await Connections.ChangeAsync(connection, call.Arg<Func<PlatformConnection, AuditEntry?>>(), default);
            await request.CancelAsync();
            return changed;
        });

        await ChangeAsync(engine, connection, new ConnectionChange(null, null, null, true), changing, request.Token);

        await Eventually.TrueAsync(() => _platform.Sent.Any(p => p.Chat == chat.Address.Chat), Deadline, "the question is answered");
    }

    private ConnectionStore Connections => new(Store.Database, TimeProvider.System);

    private async Task<ConnectionId> StoredConnectionAsync(Action<PlatformConnection> change)
    {
        var now = TimeProvider.System.GetUtcNow();
        var bot = new Bot("Bot", new AiSettings(), new ProcessingSettings(), now);
        await new BotStore(Store.Database).AddAsync(bot, null, default);
        var connection = new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Test", "{}", "", now);
        change(connection);
        await Connections.AddAsync(connection, null, default);
        _connections.Know(connection, () => Connections.FindAsync(connection.Id, default));
        return connection.Id;
    }

    private Task RestsAsync(TestChat chat) => Eventually.TrueAsync(
        async _ => await LaneAsync(chat) is { LeaseOwner: null, HoldUntil: { } until } && until > TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(2),
        Deadline, "the lane rests for minutes");

    private async Task ChangeAsync(IHost engine, ConnectionId id, ConnectionChange change, IConnectionStore? connections = null, CancellationToken cancellationToken = default)
    {
        var protection = Substitute.For<IConnectionSecrets>();
        protection.Protect(default!).ReturnsForAnyArgs("");
        var platforms = engine.Services.GetRequiredService<ChatOrchestrator.Application.Platforms>();
        var introduce = new IntroduceConnection(platforms, new PublicAddress(null), TimeProvider.System, NullLogger<IntroduceConnection>.Instance);
        await new ChangeConnection(
            new BotStore(Store.Database), connections ?? Connections, protection, platforms, introduce, _connections, engine.Services.GetRequiredService<WakeRestingLanes>(), TimeProvider.System)
            .HandleAsync(id, change, null, new Actor("test"), cancellationToken);
    }
}
