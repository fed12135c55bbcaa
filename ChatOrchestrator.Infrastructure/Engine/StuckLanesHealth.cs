using System.Globalization;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Watching;

namespace ChatOrchestrator.Infrastructure.Engine;

/// <summary>What the health checks say of stuck lanes. They never take a process out of rotation: that would help none of them.</summary>
internal static class StuckLanesHealth
{
    private const int Max = 100;

    /// <summary>How many lanes are stuck, by reason; empty while the store is down.</summary>
    public static async Task<IReadOnlyDictionary<string, object>> ReadAsync(ReadStuckLanes stuck, CancellationToken cancellationToken)
    {
        try
        {
            var lanes = await stuck.HandleAsync(Max, BotScope.All, cancellationToken);
            return lanes.GroupBy(l => ReadStuckLanes.Word(l.Reason)).ToDictionary(g => g.Key, g => (object)g.Count());
        }
        catch (StoreUnavailableException)
        {
            return new Dictionary<string, object>();
        }
    }

    public static string Describe(string state, IReadOnlyDictionary<string, object> data) =>
        data.Count == 0 ? state : string.Create(CultureInfo.InvariantCulture, $"{state}; stuck lanes: {string.Join(", ", data.Select(d => $"{d.Key} {d.Value}"))}");
}
