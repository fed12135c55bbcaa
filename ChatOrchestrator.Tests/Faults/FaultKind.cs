namespace ChatOrchestrator.Tests.Faults;

/// <summary>What can go wrong. Names are what the campaign's table prints.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL; another worker is started.</summary>
    WorkerKilled,

    /// <summary>SIGTERM while sends hang for longer than <c>Engine:DrainSeconds</c>.</summary>
    WorkerStopped,

    /// <summary>SIGSTOP past the lease, then SIGCONT.</summary>
    WorkerFrozen,

    ApiKilled,

    /// <summary>SIGKILL for the API and all workers at once.</summary>
    AllKilled,

    /// <summary>Stopped and started again, empty.</summary>
    RedisRestarted,

    PostgresRestartedFast,

    /// <summary>As a crash: it recovers from its log.</summary>
    PostgresRestartedImmediately,

    /// <summary>Says nothing until the bot's limit.</summary>
    ModelHangs,

    /// <summary>The connection breaks in the middle of the answer.</summary>
    ModelBreaks,

    ModelAnswers429,
    ModelAnswers500,

    /// <summary>With <c>retry_after</c>.</summary>
    PlatformAnswers429,

    PlatformAnswers502,

    /// <summary>The connection breaks when the message was accepted.</summary>
    PlatformBreaks,

    /// <summary>Accepts the message and says nothing until the call's time limit (30 s).</summary>
    PlatformHangs,

    /// <summary>403: "bot was blocked by the user".</summary>
    UserBlocks,
}

public static class FaultKinds
{
    public static readonly IReadOnlyList<FaultKind> Kills = [FaultKind.WorkerKilled, FaultKind.ApiKilled, FaultKind.AllKilled];

    public static readonly IReadOnlyList<FaultKind> OfProcesses =
        [.. Kills, FaultKind.WorkerFrozen, FaultKind.RedisRestarted, FaultKind.PostgresRestartedFast, FaultKind.PostgresRestartedImmediately];

    public static readonly IReadOnlyList<FaultKind> All = Enum.GetValues<FaultKind>();
}
