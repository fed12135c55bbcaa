using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>What was understood in one step of time with one bot on one platform, of one intent.</summary>
internal sealed record IntentSums(int Slot, BotId Bot, PlatformName Platform, IntentNumbers Numbers);

/// <summary>Reads the roll-ups of insights.</summary>
internal static class InsightQueries
{
    public static async Task<List<IntentSums>> SumIntentsAsync(this ChatDbContext db, AnalyticsFilter filter, int step, CancellationToken cancellationToken)
    {
        var rows = await Insights(db, filter).GroupBy(i => new { Slot = i.Hour / step, i.BotId, i.Platform, i.Intent }).Select(g => new
        {
            g.Key.Slot,
            g.Key.BotId,
            g.Key.Platform,
            g.Key.Intent,
            Messages = g.Sum(i => i.Messages),
            Negative = g.Sum(i => i.Negative),
            Neutral = g.Sum(i => i.Neutral),
            Positive = g.Sum(i => i.Positive),
            Score = g.Sum(i => i.Score),
            Low = g.Sum(i => i.Low),
            Normal = g.Sum(i => i.Normal),
            High = g.Sum(i => i.High),
        }).ToListAsync(cancellationToken);
        // What was judged anew may leave an intent of no message behind.
        return
        [
            .. rows.Where(r => r.Messages > 0).Select(r => new IntentSums(
                r.Slot, r.BotId, r.Platform, new IntentNumbers(r.Intent, r.Messages, r.Negative, r.Neutral, r.Positive, r.Score, r.Low, r.Normal, r.High))),
        ];
    }

    public static IReadOnlyList<IntentNumbers> Together(IEnumerable<IntentSums> sums) =>
    [
        .. sums.GroupBy(s => s.Numbers.Intent, s => s.Numbers).Select(g => g.Aggregate((a, b) => a.Plus(b)))
            .OrderByDescending(i => i.Messages).ThenBy(i => i.Intent, StringComparer.Ordinal),
    ];

    private static IQueryable<AnalyticsInsight> Insights(ChatDbContext db, AnalyticsFilter filter)
    {
        var (from, to) = (filter.FromHour, filter.ToHour);
        var insights = db.AnalyticsInsights.AsNoTracking().Where(i => i.Hour >= from && i.Hour < to);
        if (filter.Scope.Only is { } only)
        {
            insights = insights.Where(i => only.Contains(i.BotId));
        }
        if (filter.Bot is { } bot)
        {
            insights = insights.Where(i => i.BotId == bot);
        }
        if (filter.Platform is { } platform)
        {
            insights = insights.Where(i => i.Platform == platform);
        }
        return insights;
    }
}
