using System.Globalization;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>How many samples a property is tried on: its usual number, or <c>TEST_SAMPLES</c> times as many (<c>make fuzz</c>).</summary>
internal static class Samples
{
    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("TEST_SAMPLES"), CultureInfo.InvariantCulture, out var factor) ? factor : 1;

    public static long Of(int usual) => (long)usual * Factor;
}
