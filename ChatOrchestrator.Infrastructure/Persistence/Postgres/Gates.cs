using System.Buffers.Binary;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>The keys of the conversations' gates (<see cref="PostgresInboxStatements.Gate"/>). Two conversations that share one only wait for each other.</summary>
internal static class Gates
{
    /// <summary>The random half of the id.</summary>
    public static long KeyOf(ConversationId conversation)
    {
        Span<byte> bytes = stackalloc byte[16];
        conversation.Value.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
    }
}
