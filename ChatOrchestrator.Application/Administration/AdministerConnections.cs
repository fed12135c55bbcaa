using System.Buffers.Text;
using System.Security.Cryptography;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Connects a bot to a platform.</summary>
public sealed class CreateConnection(
    IBotStore bots,
    IConnectionStore connections,
    IConnectionSecrets protection,
    Platforms platforms,
    IntroduceConnection introduce,
    IConnectionDirectory directory,
    TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such bot.</exception>
    /// <exception cref="DomainException">The platform or the name is not valid.</exception>
    /// <exception cref="InvalidInputException">The secrets or the settings are not valid.</exception>
    public async Task<ConnectionView> HandleAsync(BotId botId, NewConnection input, Actor actor, CancellationToken cancellationToken)
    {
        var bot = await bots.FindAsync(botId, cancellationToken) ?? throw new NotFoundException("bot");
        if (!platforms.TryFind(input.Platform ?? "", out var adapter))
        {
            throw new InvalidInputException("platform", $"The platform is one of: {string.Join(", ", platforms.Names)}.");
        }
        var settings = ConnectionInput.Merge("{}", input.Settings);
        var secrets = ConnectionInput.Merge(new Dictionary<string, string>(), input.Secrets);
        foreach (var name in (adapter as IGeneratesSecrets)?.GeneratedSecrets ?? [])
        {
            secrets.TryAdd(name, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
        }
        ConnectionInput.Require(adapter, secrets, settings);
        var protectedSecrets = protection.Protect(secrets);
        var proposed = new PlatformConnection(botId, adapter.Platform, input.DisplayName ?? bot.Name, settings.ToJsonString(), protectedSecrets, time.GetUtcNow());
        var warnings = new List<string>();
        await introduce.DescribeAsync(ConnectionSnapshots.Of(proposed, bot, secrets), settings, warnings, cancellationToken);
        var connection = new PlatformConnection(botId, adapter.Platform, proposed.DisplayName, settings.ToJsonString(), protectedSecrets, time.GetUtcNow(), input.Id);
        var audit = ConnectionAudit.Of(actor, "connection.created", connection, time.GetUtcNow(), null, ConnectionAudit.View(connection, secrets.Keys));
        if (!await connections.AddAsync(connection, audit, cancellationToken))
        {
            throw new NotFoundException("bot");
        }
        await directory.ChangedAsync(connection.Id, cancellationToken);
        await introduce.RegisterAsync(ConnectionSnapshots.Of(connection, bot, secrets), warnings, cancellationToken);
        return new ConnectionView(connection, [.. secrets.Keys.Order(StringComparer.Ordinal)], warnings);
    }
}

/// <summary>Shows connections, and which secrets they have; who looked is noted.</summary>
public sealed class ReadConnections(IBotStore bots, IConnectionStore connections, IConnectionSecrets protection, IAuditLog audit, TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such bot.</exception>
    public async Task<Page<ConnectionView>> HandleAsync(BotId bot, PageRequest page, Actor actor, CancellationToken cancellationToken)
    {
        var list = await connections.ListAsync(bot, page, cancellationToken);
        if (list.Items.Count == 0 && await bots.FindAsync(bot, cancellationToken) is null)
        {
            throw new NotFoundException("bot");
        }
        var detail = new { connectionIds = list.Items.Select(c => c.Id.Value) };
        await audit.AppendAsync(AuditEntry.Of(actor, "connection.listed", "bot", bot, time.GetUtcNow(), bot, detail), cancellationToken);
        return list.Select(View);
    }

    /// <exception cref="NotFoundException">There is no such connection.</exception>
    public async Task<ConnectionView> HandleAsync(ConnectionId id, Actor actor, CancellationToken cancellationToken)
    {
        var connection = await connections.FindAsync(id, cancellationToken) ?? throw new NotFoundException("connection");
        await audit.AppendAsync(ConnectionAudit.Of(actor, "connection.read", connection, time.GetUtcNow()), cancellationToken);
        return View(connection);
    }

    private ConnectionView View(PlatformConnection connection)
    {
        var secrets = protection.Unprotect(connection.ProtectedSecrets);
        return new ConnectionView(
            connection,
            [.. (secrets?.Keys ?? []).Order(StringComparer.Ordinal)],
            secrets is null ? ["The secrets cannot be decrypted: the key ring was lost. Give them again."] : []);
    }
}

/// <summary>
/// Changes a connection, and makes every process see it. New secrets bring a disabled connection back, and what waited there
/// goes on at once.
/// </summary>
public sealed class ChangeConnection(
    IBotStore bots,
    IConnectionStore connections,
    IConnectionSecrets protection,
    Platforms platforms,
    IntroduceConnection introduce,
    IConnectionDirectory directory,
    WakeRestingLanes wake,
    TimeProvider time)
{
    /// <summary>The reason that a connection is off when an operator switched it off.</summary>
    public const string SwitchedOff = "switched_off";

    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such connection.</exception>
    /// <exception cref="StaleVersionException">The connection has another version.</exception>
    /// <exception cref="DomainException">The name is not valid.</exception>
    /// <exception cref="InvalidInputException">The secrets or the settings are not valid.</exception>
    public async Task<ConnectionView> HandleAsync(ConnectionId id, ConnectionChange input, ExpectedVersions? expected, Actor actor, CancellationToken cancellationToken)
    {
        var stored = await connections.FindAsync(id, cancellationToken) ?? throw new NotFoundException("connection");
        var bot = await bots.FindAsync(stored.BotId, cancellationToken) ?? throw new NotFoundException("connection");
        if (expected?.Include(stored.Version) == false)
        {
            throw new StaleVersionException();
        }
        var adapter = platforms.Get(stored.Platform);
        var settings = ConnectionInput.Merge(stored.Settings, input.Settings);
        var known = protection.Unprotect(stored.ProtectedSecrets) ?? new Dictionary<string, string>();
        var secrets = ConnectionInput.Merge(known, input.Secrets);
        var warnings = new List<string>();
        var newSecrets = input.Secrets is { Count: > 0 };
        if (newSecrets || input.Settings is not null)
        {
            ConnectionInput.Require(adapter, secrets, settings);
        }
        if (newSecrets)
        {
            var proposed = new PlatformConnection(stored.BotId, stored.Platform, stored.DisplayName, settings.ToJsonString(), stored.ProtectedSecrets, time.GetUtcNow());
            await introduce.DescribeAsync(ConnectionSnapshots.Of(proposed, bot, secrets), settings, warnings, cancellationToken);
        }
        var version = stored.Version;
        var changed = await connections.ChangeAsync(
            id,
            connection =>
            {
                if (connection.Version != version)
                {
                    throw new StaleVersionException();
                }
                var before = ConnectionAudit.View(connection, known.Keys);
                connection.Change(
                    input.DisplayName ?? connection.DisplayName,
                    settings.ToJsonString(),
                    newSecrets ? protection.Protect(secrets) : connection.ProtectedSecrets,
                    time.GetUtcNow());
                if (input.Enabled == false)
                {
                    connection.Disable(SwitchedOff, time.GetUtcNow());
                }
                else if (connection.DisabledReason is not null && (input.Enabled == true || newSecrets))
                {
                    connection.Enable(time.GetUtcNow());
                }
                return ConnectionAudit.Of(
                    actor, "connection.changed", connection, connection.UpdatedAt, before, ConnectionAudit.View(connection, secrets.Keys),
                    newSecrets ? new { changedSecrets = input.Secrets!.Keys.Order(StringComparer.Ordinal) } : null);
            },
            cancellationToken) ?? throw new NotFoundException("connection");
        // It is changed: that the caller goes away must not keep the others from hearing of it, nor what waits there asleep.
        await directory.ChangedAsync(id, CancellationToken.None);
        if (changed.DisabledReason is null && (newSecrets || input.Settings is not null || input.Enabled == true))
        {
            await wake.HandleAsync(id, CancellationToken.None);
        }
        if (newSecrets || input.Enabled == true)
        {
            await introduce.RegisterAsync(ConnectionSnapshots.Of(changed, bot, secrets), warnings, cancellationToken);
        }
        return new ConnectionView(changed, [.. secrets.Keys.Order(StringComparer.Ordinal)], warnings);
    }
}

/// <summary>Deletes a connection with everything that was said there.</summary>
public sealed class DeleteConnection(IConnectionStore connections, Platforms platforms, IConnectionDirectory directory, TimeProvider time)
{
    /// <summary>The reason that a connection is off while it is deleted.</summary>
    public const string Deleting = "deleting";

    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such connection.</exception>
    /// <exception cref="StaleVersionException">The connection has another version.</exception>
    public async Task HandleAsync(ConnectionId id, ExpectedVersions? expected, Actor actor, CancellationToken cancellationToken)
    {
        var snapshot = await directory.FindAsync(id, cancellationToken);
        // First nothing new may come in; then it can be emptied, in steps, also after an interruption.
        object? before = null;
        var stored = await connections.ChangeAsync(
            id,
            connection =>
            {
                if (expected?.Include(connection.Version) == false)
                {
                    throw new StaleVersionException();
                }
                before = ConnectionAudit.View(connection, snapshot?.Secrets.Keys ?? []);
                connection.Disable(Deleting, time.GetUtcNow());
                return null;
            },
            cancellationToken) ?? throw new NotFoundException("connection");
        await directory.ChangedAsync(id, cancellationToken);
        if (snapshot is not null && platforms.TryFind(snapshot.Platform.Value, out var adapter) && adapter is IRegistersWebhooks platform)
        {
            await platform.UnregisterAsync(snapshot, cancellationToken);
        }
        await connections.DeleteAsync(id, ConnectionAudit.Of(actor, "connection.deleted", stored, time.GetUtcNow(), before, null), cancellationToken);
        await directory.ChangedAsync(id, cancellationToken);
    }
}
