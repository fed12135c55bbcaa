using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>What a caller says about a rule; null: as it is, or the default. A secret or setting that is given as null is taken away.</summary>
public sealed record NotificationRuleInput(
    string? Channel, string? Name, IReadOnlyList<string>? Events, int? QuietSeconds, JsonElement? Settings, IReadOnlyDictionary<string, string?>? Secrets, bool? Enabled);

/// <summary>A rule as callers see it: of the secrets only the names.</summary>
/// <param name="Revealed">Secrets that were made just now: shown once.</param>
public sealed record NotificationRuleView(NotificationRule Rule, IReadOnlyList<string> SecretNames, IReadOnlyDictionary<string, string>? Revealed);

/// <summary>Who is told what about a bot.</summary>
public sealed class AdministerNotificationRules(
    IBotStore bots, INotificationRuleStore rules, IEnumerable<INotificationChannel> channels, IConnectionSecrets protection, RaiseNotification raise, TimeProvider time)
{
    private readonly Dictionary<string, INotificationChannel> _channels = channels.ToDictionary(c => c.Name);

    /// <exception cref="NotFoundException">There is no such bot.</exception>
    /// <exception cref="Domain.DomainException">A value lies outside its limits.</exception>
    /// <exception cref="InvalidInputException">There is no such channel, or it cannot do with the settings.</exception>
    public async Task<NotificationRuleView> CreateAsync(BotId bot, NotificationRuleInput input, Actor actor, CancellationToken cancellationToken)
    {
        if (await bots.FindAsync(bot, cancellationToken) is null)
        {
            throw new NotFoundException("bot");
        }
        if (!_channels.TryGetValue(input.Channel ?? "", out var channel))
        {
            throw new InvalidInputException("channel", $"The channel is one of: {string.Join(", ", _channels.Keys.Order(StringComparer.Ordinal))}.");
        }
        var now = time.GetUtcNow();
        var rule = new NotificationRule(bot, channel.Name, now);
        var (settings, secrets, revealed) = await PrepareAsync(channel, "{}", new Dictionary<string, string>(), input, cancellationToken);
        rule.Change(input.Name ?? channel.Name, input.Events ?? [], input.QuietSeconds ?? 0, settings.ToJsonString(), protection.Protect(secrets), now);
        if (input.Enabled == false)
        {
            rule.Disable(NotificationRule.SwitchedOff, now);
        }
        return await rules.AddAsync(rule, Audit(actor, "notification_rule.created", rule, null, View(rule, secrets.Keys)), cancellationToken)
            ? new NotificationRuleView(rule, [.. secrets.Keys.Order(StringComparer.Ordinal)], revealed)
            : throw new NotFoundException("bot");
    }

    /// <exception cref="NotFoundException">There is no such bot.</exception>
    public async Task<Page<NotificationRuleView>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken)
    {
        var list = await rules.ListAsync(bot, page, cancellationToken);
        return list.Items.Count > 0 || await bots.FindAsync(bot, cancellationToken) is not null ? list.Select(Show) : throw new NotFoundException("bot");
    }

    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public async Task<NotificationRuleView> ReadAsync(BotId bot, Guid id, CancellationToken cancellationToken) => Show(await FindAsync(bot, id, cancellationToken));

    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such rule.</exception>
    /// <exception cref="StaleVersionException">The rule has another version.</exception>
    /// <exception cref="Domain.DomainException">A value lies outside its limits.</exception>
    /// <exception cref="InvalidInputException">The channel cannot do with the settings, or is to be another one.</exception>
    public async Task<NotificationRuleView> ChangeAsync(BotId bot, Guid id, NotificationRuleInput input, ExpectedVersions? expected, Actor actor, CancellationToken cancellationToken)
    {
        var stored = await FindAsync(bot, id, cancellationToken);
        if (expected?.Include(stored.Version) == false)
        {
            throw new StaleVersionException();
        }
        if (input.Channel is not null && input.Channel != stored.Channel)
        {
            throw new InvalidInputException("channel", "A rule's channel cannot be changed; make another rule.");
        }
        if (!_channels.TryGetValue(stored.Channel, out var channel))
        {
            throw new InvalidInputException("channel", $"This build has no channel '{stored.Channel}'.");
        }
        var known = protection.Unprotect(stored.ProtectedSecrets) ?? new Dictionary<string, string>();
        var (settings, secrets, revealed) = await PrepareAsync(channel, stored.Settings, known, input, cancellationToken);
        var version = stored.Version;
        var changed = await rules.ChangeAsync(
            bot,
            id,
            rule =>
            {
                if (rule.Version != version)
                {
                    throw new StaleVersionException();
                }
                var now = time.GetUtcNow();
                var before = View(rule, known.Keys);
                rule.Change(input.Name ?? rule.Name, input.Events ?? rule.Events, input.QuietSeconds ?? rule.QuietSeconds, settings.ToJsonString(), protection.Protect(secrets), now);
                if (input.Enabled == false)
                {
                    rule.Disable(NotificationRule.SwitchedOff, now);
                }
                else if (input.Enabled == true)
                {
                    rule.Enable(now);
                }
                return Audit(actor, "notification_rule.changed", rule, before, View(rule, secrets.Keys));
            },
            cancellationToken) ?? throw new NotFoundException("notification rule");
        raise.Ring();
        return new NotificationRuleView(changed, [.. secrets.Keys.Order(StringComparer.Ordinal)], revealed);
    }

    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public async Task DeleteAsync(BotId bot, Guid id, Actor actor, CancellationToken cancellationToken)
    {
        var rule = await FindAsync(bot, id, cancellationToken);
        if (!await rules.DeleteAsync(bot, id, Audit(actor, "notification_rule.deleted", rule, View(rule, Show(rule).SecretNames), null), cancellationToken))
        {
            throw new NotFoundException("notification rule");
        }
    }

    /// <summary>Sends a test through the rule, in the way of everything else. Returns its event's id.</summary>
    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public async Task<Guid> TestAsync(BotId bot, Guid id, Actor actor, CancellationToken cancellationToken)
    {
        var rule = await FindAsync(bot, id, cancellationToken);
        var test = NotificationEvent.Test(bot);
        var audit = AuditEntry.Of(actor, "notification_rule.tested", "notification_rule", id, time.GetUtcNow(), bot, new { rule.Name, eventId = test.Id });
        if (!await rules.AppendAsync(bot, id, test, audit, cancellationToken))
        {
            throw new NotFoundException("notification rule");
        }
        raise.Ring();
        return test.Id;
    }

    private static AuditEntry Audit(Actor actor, string action, NotificationRule rule, object? before, object? after) =>
        AuditEntry.Of(actor, action, "notification_rule", rule.Id, rule.UpdatedAt, rule.BotId, before: before, after: after);

    private static object View(NotificationRule rule, IEnumerable<string> secretNames)
    {
        using var settings = JsonDocument.Parse(rule.Settings);
        return new
        {
            rule.Name,
            rule.Channel,
            rule.Events,
            rule.QuietSeconds,
            settings = settings.RootElement.Clone(),
            secrets = secretNames.Order(StringComparer.Ordinal).ToDictionary(name => name, _ => "***"),
            rule.DisabledReason,
        };
    }

    private static async Task<(JsonObject Settings, Dictionary<string, string> Secrets, Dictionary<string, string>? Revealed)> PrepareAsync(
        INotificationChannel channel, string storedSettings, IReadOnlyDictionary<string, string> storedSecrets, NotificationRuleInput input, CancellationToken cancellationToken)
    {
        var settings = ConnectionInput.Merge(storedSettings, input.Settings);
        var secrets = ConnectionInput.Merge(storedSecrets, input.Secrets);
        Dictionary<string, string>? revealed = null;
        foreach (var name in channel.GeneratedSecrets.Where(name => !secrets.ContainsKey(name)))
        {
            (revealed ??= [])[name] = secrets[name] = channel.Generate(name);
        }
        // A rule that cannot work any more can still be renamed and switched off.
        var isWanted = input.Settings is not null || input.Secrets is not null || input.Enabled == true || input.Channel is not null;
        var errors = isWanted ? await channel.ValidateAsync(settings, secrets, cancellationToken) : [];
        return errors.Count == 0 ? (settings, secrets, revealed) : throw new InvalidInputException(errors);
    }

    private async Task<NotificationRule> FindAsync(BotId bot, Guid id, CancellationToken cancellationToken) =>
        await rules.FindAsync(bot, id, cancellationToken) ?? throw new NotFoundException("notification rule");

    private NotificationRuleView Show(NotificationRule rule) =>
        new(rule, [.. (protection.Unprotect(rule.ProtectedSecrets)?.Keys ?? []).Order(StringComparer.Ordinal)], null);
}
