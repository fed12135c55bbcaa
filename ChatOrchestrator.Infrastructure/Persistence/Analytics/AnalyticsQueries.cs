using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>Reads the roll-ups: ranges of their keys, never messages.</summary>
internal static class AnalyticsQueries
{
    private const int HoursPerDay = 24;

    /// <summary>A step that no time is longer than.</summary>
    private const int WholeTime = int.MaxValue;

    public static async Task<AnalyticsNumbers> SummarizeAsync(ChatDbContext db, AnalyticsFilter filter, CancellationToken cancellationToken)
    {
        var sums = await SumAsync(Hours(db, filter), WholeTime, cancellationToken);
        var times = await Times(db, filter).GroupBy(t => t.Bucket).Select(g => new { Bucket = g.Key, Answers = g.Sum(t => t.Answers) }).ToListAsync(cancellationToken);
        return Numbers(
            sums,
            times.Select(t => new BucketCount(t.Bucket, t.Answers)),
            await db.SumIntentsAsync(filter, WholeTime, cancellationToken),
            await ActiveAsync(db, filter, AnalyticsActive.Participant, cancellationToken),
            await ActiveAsync(db, filter, AnalyticsActive.Conversation, cancellationToken));
    }

    public static async Task<IReadOnlyList<AnalyticsPoint>> SeriesAsync(ChatDbContext db, AnalyticsFilter filter, bool byDay, bool byBot, bool byPlatform, CancellationToken cancellationToken)
    {
        var step = byDay ? HoursPerDay : 1;
        // A series by day has whole days.
        var wide = filter with { FromHour = filter.FromHour / step * step, ToHour = (filter.ToHour + step - 1) / step * step };
        var sums = await SumAsync(Hours(db, wide), step, cancellationToken);
        var times = await Times(db, wide).GroupBy(t => new { Slot = t.Hour / step, t.BotId, t.Platform, t.Bucket })
            .Select(g => new { g.Key.Slot, g.Key.BotId, g.Key.Platform, g.Key.Bucket, Answers = g.Sum(t => t.Answers) }).ToListAsync(cancellationToken);
        // Within one step everybody stands once, and belongs to one connection: the numbers can be added.
        var grain = byDay ? AnalyticsActive.ByDay : AnalyticsActive.ByHour;
        var actives = await Actives(db, wide, grain, wide.FromHour / step, wide.ToHour / step).GroupBy(a => new { a.Kind, a.Slot, a.BotId, a.Platform })
            .Select(g => new { g.Key.Kind, g.Key.Slot, g.Key.BotId, g.Key.Platform, Count = g.LongCount() }).ToListAsync(cancellationToken);

        var sumsOf = sums.ToLookup(s => Key(s.Slot, s.Bot, s.Platform));
        var timesOf = times.ToLookup(t => Key(t.Slot, t.BotId, t.Platform), t => new BucketCount(t.Bucket, t.Answers));
        var activesOf = actives.ToLookup(a => Key(a.Slot, a.BotId, a.Platform));
        var intentsOf = (await db.SumIntentsAsync(wide, step, cancellationToken)).ToLookup(i => Key(i.Slot, i.Bot, i.Platform));
        return
        [
            .. sumsOf.Select(g => g.Key).Union(activesOf.Select(g => g.Key)).Union(intentsOf.Select(g => g.Key))
                .OrderBy(k => k.Slot).ThenBy(k => k.Bot?.Value).ThenBy(k => k.Platform, StringComparer.Ordinal)
                .Select(key => new AnalyticsPoint(key.Slot * step, key.Bot, key.Platform, Numbers(
                    sumsOf[key],
                    timesOf[key],
                    intentsOf[key],
                    activesOf[key].Where(a => a.Kind == AnalyticsActive.Participant).Sum(a => a.Count),
                    activesOf[key].Where(a => a.Kind == AnalyticsActive.Conversation).Sum(a => a.Count)))),
        ];

        (int Slot, BotId? Bot, string? Platform) Key(int slot, BotId bot, PlatformName platform) => (slot, byBot ? bot : null, byPlatform ? platform.Value : null);
    }

    private static async Task<List<Sums>> SumAsync(IQueryable<AnalyticsHour> hours, int step, CancellationToken cancellationToken)
    {
        var rows = await hours.GroupBy(h => new { Slot = h.Hour / step, h.BotId, h.Platform }).Select(g => new
        {
            g.Key.Slot,
            g.Key.BotId,
            g.Key.Platform,
            Inbound = g.Sum(h => h.Inbound),
            ByBot = g.Sum(h => h.ByBot),
            ByAgents = g.Sum(h => h.ByAgents),
            Answered = g.Sum(h => h.Answered),
            Failed = g.Sum(h => h.Failed),
            AnswerMs = g.Sum(h => h.AnswerMs),
            Handoffs = g.Sum(h => h.Handoffs),
            InputTokens = g.Sum(h => h.InputTokens),
            OutputTokens = g.Sum(h => h.OutputTokens),
            CostNanos = g.Sum(h => h.CostNanos),
            Priced = g.Sum(h => h.Priced),
        }).ToListAsync(cancellationToken);
        return
        [
            .. rows.Select(r => new Sums(
                r.Slot, r.BotId, r.Platform, r.Inbound, r.ByBot, r.ByAgents, r.Answered, r.Failed, r.AnswerMs, r.Handoffs, r.InputTokens, r.OutputTokens, r.CostNanos, r.Priced)),
        ];
    }

