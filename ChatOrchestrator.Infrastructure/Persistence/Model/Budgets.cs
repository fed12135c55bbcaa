using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>What a bot, or one participant of it, has spent on a day.</summary>
public sealed class BudgetDay
{
    /// <summary>The bot, or the participant.</summary>
    public Guid OwnerId { get; init; }

    /// <summary>Of UTC.</summary>
    public DateOnly Day { get; init; }

    public BotId BotId { get; init; }

    /// <summary>In billionths of the currency.</summary>
    public long SpentNanos { get; init; }

    public long SpentTokens { get; init; }
}

/// <summary>
/// What is set aside for a call that runs. Settling deletes the row and adds what the call has used to its days, once:
/// whoever finds no row has been settled before.
/// </summary>
public sealed class BudgetReservation
{
    public Guid Id { get; init; }

    public BotId BotId { get; init; }

    /// <summary>Null: nobody in particular.</summary>
    public Guid? ParticipantId { get; init; }

    public ConversationId ConversationId { get; init; }

    public DateOnly Day { get; init; }

    public long Nanos { get; init; }

    public long Tokens { get; init; }

    /// <summary>From then on it counts no more: its worker has died.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}
