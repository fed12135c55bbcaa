using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Which participants are wanted; null: all.</summary>
/// <param name="UserId">The platform's own id of the user.</param>
/// <param name="Query">A part of the display name or the user name.</param>
/// <param name="Scope">Only those who write to these bots; null: to any.</param>
public sealed record ParticipantFilter(
    BotId? Bot = null, ConnectionId? Connection = null, string? UserId = null, string? Query = null, BotScope? Scope = null);

public sealed record ParticipantView(Participant Participant, BotId Bot, PlatformName Platform);

/// <summary>
/// Proof that a participant was erased. It names nobody: the participant's id was ours alone, and means nothing any more.
/// </summary>
public sealed record ErasureReceipt
{
    /// <summary>A UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required ConnectionId ConnectionId { get; init; }

    /// <summary>Our id of the participant; null: the platform named somebody we did not know.</summary>
    public Guid? ParticipantId { get; init; }

    /// <summary>Who asked for it, as the audit log names callers; <c>platform</c>: the platform passed the user's wish on.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>A JSON object: how many rows of each kind were deleted or emptied.</summary>
    public required string Counts { get; init; }
}

/// <summary>What an erasure did.</summary>
/// <param name="Conversations">Those that are gone or were changed.</param>
public sealed record Erasure(ErasureReceipt Receipt, IReadOnlyList<ConversationId> Conversations);

/// <summary>People, and what is stored of them. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IParticipantStore
{
    /// <summary>In the order in which they were first seen.</summary>
    Task<Page<ParticipantView>> ListAsync(ParticipantFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Whether a participant is known whose name is not.</summary>
    Task<bool> IsNamelessAsync(ConnectionId connection, string userId, CancellationToken cancellationToken);

    /// <summary>Keeps a participant's name, and as the title of conversations with them alone, where there is none.</summary>
    Task NameAsync(ConnectionId connection, string userId, string name, CancellationToken cancellationToken);

    Task<ParticipantView?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Everything that is stored of a participant, piece by piece: <see cref="Participant"/>, <see cref="Conversation"/>,
    /// <see cref="Domain.Messages.Message"/> (of groups only their own; of a conversation with them alone the answers too),
    /// <see cref="Domain.Messages.Suggestion"/>, <see cref="Domain.Messages.DeadLetter"/>, <see cref="Domain.Messages.InboxEvent"/>,
    /// <see cref="Domain.Messages.Insight"/>, <see cref="Domain.Messages.ModerationRecord"/>, <see cref="RememberedSummary"/>.
    /// </summary>
    IAsyncEnumerable<object> ExportAsync(Participant participant, CancellationToken cancellationToken);

    /// <summary>The newest first; of some bots only, those whose connections are still there.</summary>
    Task<Page<ErasureReceipt>> ListErasuresAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken);

    Task<ErasureReceipt?> FindErasureAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>Erases people. Throws <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IErasureStore
{
    /// <summary>
    /// Deletes a participant and the conversations with them alone, and empties their messages in groups, in one commit with
    /// the receipt and a note in the audit log. Null: there is no such participant.
    /// </summary>
    /// <param name="requestedBy">Who asks for it.</param>
    Task<Erasure?> EraseAsync(Guid participant, Actor requestedBy, CancellationToken cancellationToken);
}

/// <summary>What a conversation's memory says, as part of an export.</summary>
public sealed record RememberedSummary(ConversationId ConversationId, string Text, DateTimeOffset UpdatedAt);
