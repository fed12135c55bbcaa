using System.Diagnostics.CodeAnalysis;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application;

/// <summary>The platforms that this process knows, by name.</summary>
public sealed class Platforms(IEnumerable<IPlatformAdapter> adapters)
{
    private readonly Dictionary<string, IPlatformAdapter> _adapters = adapters.ToDictionary(a => a.Platform.Value);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => _adapters.Keys.Order(StringComparer.Ordinal);

    public IEnumerable<IPlatformAdapter> All => _adapters.Values;

    public bool TryFind(string platform, [NotNullWhen(true)] out IPlatformAdapter? adapter) => _adapters.TryGetValue(platform, out adapter);

    /// <summary>How long the connection's lanes wait for more text, in milliseconds: as the bot says, else what suits the platform.</summary>
    public int QuietPeriodMs(ConnectionSnapshot connection) =>
        connection.Bot.Processing.QuietPeriodMs
            ?? (_adapters.TryGetValue(connection.Platform.Value, out var adapter) ? adapter.Capabilities.QuietPeriodMs : 0);

    /// <exception cref="InvalidOperationException">A stored connection names a platform that this build does not have.</exception>
    public IPlatformAdapter Get(PlatformName platform) =>
        _adapters.TryGetValue(platform.Value, out var adapter)
            ? adapter
            : throw new InvalidOperationException($"The platform '{platform}' is not part of this build.");
}
