namespace ChatOrchestrator.Domain.Conversations;

/// <summary>Identifies a <see cref="Conversation"/> and its lane; a UUIDv7.</summary>
public readonly record struct ConversationId(Guid Value)
{
    public static ConversationId New() => new(Guid.CreateVersion7());

    public static bool operator <(ConversationId left, ConversationId right) => left.Value < right.Value;

    public static bool operator >(ConversationId left, ConversationId right) => left.Value > right.Value;

    public override string ToString() => Value.ToString();
}
