using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// What bots and their participants have spent, exact to the smallest unit however many processes spend at once. What a call
/// may use is set aside before it; what it has used is added after it, once, in the commit of its turn
/// (<see cref="TurnCommit.Charge"/>). All throw <see cref="StoreUnavailableException"/> when the store is down.
/// </summary>
public interface IBudgetStore
{
    /// <summary>Sets aside, or says which limit stands in the way. What an earlier attempt in the same conversation had set aside is free again.</summary>
    Task<BudgetLimit> ReserveAsync(BudgetRequest request, CancellationToken cancellationToken);

    /// <summary>Adds what a call has used whose turn could not be saved. Without effect when its reservation was settled before.</summary>
    Task SettleAsync(BudgetCharge charge, CancellationToken cancellationToken);

    /// <summary>
    /// Counts a call that was made beside the turns: settles what was set aside for it, and adds it to the numbers of the
    /// analytics, in one commit. Without effect when its reservation was settled before.
    /// </summary>
    Task SpendAsync(CallSpending spending, CancellationToken cancellationToken);

    /// <summary>What a bot has spent on a day, and what is set aside now.</summary>
    Task<BudgetSpending> ReadAsync(BotId bot, DateOnly day, CancellationToken cancellationToken);
}

/// <summary>A call that is about to be made.</summary>
/// <param name="Id">Of the reservation.</param>
/// <param name="Participant">Whose question it is; null: nobody's in particular.</param>
/// <param name="Day">Of UTC.</param>
/// <param name="Nanos">What it may cost, in billionths of the currency.</param>
/// <param name="Tokens">How many tokens it may use.</param>
/// <param name="Life">After how long it counts no more, should its worker die.</param>
/// <param name="OfBot">What the bot may spend on the day.</param>
/// <param name="OfParticipant">What is spent on the participant.</param>
public sealed record BudgetRequest(
    Guid Id, BotId Bot, Guid? Participant, ConversationId Conversation, DateOnly Day, long Nanos, long Tokens, TimeSpan Life, BudgetAmounts OfBot, BudgetAmounts OfParticipant);

/// <summary>Limits; null: none.</summary>
public readonly record struct BudgetAmounts(long? Nanos, long? Tokens);

/// <summary>What a call beside the turns has used.</summary>
/// <param name="Reservation">Null: nothing was set aside for it, and the bot's budget has no part in it.</param>
/// <param name="Nanos">Null: no price is known.</param>
/// <param name="Note">What is said of it in a message's timeline, in the same commit; null: nothing.</param>
public sealed record CallSpending(Guid? Reservation, BotId Bot, PlatformName Platform, ModelUsage Usage, long? Nanos, SpendingNote? Note = null);

/// <summary>A line <c>charged</c> in the timeline of a message, if that is still there.</summary>
public sealed record SpendingNote(ConversationId Conversation, Guid Message, string Detail);

/// <summary>What a call has used.</summary>
public readonly record struct BudgetCharge(Guid Reservation, long Nanos, long Tokens);

/// <summary>What was spent, and what is set aside for calls that run.</summary>
public readonly record struct BudgetSpending(long Nanos, long Tokens, long ReservedNanos, long ReservedTokens);

/// <summary>The limit that a call would exceed.</summary>
public enum BudgetLimit
{
    None = 0,
    BotCost = 1,
    BotTokens = 2,
    ParticipantCost = 3,
    ParticipantTokens = 4,

    /// <summary>A model has no price, so that nobody knows what a call costs.</summary>
    Unpriced = 5,
}
