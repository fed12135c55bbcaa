using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class AnalyticsEndpoints
{
    public static void MapAnalyticsEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/analytics").WithTags("Analytics");
        group.MapGet("/summary", SummarizeAsync).WithName("SummarizeAnalytics").RequirePermission(Permissions.AnalyticsRead, BotLimit.Filtered)
            .WithSummary("Numbers of all that was said between two times (by default the last 30 days), in whole hours").ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        group.MapGet("/series", SeriesAsync).WithName("AnalyticsSeries").RequirePermission(Permissions.AnalyticsRead, BotLimit.Filtered)
            .WithSummary("The same numbers by day or by hour (step), and by bot and platform (groupBy); times in which nothing happened are left out")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
    }

    private static async Task<Ok<AnalyticsSummaryResponse>> SummarizeAsync([AsParameters] AnalyticsRequest request, ReadAnalytics read, Acting acting, CancellationToken cancellationToken)
    {
        var answer = await read.SummarizeAsync(request.ToQuery(acting.Caller), cancellationToken);
        return TypedResults.Ok(new AnalyticsSummaryResponse(answer.From, answer.To, answer.CompleteUntil, AnalyticsResponse.Of(answer.Numbers)));
    }

    private static async Task<Ok<AnalyticsSeriesResponse>> SeriesAsync(
        [AsParameters] AnalyticsRequest request, string? step, string? groupBy, ReadAnalytics read, Acting acting, CancellationToken cancellationToken)
    {
        var byDay = step switch
        {
            null or "" or "day" => true,
            "hour" => false,
            _ => throw new MalformedQueryException("step", "step is 'day' or 'hour'."),
        };
        var groups = (groupBy ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (groups.Except(["bot", "platform"]).Any())
        {
            throw new MalformedQueryException("groupBy", "groupBy is 'bot', 'platform', or both with a comma.");
        }
        var answer = await read.SeriesAsync(request.ToQuery(acting.Caller), byDay, groups.Contains("bot"), groups.Contains("platform"), cancellationToken);
        return TypedResults.Ok(new AnalyticsSeriesResponse(
            answer.From, answer.To, answer.CompleteUntil, byDay ? "day" : "hour",
            [.. answer.Numbers.Select(p => new AnalyticsPointResponse(AnalyticsHours.BeginningOf(p.Hour), p.Bot?.Value, p.Platform, AnalyticsResponse.Of(p.Numbers)))]));
    }
}

/// <summary>Which numbers; what is left out does not matter. Times are ISO 8601.</summary>
internal sealed record AnalyticsRequest
{
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public Guid? BotId { get; init; }

    public string? Platform { get; init; }

    public AnalyticsQuery ToQuery(Caller caller) => new(caller.Bots, From?.ToUniversalTime(), To?.ToUniversalTime(), BotLimits.Named(BotId, caller), Platform);
}

/// <param name="From">The first hour's beginning.</param>
/// <param name="To">The last hour's end.</param>
/// <param name="CompleteUntil">What was stored before this is in the numbers; null: nothing is yet.</param>
internal sealed record AnalyticsSummaryResponse(DateTimeOffset From, DateTimeOffset To, DateTimeOffset? CompleteUntil, AnalyticsResponse Numbers);

/// <inheritdoc cref="AnalyticsSummaryResponse"/>
/// <param name="Step"><c>day</c> or <c>hour</c>, of UTC.</param>
internal sealed record AnalyticsSeriesResponse(DateTimeOffset From, DateTimeOffset To, DateTimeOffset? CompleteUntil, string Step, IReadOnlyList<AnalyticsPointResponse> Items);

/// <param name="At">When the step begins.</param>
internal sealed record AnalyticsPointResponse(DateTimeOffset At, Guid? BotId, string? Platform, AnalyticsResponse Numbers);

/// <summary>What is counted.</summary>
/// <param name="ActiveParticipants">Who wrote; each once.</param>
/// <param name="Conversations">In which anybody wrote; each once.</param>
/// <param name="Handoffs">Conversations that were given to an operator.</param>
/// <param name="Cost">In the deployment's currency; null: no price was known.</param>
/// <param name="Understanding">Of the participants' messages that were understood.</param>
internal sealed record AnalyticsResponse(
    MessageCounts Messages, long ActiveParticipants, long Conversations, TurnCounts Turns, AnswerTimeResponse AnswerTime, long Handoffs, TokenCounts Tokens, decimal? Cost,
    UnderstandingCounts Understanding)
{
    private const decimal NanosPerUnit = 1_000_000_000;

    public static AnalyticsResponse Of(AnalyticsNumbers n) => new(
        new MessageCounts(n.Inbound + n.ByBot + n.ByAgents, n.Inbound, n.ByBot, n.ByAgents),
        n.ActiveParticipants,
        n.Conversations,
        new TurnCounts(n.Answered, n.Failed),
        new AnswerTimeResponse(n.AnswerTimes.AverageMs, n.AnswerTimes.P50Ms, n.AnswerTimes.P95Ms),
        n.Handoffs,
        new TokenCounts(n.InputTokens, n.OutputTokens, n.InputTokens + n.OutputTokens),
        n.CostNanos / NanosPerUnit,
        UnderstandingCounts.Of(n.Intents));
}

/// <param name="Inbound">Of participants.</param>
internal sealed record MessageCounts(long Total, long Inbound, long Bot, long Agent);

internal sealed record TurnCounts(long Answered, long Failed);

/// <summary>From the stored question to its saved answer, in milliseconds; null: there was no answer. The percentiles are exact to a twentieth.</summary>
internal sealed record AnswerTimeResponse(long? AverageMs, long? P50Ms, long? P95Ms);

internal sealed record TokenCounts(long Input, long Output, long Total);

/// <summary>What was found out about participants' messages; they count in the step in which they were written.</summary>
/// <param name="Messages">How many were understood.</param>
/// <param name="Intents">By intent, the most frequent first; <c>none</c> are those without.</param>
internal sealed record UnderstandingCounts(long Messages, SentimentCounts Sentiment, UrgencyCounts Urgency, IReadOnlyList<IntentCounts> Intents)
{
    public static UnderstandingCounts Of(IReadOnlyList<IntentNumbers> intents)
    {
        var all = intents.Aggregate(new IntentNumbers("", 0, 0, 0, 0, 0, 0, 0, 0), (a, b) => a.Plus(b));
        return new UnderstandingCounts(
            all.Messages, SentimentCounts.Of(all), new UrgencyCounts(all.Low, all.Normal, all.High), [.. intents.Select(i => new IntentCounts(i.Intent, i.Messages, SentimentCounts.Of(i)))]);
    }
}

/// <param name="Average">From -1 to 1; null: no message was understood.</param>
internal sealed record SentimentCounts(long Negative, long Neutral, long Positive, double? Average)
{
    public static SentimentCounts Of(IntentNumbers n) =>
        new(n.Negative, n.Neutral, n.Positive, n.Messages > 0 ? Math.Round(n.ScoreThousandths / (1000.0 * n.Messages), 3) : null);
}

internal sealed record UrgencyCounts(long Low, long Normal, long High);

internal sealed record IntentCounts(string Intent, long Messages, SentimentCounts Sentiment);
