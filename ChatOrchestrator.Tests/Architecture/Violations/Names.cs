namespace ChatOrchestrator.Tests.Architecture.Violations.Names;

public sealed class MessageService;

public static class StringUtils;

public sealed class LaneManager<T>
{
    public T? Lane { get; init; }
}

/// <summary>Not a violation: the word in the middle of a name.</summary>
public sealed class ServiceWindow;
