namespace ChatOrchestrator.Application.Turns;

/// <summary>When the pump last looked for lanes; the health check reads it.</summary>
public sealed class EngineState(TimeProvider time)
{
    private long _lookedAt = time.GetTimestamp();
    private volatile bool _stopped;

    public TimeSpan SinceLastLook => time.GetElapsedTime(Volatile.Read(ref _lookedAt));

    public bool IsStopped => _stopped;

    internal void Looked() => Volatile.Write(ref _lookedAt, time.GetTimestamp());

    internal void Stopped() => _stopped = true;
}
