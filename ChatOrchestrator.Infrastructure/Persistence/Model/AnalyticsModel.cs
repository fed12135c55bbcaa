using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>What happened in one hour with one bot on one platform. Hours are counted from 1970 in UTC.</summary>
public sealed class AnalyticsHour
{
    public BotId BotId { get; init; }

    public required PlatformName Platform { get; init; }

    public int Hour { get; init; }

    public long Inbound { get; init; }

    public long ByBot { get; init; }

    public long ByAgents { get; init; }

    public long Answered { get; init; }

    public long Failed { get; init; }

    /// <summary>The sum, in milliseconds; how many there were is in the distribution.</summary>
    public long AnswerMs { get; init; }

    public long Handoffs { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public long CostNanos { get; init; }

    /// <summary>How many turns had a known cost.</summary>
    public long Priced { get; init; }
}

/// <summary>How many answers of an hour took about so long.</summary>
public sealed class AnalyticsAnswerTime
{
    public BotId BotId { get; init; }

    public required PlatformName Platform { get; init; }

    public int Hour { get; init; }

    /// <summary>Eight for each doubling: answers of <c>2^(bucket/8) - 1</c> milliseconds and more.</summary>
    public int Bucket { get; init; }

    public long Answers { get; init; }
}

/// <summary>What was found out about the messages of one intent in one hour with one bot on one platform.</summary>
public sealed class AnalyticsInsight
{
    public BotId BotId { get; init; }

    public required PlatformName Platform { get; init; }

    /// <summary>The hour of the messages, whenever they were understood.</summary>
    public int Hour { get; init; }

    /// <summary>The intent's name, or <c>none</c>.</summary>
    public required string Intent { get; init; }

    public long Messages { get; init; }

    public long Negative { get; init; }

    public long Neutral { get; init; }

    public long Positive { get; init; }

    /// <summary>The sum of the sentiments, in thousandths: whole numbers, so that taking away is exact.</summary>
    public long Score { get; init; }

    public long Low { get; init; }

    public long Normal { get; init; }

    public long High { get; init; }
}

/// <summary>That somebody was active: a participant who wrote, a conversation in which somebody wrote.</summary>
public sealed class AnalyticsActive
{
    public const short Participant = 0;
    public const short Conversation = 1;
    public const short ByHour = 0;
    public const short ByDay = 1;

    public short Kind { get; init; }

    public short Grain { get; init; }

    /// <summary>The hour or the day, counted from 1970 in UTC.</summary>
    public int Slot { get; init; }

    public BotId BotId { get; init; }

    public required PlatformName Platform { get; init; }

    public Guid Subject { get; init; }
}

/// <summary>How far the roll-ups have come: one row.</summary>
public sealed class AnalyticsProgress
{
    public required int Id { get; init; }

    /// <summary>Messages up to this place are in the numbers.</summary>
    public long Through { get; set; }

    /// <summary>All places up to this one were given out before <see cref="BarrierAt"/>: once no transaction is open that began before, nothing can be added there.</summary>
    public long Barrier { get; set; }

    public DateTimeOffset BarrierAt { get; set; }

    /// <summary>What was stored before this is in the numbers.</summary>
    public DateTimeOffset? CompleteUntil { get; set; }
}

internal static class AnalyticsModel
{
    public static void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<AnalyticsHour>(hour =>
        {
            hour.ToTable("analytics_hours").HasKey(h => new { h.Hour, h.BotId, h.Platform });
            foreach (var counter in new[] { nameof(AnalyticsHour.Inbound), nameof(AnalyticsHour.ByBot), nameof(AnalyticsHour.ByAgents), nameof(AnalyticsHour.Answered), nameof(AnalyticsHour.Failed), nameof(AnalyticsHour.AnswerMs), nameof(AnalyticsHour.Handoffs), nameof(AnalyticsHour.InputTokens), nameof(AnalyticsHour.OutputTokens), nameof(AnalyticsHour.CostNanos), nameof(AnalyticsHour.Priced) })
            {
                hour.Property<long>(counter).HasDefaultValue(0L);
            }
        });
        modelBuilder.Entity<AnalyticsAnswerTime>().ToTable("analytics_answer_times").HasKey(t => new { t.Hour, t.BotId, t.Platform, t.Bucket });
        modelBuilder.Entity<AnalyticsInsight>(insight =>
        {
            insight.ToTable("analytics_insights").HasKey(i => new { i.Hour, i.BotId, i.Platform, i.Intent });
            insight.Property(i => i.Intent).HasMaxLength(50);
        });
        modelBuilder.Entity<Insight>(insight =>
        {
            // What the numbers hold of it; null: nothing yet.
            insight.Property<Sentiment?>("CountedSentiment");
            insight.Property<double?>("CountedScore");
            insight.Property<string?>("CountedIntent").HasMaxLength(50);
            insight.Property<Urgency?>("CountedUrgency");
            insight.HasIndex(i => new { i.MessageAt, i.MessageId }).HasFilter(InsightStatements.IsDue).HasDatabaseName(InsightStatements.DueIndex);
        });
        modelBuilder.Entity<AnalyticsActive>().ToTable("analytics_actives").HasKey(a => new { a.Kind, a.Grain, a.Slot, a.BotId, a.Platform, a.Subject });
        modelBuilder.Entity<AnalyticsProgress>(progress =>
        {
            progress.ToTable("analytics_progress").HasKey(p => p.Id);
            progress.Property(p => p.Id).ValueGeneratedNever();
        });
    }
}
