using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>The tables of notifications: rules, the outbox (which is the delivery log, too), and its attempts.</summary>
internal static class NotificationModel
{
    public static void Configure(ModelBuilder modelBuilder, string jsonColumnType)
    {
        modelBuilder.Entity<NotificationRule>(rule =>
        {
            rule.ToTable("notification_rules").HasKey(r => r.Id);
            rule.Property(r => r.Id).ValueGeneratedNever();
            rule.Property(r => r.Name).HasMaxLength(100);
            rule.Property(r => r.Channel).HasMaxLength(20);
            rule.Property(r => r.DisabledReason).HasMaxLength(200);
            rule.Property(r => r.Settings).HasColumnType(jsonColumnType);
            rule.Property(r => r.Version).IsConcurrencyToken();
            rule.Ignore(r => r.Events);
            rule.HasOne<Bot>().WithMany().HasForeignKey(r => r.BotId).OnDelete(DeleteBehavior.Cascade);
            rule.HasIndex(r => new { r.BotId, r.Id });
        });
        modelBuilder.Entity<Notification>(notification =>
        {
            notification.ToTable("notifications").HasKey(n => new { n.RuleId, n.EventId });
            notification.HasOne<NotificationRule>().WithMany().HasForeignKey(n => n.RuleId).OnDelete(DeleteBehavior.Cascade);
            notification.HasIndex(n => n.DueAt).HasFilter("due_at IS NOT NULL");
            notification.HasIndex(n => new { n.RuleId, n.OnceKey }).IsUnique().HasFilter("once_key IS NOT NULL");
            // For the quiet time of a rule, and for the end of the log.
            notification.HasIndex(n => new { n.RuleId, n.Kind, n.CreatedAt });
            notification.HasIndex(n => n.SettledAt).HasFilter("settled_at IS NOT NULL");
        });
        modelBuilder.Entity<NotificationAttempt>(attempt =>
        {
            attempt.ToTable("notification_attempts").HasKey(a => a.Id);
            attempt.HasOne<Notification>().WithMany().HasForeignKey(a => new { a.RuleId, a.EventId }).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
