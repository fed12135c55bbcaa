namespace ChatOrchestrator.Domain.Bots;

/// <summary>Identifies a <see cref="PlatformConnection"/>; part of its webhook address.</summary>
public readonly record struct ConnectionId(Guid Value)
{
    public static ConnectionId New() => new(Guid.CreateVersion7());

    public static bool operator <(ConnectionId left, ConnectionId right) => left.Value < right.Value;

    public static bool operator >(ConnectionId left, ConnectionId right) => left.Value > right.Value;

    public override string ToString() => Value.ToString();
}
