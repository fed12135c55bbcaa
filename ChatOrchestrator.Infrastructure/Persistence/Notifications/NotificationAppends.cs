using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Domain.Notifications;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Notifications;

internal static class NotificationAppends
{
    /// <summary>Puts an event into the commit to come, for every rule that asks for it. Returns for how many.</summary>
    public static async Task<int> NotifyAsync(this ChatDbContext db, NotificationEvent happened, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var listed = NotificationRule.Listed(happened.Kind);
        var rules = await db.NotificationRules.AsNoTracking()
            .Where(r => r.BotId == happened.Bot && r.DisabledReason == null && r.EventList.Contains(listed)).ToListAsync(cancellationToken);
        var told = 0;
        foreach (var rule in rules)
        {
            var since = now - TimeSpan.FromSeconds(rule.QuietSeconds);
            if ((rule.QuietSeconds > 0 && await db.Notifications.AnyAsync(n => n.RuleId == rule.Id && n.Kind == happened.Kind && n.CreatedAt > since, cancellationToken))
                || (happened.Once is { } once && await db.Notifications.AnyAsync(n => n.RuleId == rule.Id && n.OnceKey == once, cancellationToken)))
            {
                continue;
            }
            db.Notifications.Add(new Notification(rule, happened.Id, happened.Kind, happened.Data, happened.Once, now));
            told++;
        }
        return told;
    }
}
