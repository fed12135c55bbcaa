using System.Data.Common;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Model;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ApiKeyStore(ChatDatabase database, TimeProvider time) : IApiKeyStore
{
    private const string ListName = "apikeys";

    private const string Columns =
        "id, name, prefix, hash, role, scope, expires_at, previous_hash, previous_expires_at, stamp, created_by, created_at, last_used_at";

    // $1 id.
    private const string ById = $"SELECT {Columns} FROM api_keys WHERE id = $1";

    // $1 hash, $2 now.
    private const string ByHash = $"SELECT {Columns} FROM api_keys WHERE hash = $1 OR (previous_hash = $1 AND previous_expires_at > $2)";

    // $1 id of the last one before, $2 how the key begins or '', $3 how many.
    private const string List = $"SELECT {Columns} FROM api_keys WHERE id > $1 AND substr(prefix, 1, length($2)) = $2 ORDER BY id LIMIT $3";

    // $1 name.
    private const string Named = "SELECT 1 FROM api_keys WHERE name = $1 LIMIT 1";

    // $1… in the order of the columns.
    private const string Add = $"INSERT INTO api_keys ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

    // $1 id, $2 the stamp it had, $3 prefix, $4 hash, $5 previous hash, $6 previous expires, $7 stamp.
    private const string Save =
        "UPDATE api_keys SET prefix = $3, hash = $4, previous_hash = $5, previous_expires_at = $6, stamp = $7 WHERE id = $1 AND stamp = $2";

    // $1 id, $2 when.
    private const string Used = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

    // $1 id.
    private const string Delete = "DELETE FROM api_keys WHERE id = $1";

    public async Task<FoundCaller?> FindAsync(string hash, CancellationToken cancellationToken) =>
        await CallerAsync(await database.FindAsync(ByHash, Read, cancellationToken, hash, time.GetUtcNow()), hash, cancellationToken);

    public async Task<FoundCaller?> FindAsync(Guid id, CancellationToken cancellationToken) => await CallerAsync(await ReadAsync(id, cancellationToken), null, cancellationToken);

    public Task<ApiKey?> ReadAsync(Guid id, CancellationToken cancellationToken) => database.FindAsync(ById, Read, cancellationToken, id);

    public async Task<Page<ApiKey>> ListAsync(string? prefix, PageRequest page, CancellationToken cancellationToken)
    {
        var after = page.Cursor is { } cursor ? Cursor.ToId(ListName, cursor) : Guid.Empty;
        var items = await database.ListAsync(List, Read, cancellationToken, after, prefix ?? "", page.Limit + 1);
        return Pages.Of(items, page, k => Cursor.Encode(ListName, k.Id));
    }

    public Task AddAsync(ApiKey key, AuditEntry audit, CancellationToken cancellationToken) => database.TransactAsync(
        async connection =>
        {
            await AddAsync(connection, key, cancellationToken);
            await connection.NoteAsync(audit, cancellationToken);
        },
        cancellationToken);

    public Task<bool> AddFirstAsync(ApiKey key, CancellationToken cancellationToken) => database.TransactAsync(
        async connection => (await connection.ListAsync(Named, row => row.GetInt32(0), cancellationToken, key.Name)).Count == 0
            && await AddAsync(connection, key, cancellationToken) > 0,
        cancellationToken);

    public Task<ApiKey?> ChangeAsync(Guid id, Func<ApiKey, AuditEntry> change, CancellationToken cancellationToken) => database.ChangeAsync(
        ById, Read, id,
        async (connection, key) =>
        {
            var stamp = key.Stamp;
            var audit = change(key);
            // When it was last used is noted by others meanwhile.
            if (key.Stamp != stamp
                && await connection.RunAsync(Save, cancellationToken, id, stamp, key.Prefix, key.Hash, key.PreviousHash, key.PreviousExpiresAt, key.Stamp) == 0)
            {
                return false;
            }
            await connection.NoteAsync(audit, cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<bool> DeleteAsync(Guid id, AuditEntry audit, CancellationToken cancellationToken) => database.TransactAsync(
        async connection =>
        {
            if (await connection.RunAsync(Delete, cancellationToken, id) == 0)
            {
                return false;
            }
            await connection.NoteAsync(audit, cancellationToken);
            return true;
        },
        cancellationToken);

    public Task NoteUsesAsync(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancellationToken) => database.TransactAsync(
        async connection =>
        {
            // In one order, as all processes do: none of them waits for another in a circle.
            foreach (var (id, at) in uses.OrderBy(use => use.Key))
            {
                await connection.RunAsync(Used, cancellationToken, id, at);
            }
        },
        cancellationToken);

    private static ApiKey Read(DbDataReader row) => ApiKey.FromStore(
        row.GetGuid(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        RoleNames.Parse(row.GetString(4)) ?? Role.Viewer,
        Converters.Read<AccessScope>(row.GetString(5)),
        row.GetTimeOrNull(6),
        row.GetText(7),
        row.GetTimeOrNull(8),
        row.GetInt32(9),
        row.GetString(10),
        row.GetTime(11),
        row.GetTimeOrNull(12));

    private static Task<int> AddAsync(DbConnection connection, ApiKey key, CancellationToken cancellationToken) => connection.RunAsync(
        Add, cancellationToken,
        key.Id, key.Name, key.Prefix, key.Hash, RoleNames.Of(key.Role), StoredJson.Of(key.Scope), key.ExpiresAt, key.PreviousHash, key.PreviousExpiresAt, key.Stamp,
        key.CreatedBy, key.CreatedAt, key.LastUsedAt);

    private async Task<FoundCaller?> CallerAsync(ApiKey? key, string? hash, CancellationToken cancellationToken)
    {
        if (key is null || await BotsThatAreLeft.OfAsync(database, key.Scope, cancellationToken) is not (true, var bots))
        {
            return null;
        }
        var caller = FindCaller.Of(key, bots);
        // The key from before a rotation stops earlier.
        return new FoundCaller(key.Id, hash is not null && hash != key.Hash ? caller with { ExpiresAt = Earlier(key.ExpiresAt, key.PreviousExpiresAt) } : caller);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}

internal static class BotsThatAreLeft
{
    /// <summary>Of the bots that something is limited to those that exist. Not left: it was limited to bots that are all gone.</summary>
    public static async Task<(bool Left, IReadOnlyList<BotId>? Bots)> OfAsync(ChatDatabase database, AccessScope scope, CancellationToken cancellationToken)
    {
        if (scope.BotIds is not { } ids)
        {
            return (true, null);
        }
        // $1… the bots.
        var left = await database.ListAsync(
            $"SELECT id FROM bots WHERE id IN ({PlainStatements.Parameters(1, ids.Count)})", row => new BotId(row.GetGuid(0)), cancellationToken, [.. ids.Select(id => (object)id)]);
        return (left.Count > 0, left);
    }
}
