using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Ingress;

public sealed class ListenToPlatformsTests : IConnectionDirectory
{
    private readonly ConnectionSnapshot _connection = LearnNamesTests.Connection();
    private readonly FakeTimeProvider _time = new();
    private int _listening;
    private int _begun;

    [Fact]
    public async Task Who_cannot_tell_whether_the_lease_is_theirs_stops_listening_and_begins_anew()
    {
        var connection = _connection;
        var platform = Substitute.For<IPlatformAdapter, IListens>();
        platform.Platform.Returns(connection.Platform);
        ((IListens)platform).Listens(default!).ReturnsForAnyArgs(true);
        ((IListens)platform).ListenAsync(default!, default!, default).ReturnsForAnyArgs(call => ListenAsync(call.Arg<CancellationToken>()));
        var leases = Substitute.For<INamedLeases>();
        var asked = 0;
        // Taken, and then refused for a reason that nobody has thought of.
        leases.TryAcquireAsync(default!, default!, default, default).ReturnsForAnyArgs(_ =>
            Interlocked.Increment(ref asked) == 2 ? throw new InvalidOperationException("25006: cannot execute INSERT in a read-only transaction") : true);
        var platforms = new ChatOrchestrator.Application.Platforms([platform]);
        var signals = new InProcessSignals();
        using var doorbell = new Doorbell(signals, _time);
        using var names = new LearnNames(platforms, Substitute.For<IParticipantStore>(), _time, NullLogger<LearnNames>.Instance);
        var options = Options.Create(new EngineOptions());
        await using var inbox = new Inbox(Substitute.For<IInboxStore>(), Substitute.For<ILaneStore>(), signals, doorbell, platforms, names, options, NullLogger<Inbox>.Instance);
        using var listen = new ListenToPlatforms(
            platforms, this, leases, inbox, WorkerIdentity.Create(), new ConfigurationBuilder().Build(), options, _time, NullLogger<ListenToPlatforms>.Instance);

        await listen.StartAsync(default);
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(3));
                return Volatile.Read(ref _begun) > 1;
            },
            TimeSpan.FromSeconds(60), "it is listened to again");

        Volatile.Read(ref _listening).ShouldBe(1);
        await listen.StopAsync(default);
    }

    Task<IReadOnlyList<ConnectionSnapshot>> IConnectionDirectory.ListAsync(PlatformName platform, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ConnectionSnapshot>>([_connection]);

    ValueTask<ConnectionSnapshot?> IConnectionDirectory.FindAsync(ConnectionId id, CancellationToken cancellationToken) => ValueTask.FromResult<ConnectionSnapshot?>(_connection);

    ValueTask IConnectionDirectory.ChangedAsync(ConnectionId id, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    Task IConnectionDirectory.DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _listening);
        Interlocked.Increment(ref _begun);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _listening);
        }
    }
}
