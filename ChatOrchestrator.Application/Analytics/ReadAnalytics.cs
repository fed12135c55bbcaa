using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Analytics;

/// <summary>What is asked: whole hours of UTC that hold the given times.</summary>
public sealed record AnalyticsQuery(BotScope Scope, DateTimeOffset? From, DateTimeOffset? To, BotId? Bot, string? Platform);

/// <param name="From">The first hour's beginning.</param>
/// <param name="To">The last hour's end.</param>
/// <param name="CompleteUntil">What happened before this is in the numbers; null: nothing is yet.</param>
public sealed record AnalyticsAnswer<T>(DateTimeOffset From, DateTimeOffset To, DateTimeOffset? CompleteUntil, T Numbers);

/// <summary>Numbers about what was said: from roll-ups, so it costs the same whatever is stored.</summary>
public sealed class ReadAnalytics(IAnalyticsStore store, TimeProvider time)
{
    /// <summary>The longest time for which hours are told one by one.</summary>
    public const int MaxDaysByHour = 31;

    /// <summary>The longest time that numbers are asked for.</summary>
    public const int MaxDays = 400;

    private const int DefaultDays = 30;

    // Far from where the calendar ends, so that no rounding leaves it.
    private const int FirstYear = 1970;
    private const int LastYear = 9_000;

    /// <exception cref="InvalidInputException">The times are in the wrong order, or too far apart; there is no such platform.</exception>
    public async Task<AnalyticsAnswer<AnalyticsNumbers>> SummarizeAsync(AnalyticsQuery query, CancellationToken cancellationToken)
    {
        var filter = Filter(query, MaxDays);
        return await AnswerAsync(filter, await store.SummarizeAsync(filter, cancellationToken), cancellationToken);
    }

    /// <exception cref="InvalidInputException">The times are in the wrong order, or too far apart; there is no such platform.</exception>
    public async Task<AnalyticsAnswer<IReadOnlyList<AnalyticsPoint>>> SeriesAsync(AnalyticsQuery query, bool byDay, bool byBot, bool byPlatform, CancellationToken cancellationToken)
    {
        var filter = Filter(query, byDay ? MaxDays : MaxDaysByHour);
        return await AnswerAsync(filter, await store.SeriesAsync(filter, byDay, byBot, byPlatform, cancellationToken), cancellationToken);
    }

    private async Task<AnalyticsAnswer<T>> AnswerAsync<T>(AnalyticsFilter filter, T numbers, CancellationToken cancellationToken) =>
        new(AnalyticsHours.BeginningOf(filter.FromHour), AnalyticsHours.BeginningOf(filter.ToHour), await store.CompleteUntilAsync(cancellationToken), numbers);

    private AnalyticsFilter Filter(AnalyticsQuery query, int maxDays)
    {
        var to = query.To ?? time.GetUtcNow();
        if (to.Year is < FirstYear or > LastYear)
        {
            throw new InvalidInputException("to", $"to lies in the years {FirstYear} to {LastYear}.");
        }
        var from = query.From ?? to - TimeSpan.FromDays(Math.Min(DefaultDays, maxDays));
        if (from >= to)
        {
            throw new InvalidInputException("from", "from must lie before to.");
        }
        if (to - from > TimeSpan.FromDays(maxDays))
        {
            throw new InvalidInputException("from", $"from and to are at most {maxDays} days apart here.");
        }
        var platform = string.IsNullOrEmpty(query.Platform) ? (PlatformName?)null : PlatformName.From(query.Platform);
        return new AnalyticsFilter(query.Scope, AnalyticsHours.Of(from), AnalyticsHours.Of(to - TimeSpan.FromTicks(1)) + 1, query.Bot, platform);
    }
}