    private static AnalyticsNumbers Numbers(IEnumerable<Sums> sums, IEnumerable<BucketCount> times, IEnumerable<IntentSums> intents, long participants, long conversations)
    {
        var all = sums.Aggregate(Sums.None, (a, b) => a.Plus(b));
        return new AnalyticsNumbers
        {
            Inbound = all.Inbound,
            ByBot = all.ByBot,
            ByAgents = all.ByAgents,
            ActiveParticipants = participants,
            Conversations = conversations,
            Answered = all.Answered,
            Failed = all.Failed,
            Handoffs = all.Handoffs,
            InputTokens = all.InputTokens,
            OutputTokens = all.OutputTokens,
            CostNanos = all.Priced > 0 ? all.CostNanos : null,
            AnswerTimes = Distribution(times, all.AnswerMs),
            Intents = InsightQueries.Together(intents),
        };
    }

    private static AnswerTimes Distribution(IEnumerable<BucketCount> counts, long sumMs)
    {
        var buckets = counts.GroupBy(c => c.Bucket).Select(g => new BucketCount(g.Key, g.Sum(c => c.Answers))).OrderBy(b => b.Bucket).ToList();
        var answers = buckets.Sum(b => b.Answers);
        return answers == 0 ? default : new AnswerTimes(sumMs / answers, Share(0.5), Share(0.95));

        // The middle of the bucket in which the share is reached.
        long Share(double share)
        {
            var (seen, rank) = (0L, (long)Math.Ceiling(share * answers));
            var reached = buckets.First(b => (seen += b.Answers) >= rank);
            return (long)Math.Round(Math.Pow(2, (reached.Bucket + 0.5) / AnalyticsStatements.BucketsPerDoubling) - 1);
        }
    }

    /// <summary>Whole days by their days, and what is left at both ends by its hours; whoever is in several counts once.</summary>
    private static Task<long> ActiveAsync(ChatDbContext db, AnalyticsFilter filter, short kind, CancellationToken cancellationToken)
    {
        var (firstDay, endDay) = ((filter.FromHour + HoursPerDay - 1) / HoursPerDay, filter.ToHour / HoursPerDay);
        if (firstDay >= endDay)
        {
            return Subjects(AnalyticsActive.ByHour, filter.FromHour, filter.ToHour).Distinct().LongCountAsync(cancellationToken);
        }
        var subjects = Subjects(AnalyticsActive.ByDay, firstDay, endDay);
        foreach (var (from, to) in new[] { (filter.FromHour, firstDay * HoursPerDay), (endDay * HoursPerDay, filter.ToHour) })
        {
            if (from < to)
            {
                subjects = subjects.Union(Subjects(AnalyticsActive.ByHour, from, to));
            }
        }
        return subjects.Distinct().LongCountAsync(cancellationToken);

        IQueryable<Guid> Subjects(short grain, int from, int to) => Actives(db, filter, grain, from, to).Where(a => a.Kind == kind).Select(a => a.Subject);
    }

    private static IQueryable<AnalyticsHour> Hours(ChatDbContext db, AnalyticsFilter filter)
    {
        var (from, to) = (filter.FromHour, filter.ToHour);
        var hours = db.AnalyticsHours.AsNoTracking().Where(h => h.Hour >= from && h.Hour < to);
        if (filter.Scope.Only is { } only)
        {
            hours = hours.Where(h => only.Contains(h.BotId));
        }
        if (filter.Bot is { } bot)
        {
            hours = hours.Where(h => h.BotId == bot);
        }
        if (filter.Platform is { } platform)
        {
            hours = hours.Where(h => h.Platform == platform);
        }
        return hours;
    }

    private static IQueryable<AnalyticsAnswerTime> Times(ChatDbContext db, AnalyticsFilter filter)
    {
        var (from, to) = (filter.FromHour, filter.ToHour);
        var times = db.AnalyticsAnswerTimes.AsNoTracking().Where(t => t.Hour >= from && t.Hour < to);
        if (filter.Scope.Only is { } only)
        {
            times = times.Where(t => only.Contains(t.BotId));
        }
        if (filter.Bot is { } bot)
        {
            times = times.Where(t => t.BotId == bot);
        }
        if (filter.Platform is { } platform)
        {
            times = times.Where(t => t.Platform == platform);
        }
        return times;
    }

    private static IQueryable<AnalyticsActive> Actives(ChatDbContext db, AnalyticsFilter filter, short grain, int from, int to)
    {
        var actives = db.AnalyticsActives.AsNoTracking()
            .Where(a => (a.Kind == AnalyticsActive.Participant || a.Kind == AnalyticsActive.Conversation) && a.Grain == grain && a.Slot >= from && a.Slot < to);
        if (filter.Scope.Only is { } only)
        {
            actives = actives.Where(a => only.Contains(a.BotId));
        }
        if (filter.Bot is { } bot)
        {
            actives = actives.Where(a => a.BotId == bot);
        }
        if (filter.Platform is { } platform)
        {
            actives = actives.Where(a => a.Platform == platform);
        }
        return actives;
    }

    private readonly record struct BucketCount(int Bucket, long Answers);

    private sealed record Sums(
        int Slot, BotId Bot, PlatformName Platform, long Inbound, long ByBot, long ByAgents, long Answered, long Failed, long AnswerMs,
        long Handoffs, long InputTokens, long OutputTokens, long CostNanos, long Priced)
    {
        public static readonly Sums None = new(0, default, default, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        public Sums Plus(Sums o) => new(
            Slot, Bot, Platform, Inbound + o.Inbound, ByBot + o.ByBot, ByAgents + o.ByAgents, Answered + o.Answered, Failed + o.Failed, AnswerMs + o.AnswerMs,
            Handoffs + o.Handoffs, InputTokens + o.InputTokens, OutputTokens + o.OutputTokens, CostNanos + o.CostNanos, Priced + o.Priced);
    }
}
