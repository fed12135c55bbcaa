namespace ChatOrchestrator.Application.Ports;

/// <summary>Rights that only one process may have at a time, such as polling one connection.</summary>
public interface INamedLeases
{
    /// <summary>Takes the lease, or extends it when <paramref name="owner"/> has it. False: another process has it.</summary>
    Task<bool> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Gives it back, if <paramref name="owner"/> has it.</summary>
    Task ReleaseAsync(string name, string owner, CancellationToken cancellationToken);

    /// <summary>Who has which of these now; what nobody has is left out.</summary>
    Task<IReadOnlyDictionary<string, string>> HoldersAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken);
}
