using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Deletes what is old, few rows at a time. Every call is one short commit; all throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IRetentionStore
{
    /// <summary>The bots that keep messages for a limited time.</summary>
    Task<IReadOnlyList<ForgetfulBot>> ListBotsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a bot's messages that are older than <paramref name="before"/>, with their parts, turns, timelines and dead
    /// letters: of each conversation of a slice the oldest ones, up to the first that waits, is not delivered or is not old.
    /// </summary>
    Task<RetentionBatch> DeleteMessagesAsync(BotId bot, DateTimeOffset before, RetentionSlice slice, CancellationToken cancellationToken);

    /// <summary>Deletes what the bot's platforms told before <paramref name="before"/> beside messages, at most <paramref name="rows"/> per connection.</summary>
    /// <returns>How many.</returns>
    Task<int> DeleteEventsAsync(BotId bot, DateTimeOffset before, int rows, CancellationToken cancellationToken);
}

/// <summary>A bot whose messages are deleted.</summary>
/// <param name="Days">How old they become.</param>
public readonly record struct ForgetfulBot(BotId Id, int Days);

/// <summary>Which conversations are looked at.</summary>
/// <param name="After">The one before the first, in the order of their ids.</param>
/// <param name="Conversations">How many.</param>
/// <param name="Messages">How many messages of each.</param>
public readonly record struct RetentionSlice(ConversationId After, int Conversations, int Messages);

/// <summary>What was deleted.</summary>
/// <param name="Messages">How many messages.</param>
/// <param name="Last">The slice's last conversation; null: it was the bot's last slice.</param>
/// <param name="HasMore">The same slice may hold more that is old.</param>
public readonly record struct RetentionBatch(int Messages, ConversationId? Last, bool HasMore);
