using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>Which conversations a filter means.</summary>
internal static class ConversationSearch
{
    /// <summary>The index that a deployment may have made for the text of messages (docs/decisions/0012).</summary>
    public const string TextIndex = "ix_messages_text_search";

    /// <summary>Without the index only the latest messages are searched: so many are read in about a second.</summary>
    public const int Window = 100_000;

    /// <summary>The most messages whose conversations are listed.</summary>
    private const int MaxHits = 1_000;

    public static async Task<IQueryable<Conversation>> FilterAsync(ChatDbContext db, ConversationFilter filter, CancellationToken cancellationToken)
    {
        IQueryable<Conversation> found = db.Conversations;
        if (filter.Scope.Only is { } only)
        {
            found = found.Where(c => only.Contains(c.BotId));
        }
        if (filter.Bot is { } bot)
        {
            found = found.Where(c => c.BotId == bot);
        }
        if (filter.Connection is { } connection)
        {
            found = found.Where(c => c.ConnectionId == connection);
        }
        if (filter.State is { } state)
        {
            found = found.Where(c => c.State == state);
        }
        if (filter.Platform is { } platform)
        {
            var connections = db.Connections.Where(k => k.Platform == platform).Select(k => k.Id);
            found = found.Where(c => connections.Contains(c.ConnectionId));
        }
        if (filter.From is { } from)
        {
            found = found.Where(c => c.LastActivityAt >= from);
        }
        if (filter.To is { } to)
        {
            found = found.Where(c => c.LastActivityAt < to);
        }
        if (filter.Participant is { } participant)
        {
            found = WithParticipant(db, found, participant);
        }
        if (filter.Text is { } text)
        {
            var ids = await SpokenInAsync(db, filter, text, cancellationToken);
            found = found.Where(c => ids.Contains(c.Id));
        }
        return found;
    }

    /// <summary>Private chats are named by their participant; in groups, whoever has written counts.</summary>
    private static IQueryable<Conversation> WithParticipant(ChatDbContext db, IQueryable<Conversation> found, string participant)
    {
        var pattern = $"%{Escape(participant.ToLowerInvariant())}%";
        return found.Where(c => c.ChatId == participant
            || db.Participants.Any(p => p.ConnectionId == c.ConnectionId
                && (p.UserId == participant || EF.Functions.Like((p.DisplayName ?? "").ToLower(), pattern, @"\") || EF.Functions.Like((p.Username ?? "").ToLower(), pattern, @"\"))
                && ((!c.IsGroup && c.ChatId == p.UserId) || db.Messages.Any(m => m.ConversationId == c.Id && m.ParticipantId == p.Id))));
    }

    private static async Task<List<ConversationId>> SpokenInAsync(ChatDbContext db, ConversationFilter filter, string text, CancellationToken cancellationToken)
    {
        IQueryable<Message> messages = db.Messages;
        if (db is not PostgresChatDbContext || !await IsIndexedAsync(db, cancellationToken))
        {
            var oldest = await db.Messages.MaxAsync(m => (long?)m.Sequence, cancellationToken) - Window;
            messages = messages.Where(m => m.Sequence > oldest);
        }
        if (db is PostgresChatDbContext)
        {
            messages = messages.Where(m => EF.Functions.ToTsVector("simple", m.Text).Matches(EF.Functions.WebSearchToTsQuery("simple", text)));
        }
        else
        {
            foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(10))
            {
                var pattern = $"%{Escape(word)}%";
                messages = messages.Where(m => EF.Functions.Like(m.Text, pattern, @"\"));
            }
        }
        if (filter.Connection is { } connection)
        {
            messages = messages.Where(m => m.ConnectionId == connection);
        }
        var bots = filter.Bot is { } bot ? [bot] : filter.Scope.Only;
        if (bots is not null)
        {
            var connections = db.Connections.Where(k => bots.Contains(k.BotId)).Select(k => k.Id);
            messages = messages.Where(m => connections.Contains(m.ConnectionId));
        }
        var hits = await messages.OrderByDescending(m => m.Sequence).Take(MaxHits).Select(m => m.ConversationId).ToListAsync(cancellationToken);
        return [.. hits.Distinct()];
    }

    private static async Task<bool> IsIndexedAsync(ChatDbContext db, CancellationToken cancellationToken) =>
        (await db.Database.SqlQuery<bool>($"""SELECT i.indisvalid AS "Value" FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relname = {TextIndex} AND pg_table_is_visible(c.oid)""")
            .ToListAsync(cancellationToken)).Contains(true);

    private static string Escape(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
