namespace ChatOrchestrator.Domain.Bots;

/// <summary>Identifies a <see cref="Bot"/>; a UUIDv7, so that ids sort by creation.</summary>
public readonly record struct BotId(Guid Value)
{
    public static BotId New() => new(Guid.CreateVersion7());

    public static bool operator <(BotId left, BotId right) => left.Value < right.Value;

    public static bool operator >(BotId left, BotId right) => left.Value > right.Value;

    public override string ToString() => Value.ToString();
}
