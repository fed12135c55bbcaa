using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Watching;

/// <summary>Which lanes do not get on, and why, in plain words.</summary>
public sealed class ReadStuckLanes(ILaneWatch watch, Platforms platforms, IOptions<EngineOptions> options)
{
    /// <summary>From so many failed attempts at one turn on a lane counts as stuck.</summary>
    private const int ManyAttempts = 3;

    public Task<IReadOnlyList<StuckLane>> HandleAsync(int max, BotScope scope, CancellationToken cancellationToken)
    {
        var engine = options.Value;
        var limits = new StuckLimits(TimeSpan.FromSeconds(engine.StuckSeconds), TimeSpan.FromSeconds(engine.HeldSeconds), ManyAttempts, [.. platforms.Names], scope.Only);
        return watch.FindStuckAsync(limits, max, cancellationToken);
    }

    /// <summary>The reason as a stable word.</summary>
    public static string Word(StuckReason reason) => reason switch
    {
        StuckReason.NotTaken => "not_taken",
        StuckReason.NotTakenOver => "not_taken_over",
        StuckReason.HeldTooLong => "held_too_long",
        StuckReason.KeepsFailing => "keeps_failing",
        StuckReason.ConnectionDisabled => "connection_disabled",
        StuckReason.ConnectionMissing => "connection_missing",
        _ => "platform_missing",
    };

    /// <summary>The reason for a reader, and what to do about it.</summary>
    public static string Explain(StuckLane lane) => lane.Reason switch
    {
        StuckReason.NotTaken => "It is due, but no worker takes it: no worker runs, or all of them are full.",
        StuckReason.NotTakenOver => $"Worker {lane.Worker} let its lease run out, and no other worker has taken the lane over: no worker runs, or all of them are full.",
        StuckReason.HeldTooLong => $"Worker {lane.Worker} holds and renews it for longer than any turn may take. Restart that worker; another one then takes the lane over.",
        StuckReason.KeepsFailing => $"Its turn has failed {lane.Attempts} times. The timeline of the waiting message has the reason; it becomes a dead letter after the bot's maxAttempts.",
        StuckReason.ConnectionDisabled => $"Its connection is disabled ({lane.Detail}). Correct and enable the connection; what waits is then answered.",
        StuckReason.ConnectionMissing => "Its connection was deleted: what waits can not be answered any more.",
        _ => $"This build has no platform '{lane.Detail}'. Run a build that has it, or delete the connection.",
    };
}
