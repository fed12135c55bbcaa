using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Numbers about what was said, from roll-up tables. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IAnalyticsStore
{
    /// <summary>
    /// Adds the next messages to the roll-ups, each exactly once, however many processes try: the place and the numbers are
    /// one commit. What a transaction that is still open may yet add before a message's place is waited for. In the same
    /// commit insights that are new, or say something else than when they were counted, are counted as what they say now.
    /// </summary>
    /// <param name="max">How many places of messages, and how many insights, at most.</param>
    Task<RollUp> RollUpAsync(int max, CancellationToken cancellationToken);

    /// <summary>All in one.</summary>
    Task<AnalyticsNumbers> SummarizeAsync(AnalyticsFilter filter, CancellationToken cancellationToken);

    /// <summary>One for each step of time (and bot, and platform) in which there is anything, in this order.</summary>
    Task<IReadOnlyList<AnalyticsPoint>> SeriesAsync(AnalyticsFilter filter, bool byDay, bool byBot, bool byPlatform, CancellationToken cancellationToken);

    /// <summary>Until when everything is in the roll-ups; null: nothing is yet.</summary>
    Task<DateTimeOffset?> CompleteUntilAsync(CancellationToken cancellationToken);
}

/// <param name="Messages">How many places of messages were dealt with.</param>
/// <param name="HasMore">There is more to do at once.</param>
public readonly record struct RollUp(long Messages, bool HasMore);

/// <summary>Which numbers; null: any.</summary>
/// <param name="FromHour">The first hour, counted from 1970 in UTC.</param>
/// <param name="ToHour">The hour after the last.</param>
public sealed record AnalyticsFilter(BotScope Scope, int FromHour, int ToHour, BotId? Bot = null, PlatformName? Platform = null);

/// <summary>What is counted.</summary>
public sealed record AnalyticsNumbers
{
    /// <summary>Messages of participants.</summary>
    public long Inbound { get; init; }

    /// <summary>Messages of the bot.</summary>
    public long ByBot { get; init; }

    /// <summary>Messages of operators.</summary>
    public long ByAgents { get; init; }

    /// <summary>Participants who wrote; each once.</summary>
    public long ActiveParticipants { get; init; }

    /// <summary>Conversations in which anybody wrote; each once.</summary>
    public long Conversations { get; init; }

    /// <summary>Turns that the model answered.</summary>
    public long Answered { get; init; }

    /// <summary>Turns that failed for good.</summary>
    public long Failed { get; init; }

    /// <summary>Conversations that were given to an operator.</summary>
    public long Handoffs { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>In billionths of the deployment's currency; null: no turn had a known price.</summary>
    public long? CostNanos { get; init; }

    /// <summary>From the stored question to its saved answer.</summary>
    public AnswerTimes AnswerTimes { get; init; }

    /// <summary>What was understood, by intent, the most frequent first; an intent of no message is left out.</summary>
    public IReadOnlyList<IntentNumbers> Intents { get; init; } = [];
}

/// <summary>What was found out about the messages of one intent.</summary>
/// <param name="Intent">A bot's intent, or <see cref="None"/>.</param>
/// <param name="Messages">How many.</param>
/// <param name="ScoreThousandths">The sum of their sentiments (-1 to 1), in thousandths.</param>
public sealed record IntentNumbers(string Intent, long Messages, long Negative, long Neutral, long Positive, long ScoreThousandths, long Low, long Normal, long High)
{
    /// <summary>Messages with none of the bot's intents. No intent has this name.</summary>
    public const string None = "none";

    public IntentNumbers Plus(IntentNumbers o) => new(
        Intent, Messages + o.Messages, Negative + o.Negative, Neutral + o.Neutral, Positive + o.Positive, ScoreThousandths + o.ScoreThousandths, Low + o.Low, Normal + o.Normal, High + o.High);
}

/// <summary>How long answers took, in milliseconds; the shares are exact to a tenth.</summary>
public readonly record struct AnswerTimes(long? AverageMs, long? P50Ms, long? P95Ms);

/// <param name="Hour">The first hour of the step.</param>
public sealed record AnalyticsPoint(int Hour, BotId? Bot, string? Platform, AnalyticsNumbers Numbers);
