using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>The schema, and the way to everything administrative. The hot path uses the lane and inbox stores' own statements.</summary>
public abstract class ChatDbContext(DbContextOptions options) : DbContext(options), IDataProtectionKeyContext
{
    internal const string MigrationsTable = "__migrations";

    public DbSet<Bot> Bots => Set<Bot>();

    public DbSet<PlatformConnection> Connections => Set<PlatformConnection>();

    public DbSet<Participant> Participants => Set<Participant>();

    public DbSet<Conversation> Conversations => Set<Conversation>();

    public DbSet<Lane> Lanes => Set<Lane>();

    public DbSet<Message> Messages => Set<Message>();

    public DbSet<Turn> Turns => Set<Turn>();

    public DbSet<Part> Parts => Set<Part>();

    public DbSet<TimelineEvent> TimelineEvents => Set<TimelineEvent>();

    public DbSet<DeadLetter> DeadLetters => Set<DeadLetter>();

    public DbSet<Suggestion> Suggestions => Set<Suggestion>();

    public DbSet<ModerationRecord> Moderations => Set<ModerationRecord>();

    public DbSet<ConversationSummary> Summaries => Set<ConversationSummary>();

    public DbSet<Insight> Insights => Set<Insight>();

    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();

    public DbSet<InboxEvent> InboxEvents => Set<InboxEvent>();

    public DbSet<Participation> Participations => Set<Participation>();

    public DbSet<ErasureReceipt> Erasures => Set<ErasureReceipt>();

    public DbSet<BudgetDay> BudgetDays => Set<BudgetDay>();

    public DbSet<BudgetReservation> BudgetReservations => Set<BudgetReservation>();

    public DbSet<NamedLease> Leases => Set<NamedLease>();

    public DbSet<ListenerState> ListenerStates => Set<ListenerState>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<User> Users => Set<User>();

    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    public DbSet<LoginFailures> LoginFailures => Set<LoginFailures>();

    public DbSet<SharedSecret> SharedSecrets => Set<SharedSecret>();

    public DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();

    public DbSet<NotificationRule> NotificationRules => Set<NotificationRule>();

    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<NotificationAttempt> NotificationAttempts => Set<NotificationAttempt>();

    public DbSet<AnalyticsHour> AnalyticsHours => Set<AnalyticsHour>();

    public DbSet<AnalyticsAnswerTime> AnalyticsAnswerTimes => Set<AnalyticsAnswerTime>();

    public DbSet<AnalyticsInsight> AnalyticsInsights => Set<AnalyticsInsight>();

    public DbSet<AnalyticsActive> AnalyticsActives => Set<AnalyticsActive>();

