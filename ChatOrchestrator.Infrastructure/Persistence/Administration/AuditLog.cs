using System.Data.Common;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>The audit log. A trigger in both stores refuses to change or delete what is in it.</summary>
internal sealed class AuditLog(ChatDatabase database) : IAuditLog
{
    private const string ListName = "audit";

    public Task<Page<AuditEntry>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var entries = Filter(db.AuditLog.AsNoTracking(), filter);
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(ListName, cursor);
                entries = entries.Where(e => e.Id < before);
            }
            var items = await entries.OrderByDescending(e => e.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, e => Cursor.Encode(ListName, e.Id));
        },
        cancellationToken);

    public Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken) =>
        database.TransactAsync(connection => connection.NoteAsync(entry, cancellationToken), cancellationToken);

    private static IQueryable<AuditEntry> Filter(IQueryable<AuditEntry> entries, AuditFilter filter)
    {
        if (filter.Bots.Only is { } only)
        {
            var bots = only.Select(b => (Guid?)b.Value).ToList();
            entries = entries.Where(e => bots.Contains(e.BotId));
        }
        if (filter.Bot is { } bot)
        {
            entries = entries.Where(e => e.BotId == bot.Value);
        }
        if (filter.Actor is { } actor)
        {
            entries = entries.Where(e => e.Actor == actor);
        }
        if (filter.Action is { } action)
        {
            entries = entries.Where(e => e.Action == action);
        }
        if (filter.SubjectType is { } type)
        {
            entries = entries.Where(e => e.SubjectType == type);
        }
        if (filter.SubjectId is { } subject)
        {
            entries = entries.Where(e => e.SubjectId == subject);
        }
        if (filter.From is { } from)
        {
            entries = entries.Where(e => e.At >= from);
        }
        if (filter.To is { } to)
        {
            entries = entries.Where(e => e.At < to);
        }
        return entries;
    }
}

internal static class AuditNotes
{
    // $1 id, $2 at, $3 actor, $4 address, $5 action, $6 subject's type, $7 subject, $8 bot, $9 detail, $10 before, $11 after; $4, $8, $10 and $11 may be null.
    private const string Append = """
        INSERT INTO audit_log (id, at, actor, address, action, subject_type, subject_id, bot_id, detail, "before", "after")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    /// <summary>Puts an entry into the transaction of what was done; null: there is none.</summary>
    public static async Task NoteAsync(this DbConnection connection, AuditEntry? entry, CancellationToken cancellationToken)
    {
        if (entry is not null)
        {
            await connection.RunAsync(
                Append, cancellationToken,
                entry.Id, entry.At, entry.Actor, entry.Address, entry.Action, entry.SubjectType, entry.SubjectId, entry.BotId,
                new StoredJson(entry.Detail), new StoredJson(entry.Before), new StoredJson(entry.After));
        }
    }

    /// <summary>Puts an entry into the commit to come.</summary>
    public static void Note(this ChatDbContext db, AuditEntry? entry)
    {
        if (entry is not null)
        {
            db.AuditLog.Add(entry);
        }
    }
}
