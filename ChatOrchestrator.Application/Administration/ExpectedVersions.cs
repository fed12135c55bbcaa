namespace ChatOrchestrator.Application.Administration;

/// <summary>The versions that somebody who changes or deletes something has read: any of them will do.</summary>
/// <param name="Versions">None: whatever there is, it is another one.</param>
public sealed record ExpectedVersions(IReadOnlyCollection<int> Versions)
{
    public bool Include(int version) => Versions.Contains(version);
}
