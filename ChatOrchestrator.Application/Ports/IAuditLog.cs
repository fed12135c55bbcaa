using System.Text.Json;
using System.Text.Json.Serialization;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>One thing that somebody did through the API. Written in the commit of what was done, never changed.</summary>
public sealed record AuditEntry
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A UUIDv7; it orders the entries.</summary>
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who, as <see cref="Caller.Actor"/> says.</summary>
    public required string Actor { get; init; }

    /// <summary>The network address that it was done from.</summary>
    public string? Address { get; init; }

    /// <summary>What was done, a stable word: <c>dead_letter.replayed</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The kind of thing it was done to: <c>dead_letter</c>.</summary>
    public required string SubjectType { get; init; }

    public required string SubjectId { get; init; }

    /// <summary>The bot that it concerns; null: none, so that only those see it who see all bots.</summary>
    public Guid? BotId { get; init; }

    /// <summary>A JSON object with what is worth knowing; neither text of messages nor secrets.</summary>
    public required string Detail { get; init; }

    /// <summary>What it was before, a JSON object with secrets masked; null: it was not there, or nothing was changed.</summary>
    public string? Before { get; init; }

    /// <summary>What it is now, a JSON object with secrets masked; null: it is gone, or nothing was changed.</summary>
    public string? After { get; init; }

    public static AuditEntry Of(
        Actor actor, string action, string subjectType, object subjectId, DateTimeOffset now, BotId? bot = null, object? detail = null, object? before = null, object? after = null) => new()
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Actor = actor.Name.Length <= 200 ? actor.Name : actor.Name[..200],
            Address = actor.Address,
            Action = action,
            SubjectType = subjectType,
            SubjectId = subjectId.ToString()!,
            BotId = bot?.Value,
            Detail = detail is null ? "{}" : JsonSerializer.Serialize(detail, Json),
            Before = before is null ? null : JsonSerializer.Serialize(before, Json),
            After = after is null ? null : JsonSerializer.Serialize(after, Json),
        };
}

/// <summary>The audit log. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IAuditLog
{
    /// <summary>The newest first.</summary>
    Task<Page<AuditEntry>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Notes something that changed nothing: a look at what is delicate, a sign-in that failed.</summary>
    Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken);
}

/// <summary>Which entries; null: any.</summary>
/// <param name="Bots">Only what concerns one of these bots.</param>
/// <param name="From">Not older than this.</param>
/// <param name="To">Older than this.</param>
public sealed record AuditFilter(
    BotScope Bots,
    BotId? Bot = null,
    string? Actor = null,
    string? Action = null,
    string? SubjectType = null,
    string? SubjectId = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null);
