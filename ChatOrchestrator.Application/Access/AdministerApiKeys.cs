using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Access;

/// <summary>What a caller says about a new key.</summary>
public sealed record NewApiKey(string? Name, string? Role, IReadOnlyList<Guid>? BotIds, IReadOnlyList<string>? Permissions, DateTimeOffset? ExpiresAt);

/// <param name="Secret">Shown now and never again.</param>
public sealed record IssuedApiKey(ApiKey Key, RandomSecret Secret);

/// <summary>Makes, shows, replaces and deletes API keys.</summary>
public sealed class AdministerApiKeys(IApiKeyStore keys, GrantAccess grant, FindCaller callers, TimeProvider time)
{
    public const string Kind = "cok_";

    /// <exception cref="InvalidInputException">There is no such role, permission or bot.</exception>
    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    /// <exception cref="AccessRefusedException">The caller does not have what is asked for.</exception>
    public async Task<IssuedApiKey> CreateAsync(NewApiKey input, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var (role, scope) = await grant.HandleAsync(caller, input.Role, input.BotIds, input.Permissions, cancellationToken);
        var secret = RandomSecret.New(Kind);
        var now = time.GetUtcNow();
        var key = new ApiKey(input.Name ?? "", secret.Prefix, secret.Hash, role, scope, input.ExpiresAt?.ToUniversalTime(), actor.Name, now);
        await keys.AddAsync(key, Audit(actor, "api_key.created", key.Id, now, null, View(key)), cancellationToken);
        return new IssuedApiKey(key, secret);
    }

    public Task<Page<ApiKey>> ListAsync(string? prefix, PageRequest page, CancellationToken cancellationToken) => keys.ListAsync(prefix, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such key.</exception>
    public async Task<ApiKey> ReadAsync(Guid id, CancellationToken cancellationToken) => await keys.ReadAsync(id, cancellationToken) ?? throw new NotFoundException("API key");

    /// <exception cref="NotFoundException">There is no such key.</exception>
    /// <exception cref="DomainException">The overlap lies outside its limits, or the key has expired.</exception>
    /// <exception cref="AccessRefusedException">The key has a higher role than the caller.</exception>
    public async Task<IssuedApiKey> RotateAsync(Guid id, TimeSpan overlap, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var secret = RandomSecret.New(Kind);
        var key = await keys.ChangeAsync(
            id,
            stored =>
            {
                GrantAccess.RequireCovers(caller, stored.Role, stored.Scope);
                var (now, before) = (time.GetUtcNow(), View(stored));
                stored.Rotate(secret.Prefix, secret.Hash, overlap, now);
                return Audit(actor, "api_key.rotated", id, now, before, View(stored));
            },
            cancellationToken) ?? throw new NotFoundException("API key");
        callers.Changed();
        return new IssuedApiKey(key, secret);
    }

    /// <summary>The key is nobody's from now on.</summary>
    /// <exception cref="NotFoundException">There is no such key.</exception>
    /// <exception cref="AccessRefusedException">The key has a higher role than the caller.</exception>
    public async Task DeleteAsync(Guid id, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var key = await ReadAsync(id, cancellationToken);
        GrantAccess.RequireRole(caller, key.Role);
        if (!await keys.DeleteAsync(id, Audit(actor, "api_key.deleted", id, time.GetUtcNow(), View(key), null), cancellationToken))
        {
            throw new NotFoundException("API key");
        }
        callers.Changed();
    }

    private static object View(ApiKey key) => new { key.Name, key.Prefix, key.Role, key.Scope.BotIds, key.Scope.Permissions, key.ExpiresAt, key.PreviousExpiresAt };

    private static AuditEntry Audit(Actor actor, string action, Guid id, DateTimeOffset now, object? before, object? after) =>
        AuditEntry.Of(actor, action, "api_key", id, now, before: before, after: after);
}