    public DbSet<AnalyticsProgress> AnalyticsProgress => Set<AnalyticsProgress>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>The column type of JSON documents in this store.</summary>
    protected abstract string JsonColumnType { get; }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<BotId>().HaveConversion<Converters.BotIds>();
        configurationBuilder.Properties<ConnectionId>().HaveConversion<Converters.ConnectionIds>();
        configurationBuilder.Properties<ConversationId>().HaveConversion<Converters.ConversationIds>();
        configurationBuilder.Properties<PlatformName>().HaveConversion<Converters.PlatformNames>().HaveMaxLength(20);
        configurationBuilder.Properties<Role>().HaveConversion<Converters.Roles>();
        configurationBuilder.Properties<AccessScope>().HaveConversion<Converters.Json<AccessScope>>().HaveColumnType(JsonColumnType);
        configurationBuilder.Properties<AiSettings>().HaveConversion<Converters.Json<AiSettings>>().HaveColumnType(JsonColumnType);
        configurationBuilder.Properties<MessageContent>().HaveConversion<Converters.MessageContents>().HaveColumnType(JsonColumnType);
        configurationBuilder.Properties<ProcessingSettings>().HaveConversion<Converters.Json<ProcessingSettings>>().HaveColumnType(JsonColumnType);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Bot>(bot =>
        {
            bot.ToTable("bots").HasKey(b => b.Id);
            bot.Property(b => b.Id).ValueGeneratedNever();
            bot.Property(b => b.Name).HasMaxLength(100);
            bot.Property(b => b.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<PlatformConnection>(connection =>
        {
            connection.ToTable("connections").HasKey(c => c.Id);
            connection.Property(c => c.Id).ValueGeneratedNever();
            connection.Property(c => c.DisplayName).HasMaxLength(100);
            connection.Property(c => c.DisabledReason).HasMaxLength(200);
            connection.Property(c => c.Settings).HasColumnType(JsonColumnType);
            connection.Property(c => c.Version).IsConcurrencyToken();
            connection.HasOne<Bot>().WithMany().HasForeignKey(c => c.BotId).OnDelete(DeleteBehavior.Restrict);
            connection.HasIndex(c => c.Platform);
        });
        modelBuilder.Entity<Participant>(participant =>
        {
            participant.ToTable("participants").HasKey(p => p.Id);
            participant.Property(p => p.Id).ValueGeneratedNever();
            participant.HasIndex(p => new { p.ConnectionId, p.UserId }).IsUnique();
        });
        modelBuilder.Entity<Conversation>(conversation =>
        {
            conversation.ToTable("conversations").HasKey(c => c.Id);
            conversation.Property(c => c.Id).ValueGeneratedNever();
            conversation.HasIndex(c => new { c.ConnectionId, c.ChatId, c.ThreadId }).IsUnique();
            conversation.HasIndex(c => new { c.LastActivityAt, c.Id });
            conversation.HasIndex(c => new { c.BotId, c.Id });
        });
        modelBuilder.Entity<Lane>(lane =>
        {
            lane.ToTable("lanes").HasKey(l => l.ConversationId);
            lane.HasOne<Conversation>().WithOne().HasForeignKey<Lane>(l => l.ConversationId).OnDelete(DeleteBehavior.Cascade);
            lane.HasIndex(l => l.DueAt).HasFilter("due_at IS NOT NULL");
        });
        modelBuilder.Entity<Message>(message =>
        {
            // No foreign keys on the hot tables: the lane's row, locked by every append and commit, stands for the conversation.
            message.ToTable("messages").HasKey(m => m.Sequence);
            message.Property(m => m.Sequence).ValueGeneratedOnAdd();
            message.HasIndex(m => m.Id).IsUnique();
            message.HasIndex(m => new { m.ConnectionId, m.PlatformMessageId }).IsUnique().HasFilter("platform_message_id IS NOT NULL");
            message.HasIndex(m => new { m.ConversationId, m.Sequence });
        });
        modelBuilder.Entity<Turn>(turn =>
        {
            turn.ToTable("turns").HasKey(t => t.Id);
            turn.Property(t => t.Id).ValueGeneratedNever();
            turn.HasIndex(t => new { t.ConversationId, t.ThroughSequence });
        });
        modelBuilder.Entity<Part>(part => part.ToTable("parts").HasKey(p => new { p.MessageId, p.Ordinal }));
        modelBuilder.Entity<TimelineEvent>(entry =>
        {
            entry.ToTable("timeline_events").HasKey(e => e.Id);
            entry.HasIndex(e => e.MessageId);
        });
        modelBuilder.Entity<DeadLetter>(letter =>
        {
            letter.ToTable("dead_letters").HasKey(d => d.Id);
            letter.Property(d => d.Id).ValueGeneratedNever();
            letter.HasIndex(d => new { d.State, d.Id });
            letter.HasIndex(d => d.MessageId);
            letter.Property(d => d.Resolution).HasMaxLength(500);
        });
        modelBuilder.Entity<Suggestion>(suggestion =>
        {
            suggestion.ToTable("suggestions").HasKey(s => s.Id);
            suggestion.Property(s => s.Id).ValueGeneratedNever();
            suggestion.HasIndex(s => new { s.ConversationId, s.Id });
        });
        modelBuilder.Entity<ModerationRecord>(record =>
        {
            record.ToTable("moderations").HasKey(r => r.Id);
            record.Property(r => r.Id).ValueGeneratedNever();
            record.Property(r => r.Reason).HasMaxLength(50);
            record.Property(r => r.ReviewedBy).HasMaxLength(100);
            record.Property(r => r.Categories).HasConversion<Converters.Json<IReadOnlyDictionary<string, double>>, Converters.SameInstance<IReadOnlyDictionary<string, double>>>().HasColumnType(JsonColumnType);
            record.HasIndex(r => new { r.BotId, r.Id });
            record.HasIndex(r => new { r.ConversationId, r.Id });
            record.HasIndex(r => r.MessageId);
            record.HasIndex(r => r.Id).HasFilter("state = 0").HasDatabaseName("ix_moderations_open");
        });
        modelBuilder.Entity<ConversationSummary>(summary =>
        {
            summary.ToTable("summaries").HasKey(s => s.ConversationId);
            summary.Property(s => s.ConversationId).ValueGeneratedNever();
            summary.Property(s => s.LastFailure).HasMaxLength(50);
            summary.HasIndex(s => s.DueAt).HasFilter("due_at IS NOT NULL");
        });
        modelBuilder.Entity<Insight>(insight =>
        {
            insight.ToTable("insights").HasKey(i => i.MessageId);
            insight.Property(i => i.MessageId).ValueGeneratedNever();
            insight.Property(i => i.Intent).HasMaxLength(50);
            insight.Property(i => i.Language).HasMaxLength(2);
            insight.Property(i => i.Failure).HasMaxLength(50);
            insight.HasIndex(i => new { i.ConversationId, i.Sequence });
            insight.HasIndex(i => new { i.BotId, i.MessageAt });
        });
        modelBuilder.Entity<AuditEntry>(entry =>
        {
            entry.ToTable("audit_log").HasKey(e => e.Id);
            entry.Property(e => e.Id).ValueGeneratedNever();
            entry.Property(e => e.Actor).HasMaxLength(200);
            entry.Property(e => e.Action).HasMaxLength(100);
            entry.Property(e => e.SubjectType).HasMaxLength(50);
            entry.Property(e => e.SubjectId).HasMaxLength(100);
            entry.Property(e => e.Address).HasMaxLength(50);
            entry.Property(e => e.Detail).HasColumnType(JsonColumnType);
            entry.Property(e => e.Before).HasColumnType(JsonColumnType);
            entry.Property(e => e.After).HasColumnType(JsonColumnType);
            entry.HasIndex(e => new { e.BotId, e.Id });
            entry.HasIndex(e => new { e.SubjectId, e.Id });
        });
        modelBuilder.Entity<InboxEvent>(entry =>
        {
            entry.ToTable("inbox_events").HasKey(e => e.Id);
            entry.HasIndex(e => new { e.ConnectionId, e.PlatformEventId }).IsUnique();
            entry.HasIndex(e => new { e.ConnectionId, e.Id });
        });
        modelBuilder.Entity<Participation>(participation =>
        {
            participation.ToTable("participations").HasKey(p => new { p.ParticipantId, p.ConversationId });
            participation.HasIndex(p => p.ConversationId);
        });
        modelBuilder.Entity<ErasureReceipt>(receipt =>
        {
            receipt.ToTable("erasures").HasKey(e => e.Id);
            receipt.Property(e => e.Id).ValueGeneratedNever();
            receipt.Property(e => e.RequestedBy).HasMaxLength(200);
        });
        modelBuilder.Entity<BudgetDay>(day =>
        {
            day.ToTable("budget_days").HasKey(d => new { d.OwnerId, d.Day });
            day.HasIndex(d => new { d.BotId, d.Day });
        });
        modelBuilder.Entity<BudgetReservation>(reservation =>
        {
            reservation.ToTable("budget_reservations").HasKey(r => r.Id);
            reservation.Property(r => r.Id).ValueGeneratedNever();
            reservation.HasIndex(r => r.BotId);
        });
        modelBuilder.Entity<NamedLease>(lease => lease.ToTable("leases").HasKey(l => l.Name));
        modelBuilder.Entity<ListenerState>(state => state.ToTable("listener_states").HasKey(s => s.Name));
        modelBuilder.Entity<ApiKey>(key =>
        {
            key.ToTable("api_keys").HasKey(k => k.Id);
            key.Property(k => k.Id).ValueGeneratedNever();
            key.HasIndex(k => k.Hash).IsUnique();
            key.HasIndex(k => k.PreviousHash).IsUnique().HasFilter("previous_hash IS NOT NULL");
            key.Property(k => k.Stamp).IsConcurrencyToken();
            // For the keys that were there before keys had limits.
            key.Property(k => k.Scope).HasDefaultValueSql("'{}'");
        });
        modelBuilder.Entity<User>(user =>
        {
            user.ToTable("users").HasKey(u => u.Id);
            user.Property(u => u.Id).ValueGeneratedNever();
            user.HasIndex(u => u.Email).IsUnique();
            user.Property(u => u.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<Session>(session =>
        {
            session.ToTable("sessions").HasKey(s => s.Id);
            session.Property(s => s.Id).ValueGeneratedNever();
            session.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<RefreshToken>(token =>
        {
            token.ToTable("refresh_tokens").HasKey(t => t.Hash);
            token.HasOne<Session>().WithMany().HasForeignKey(t => t.SessionId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<LoginFailures>().ToTable("login_failures").HasKey(f => f.Key);
        modelBuilder.Entity<SharedSecret>().ToTable("shared_secrets").HasKey(s => s.Name);
        modelBuilder.Entity<IdempotencyKey>(key =>
        {
            key.ToTable("idempotency_keys").HasKey(k => new { k.Caller, k.Key });
            key.HasIndex(k => k.CreatedAt);
        });
        modelBuilder.Entity<DataProtectionKey>().ToTable("data_protection_keys");
        NotificationModel.Configure(modelBuilder, JsonColumnType);
        AnalyticsModel.Configure(modelBuilder);
    }
}
