namespace ChatOrchestrator.Application.Ports;

/// <summary>A platform that is told secrets of our own choosing (a webhook's token): they are generated when not given.</summary>
public interface IGeneratesSecrets
{
    /// <summary>Their names. A generated value has 43 characters of <c>A-Za-z0-9_-</c>.</summary>
    IReadOnlyList<string> GeneratedSecrets { get; }
}
