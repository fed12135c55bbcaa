using System.Globalization;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Ports;
using NSubstitute;

namespace ChatOrchestrator.Tests.Analytics;

public sealed class ReadAnalyticsTests
{
    [Theory]
    [InlineData("2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z", "2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z")]
    [InlineData("2026-01-31T23:59:59Z", "2026-02-01T00:00:01Z", "2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z")]
    public async Task Times_are_rounded_to_the_hours_that_hold_them_and_a_month_has_no_hour_of_the_next(string from, string to, string first, string end)
    {
        var store = Substitute.For<IAnalyticsStore>();
        store.SummarizeAsync(default!, default).ReturnsForAnyArgs(new AnalyticsNumbers());

        var answer = await new ReadAnalytics(store, TimeProvider.System).SummarizeAsync(new AnalyticsQuery(BotScope.All, At(from), At(to), null, null), default);

        (answer.From, answer.To).ShouldBe((At(first), At(end)));
    }

    [Fact]
    public void A_time_is_in_its_hour_to_the_last_tick_also_before_1970()
    {
        var hour = AnalyticsHours.Of(At("2026-02-01T00:00:00Z"));
        AnalyticsHours.BeginningOf(hour).ShouldBe(At("2026-02-01T00:00:00Z"));
        AnalyticsHours.Of(At("2026-02-01T00:00:00Z") - TimeSpan.FromTicks(1)).ShouldBe(hour - 1);
        AnalyticsHours.Of(At("2026-02-01T01:30:00+01:00")).ShouldBe(hour);
        AnalyticsHours.Of(DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(1)).ShouldBe(-1);
        AnalyticsHours.Of(DateTimeOffset.UnixEpoch - TimeSpan.FromHours(1)).ShouldBe(-1);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    public async Task Where_the_calendar_ends_is_no_time_to_ask_for(string to)
    {
        var read = new ReadAnalytics(Substitute.For<IAnalyticsStore>(), TimeProvider.System);
        var query = new AnalyticsQuery(BotScope.All, null, At(to), null, null);

        (await Should.ThrowAsync<InvalidInputException>(() => read.SummarizeAsync(query, default))).Errors.ShouldHaveSingleItem().Field.ShouldBe("to");
        await Should.ThrowAsync<InvalidInputException>(() => read.SeriesAsync(query, byDay: true, byBot: false, byPlatform: false, default));
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
}
