namespace ChatOrchestrator.Application;

/// <summary>A setting is wrong or missing: the start stops with this one line, which names the key.</summary>
public sealed class ConfigurationException(string key, string problem) : Exception($"{key}: {problem}")
{
    /// <summary>The configuration key, sections parted by colons.</summary>
    public string Key { get; } = key;
}
