using System.ComponentModel;
using System.Text.Json;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// A connection and its bot as the engine needs them: read once, shared, never changed. A change makes a new snapshot, so
/// that adapters may keep what they derive from one (a client, key bytes) for as long as it lives.
/// </summary>
[ImmutableObject(true)]
public sealed class ConnectionSnapshot
{
    public required ConnectionId Id { get; init; }

    public required PlatformName Platform { get; init; }

    public required string DisplayName { get; init; }

    /// <summary>The platform's settings, a JSON object.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>The secrets in the clear, by their contract names; never serialised, never logged.</summary>
    public required IReadOnlyDictionary<string, string> Secrets { get; init; }

    /// <summary>Why the connection is off, or null while it works.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Grows with every change of the connection.</summary>
    public int Version { get; init; }

    public required BotSnapshot Bot { get; init; }

    public string? Secret(string name) => Secrets.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>Names the connection without its secrets.</summary>
    public override string ToString() => $"{Platform} connection {Id}";
}

/// <summary>The bot's settings that a turn needs.</summary>
[ImmutableObject(true)]
public sealed record BotSnapshot(BotId Id, string Name, AiSettings Ai, ProcessingSettings Processing, int PromptVersion);
