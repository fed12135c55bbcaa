namespace ChatOrchestrator.Application.Analytics;

/// <summary>Hours are counted from 1970, in UTC.</summary>
public static class AnalyticsHours
{
    /// <summary>The hour that a time is in. By ticks: the last one of an hour is too near to the next hour for a double.</summary>
    public static int Of(DateTimeOffset time)
    {
        var (hour, rest) = Math.DivRem((time - DateTimeOffset.UnixEpoch).Ticks, TimeSpan.TicksPerHour);
        return (int)(rest < 0 ? hour - 1 : hour);
    }

    /// <summary>When an hour begins.</summary>
    public static DateTimeOffset BeginningOf(int hour) => DateTimeOffset.UnixEpoch.AddHours(hour);
}
