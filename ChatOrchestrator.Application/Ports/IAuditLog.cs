using ChatOrchestrator.Application.Administration;

namespace ChatOrchestrator.Application.Ports;

/// <summary>One thing that somebody did through the API. Written in the commit of what was done, never changed.</summary>
public sealed record AuditEntry
{
    /// <summary>A UUIDv7; it orders the entries.</summary>
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who: <c>owner</c> for the configured key, otherwise the key's name and id (<c>name/id</c>).</summary>
    public required string Actor { get; init; }

    /// <summary>What was done, a stable word: <c>dead_letter.replayed</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The kind of thing it was done to: <c>dead_letter</c>.</summary>
    public required string SubjectType { get; init; }

    public required string SubjectId { get; init; }

    /// <summary>A JSON object with what is worth knowing; neither text of messages nor secrets.</summary>
    public required string Detail { get; init; }
}

/// <summary>The audit log. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IAuditLog
{
    /// <summary>The newest first.</summary>
    Task<Page<AuditEntry>> ListAsync(PageRequest page, CancellationToken cancellationToken);
}
