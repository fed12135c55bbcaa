using System.Collections.Concurrent;

namespace ChatOrchestrator.Simulator;

/// <summary>Counters of what was asked of the simulator, by dotted name, such as <c>telegram.method.sendmessage</c>.</summary>
internal sealed class SimulatorStats
{
    // A client chooses method names; the bound keeps a fuzzer from growing the table.
    private const int MaxNames = 1000;
    private readonly ConcurrentDictionary<string, long> _counters = new(StringComparer.Ordinal);

    public void Increment(string name)
    {
        if (_counters.Count < MaxNames || _counters.ContainsKey(name))
        {
            _counters.AddOrUpdate(name, 1, static (_, value) => value + 1);
        }
    }

    public long this[string name] => _counters.GetValueOrDefault(name);

    public SortedDictionary<string, long> Snapshot() => new(_counters, StringComparer.Ordinal);

    public void Clear() => _counters.Clear();
}

internal static class SimulatorStatsEndpoint
{
    /// <summary><c>GET /simulator/stats</c>, and <c>DELETE</c> to set every counter to zero.</summary>
    public static void MapSimulatorStats(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/simulator/stats", (SimulatorStats stats) => TypedResults.Ok(stats.Snapshot()));
        routes.MapDelete("/simulator/stats", (SimulatorStats stats) =>
        {
            stats.Clear();
            return TypedResults.NoContent();
        });
    }
}
