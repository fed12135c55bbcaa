using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace ChatOrchestrator.Tests.Notifications;

/// <summary>The loop that delivers, on a store that misbehaves.</summary>
public sealed class DeliverNotificationsTests
{
    [Fact]
    public async Task Old_notifications_that_cannot_be_deleted_end_nothing()
    {
        var outbox = Substitute.For<INotificationOutbox>();
        outbox.ClaimAsync(default, default, default!, default, default).ReturnsForAnyArgs([]);
        outbox.DeleteSettledAsync(default, default).ThrowsAsyncForAnyArgs(new InvalidOperationException("broken"));
        using var deliver = new DeliverNotifications(
            outbox,
            [],
            Substitute.For<IConnectionSecrets>(),
            Substitute.For<ISignals>(),
            Options.Create(new NotificationOptions { PollMs = 10 }),
            Options.Create(new EngineOptions()),
            TimeProvider.System,
            NullLogger<DeliverNotifications>.Instance);

        await deliver.StartAsync(default);

        await Eventually.TrueAsync(
            () => deliver.ExecuteTask!.IsCompleted || outbox.ReceivedCalls().Count(call => call.GetMethodInfo().Name == nameof(INotificationOutbox.ClaimAsync)) > 2,
            TimeSpan.FromSeconds(20),
            "it goes on to look");
        deliver.ExecuteTask!.IsCompleted.ShouldBeFalse();
        await deliver.StopAsync(default);
    }
}
