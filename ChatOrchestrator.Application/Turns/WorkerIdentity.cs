namespace ChatOrchestrator.Application.Turns;

/// <summary>This process's name in leases: the host, the process and something random, so that a restart is another worker.</summary>
public sealed record WorkerIdentity(string Name)
{
    public static WorkerIdentity Create() =>
        new($"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}");
}
