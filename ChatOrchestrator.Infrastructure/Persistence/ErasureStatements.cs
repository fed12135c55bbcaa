namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>
/// Deletes a participant and the conversations with them alone, in one transaction. The lanes go first: who works on one
/// is refused from then on. Both stores run the same text.
/// </summary>
internal static class ErasureStatements
{
    private const string Conversations = "(SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND NOT is_group)";

    private const string Messages = $"(SELECT id FROM messages WHERE conversation_id IN {Conversations})";

    /// <summary>$1 connection, $2 user; in this order.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        $"DELETE FROM lanes WHERE conversation_id IN {Conversations}",
        $"DELETE FROM parts WHERE message_id IN {Messages}",
        $"DELETE FROM timeline_events WHERE message_id IN {Messages}",
        $"DELETE FROM dead_letters WHERE message_id IN {Messages}",
        $"DELETE FROM suggestions WHERE conversation_id IN {Conversations}",
        $"DELETE FROM turns WHERE conversation_id IN {Conversations}",
        $"DELETE FROM messages WHERE conversation_id IN {Conversations}",
        "DELETE FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND NOT is_group",
        "DELETE FROM participants WHERE connection_id = $1 AND user_id = $2",
    ];
}
