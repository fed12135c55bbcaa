using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>Which conversations a filter means.</summary>
internal static class ConversationSearch
{
    /// <summary>The index that a deployment may have made for the text of messages (docs/decisions/0015).</summary>
    public const string TextIndex = "ix_messages_text_search";

    /// <summary>Without the index only the latest messages are searched: so many are read in about a second.</summary>
    public const int Window = 100_000;

    /// <summary>The most messages whose conversations are listed.</summary>
    private const int MaxHits = 1_000;

    private const int MaxParticipants = 500;

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
        if (filter.Insight is { IsEmpty: false } insight)
        {
            var insights = Matching(db.Insights, insight);
            found = found.Where(c => insights.Any(i => i.ConversationId == c.Id));
        }
        if (filter.Participant is { } participant)
        {
            found = await WithParticipantAsync(db, found, filter, participant, cancellationToken);
        }
        if (filter.Text is { } text)
        {
            var ids = await SpokenInAsync(db, filter, text, cancellationToken);
            found = found.Where(c => ids.Contains(c.Id));
        }
        return found;
    }

    /// <summary>Those that agree with all of a filter.</summary>
    internal static IQueryable<Insight> Matching(IQueryable<Insight> insights, InsightFilter filter)
    {
        if (filter.Intent is { } intent)
        {
            insights = intent == "none" ? insights.Where(i => i.Intent == null) : insights.Where(i => i.Intent == intent);
        }
        if (filter.Sentiment is { } sentiment)
        {
            insights = insights.Where(i => i.Sentiment == sentiment);
        }
        if (filter.Urgency is { } urgency)
        {
            insights = insights.Where(i => i.Urgency == urgency);
        }
        return filter.Language is { } language ? insights.Where(i => i.Language == language) : insights;
    }

    /// <summary>A private chat has its participant's id; in groups, whoever has written counts. Of many participants that fit, the latest are looked at.</summary>
    private static async Task<IQueryable<Conversation>> WithParticipantAsync(
        ChatDbContext db, IQueryable<Conversation> found, ConversationFilter filter, string participant, CancellationToken cancellationToken)
    {
        var pattern = $"%{Escape(participant.ToLowerInvariant())}%";
        var people = db.Participants.Where(p => p.UserId == participant
            || EF.Functions.Like((p.DisplayName ?? "").ToLower(), pattern, @"\") || EF.Functions.Like((p.Username ?? "").ToLower(), pattern, @"\"));
        if (ConnectionsOf(db, filter) is { } connections)
        {
            people = people.Where(p => connections.Contains(p.ConnectionId));
        }
        var ids = await people.OrderByDescending(p => p.Id).Take(MaxParticipants).Select(p => (Guid?)p.Id).ToListAsync(cancellationToken);
        return found.Where(c => c.ChatId == participant
            || (!c.IsGroup && db.Participants.Any(p => p.ConnectionId == c.ConnectionId && p.UserId == c.ChatId && ids.Contains(p.Id)))
            || (c.IsGroup && db.Messages.Any(m => m.ConversationId == c.Id && ids.Contains(m.ParticipantId))));
    }

    /// <summary>The connections that a filter leaves; null: all.</summary>
    private static IQueryable<ConnectionId>? ConnectionsOf(ChatDbContext db, ConversationFilter filter)
    {
        var bots = filter.Bot is { } bot ? [bot] : filter.Scope.Only;
        return bots is null ? null : db.Connections.Where(k => bots.Contains(k.BotId)).Select(k => k.Id);
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
        if (ConnectionsOf(db, filter) is { } connections)
        {
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
