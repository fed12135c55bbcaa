using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class BotStore(ChatDatabase database) : IBotStore
{
    private const string ListName = "bots";

    private const string Any = "SELECT 1 FROM bots LIMIT 1";

    // $1 id.
    private const string ById = $"SELECT {BotRow.Columns} FROM bots b WHERE b.id = $1";

    // $1 id of the last one before, $2 how many.
    private const string List = $"SELECT {BotRow.Columns} FROM bots b WHERE b.id > $1 ORDER BY b.id LIMIT $2";

    // $1 id, $2 name, $3 ai, $4 processing, $5 prompt version, $6 version, $7 created, $8 updated.
    private const string Add = "INSERT INTO bots (id, name, ai, processing, prompt_version, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    // $1 id, $2 the version it had, $3 name, $4 ai, $5 processing, $6 prompt version, $7 version, $8 updated.
    private const string Save = "UPDATE bots SET name = $3, ai = $4, processing = $5, prompt_version = $6, version = $7, updated_at = $8 WHERE id = $1 AND version = $2";

    // $1 id.
    private const string Delete = "DELETE FROM bots WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.bot_id = $1)";
    private const string DeleteDays = "DELETE FROM budget_days WHERE bot_id = $1";
    private const string DeleteReservations = "DELETE FROM budget_reservations WHERE bot_id = $1";

    public Task<Bot?> FindAsync(BotId id, CancellationToken cancellationToken) => database.FindAsync(ById, BotRow.Read, cancellationToken, id.Value);

    public async Task<Page<Bot>> ListAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken)
    {
        var after = page.Cursor is { } cursor ? Cursor.ToId(ListName, cursor) : Guid.Empty;
        var items = scope.Only switch
        {
            null => await database.ListAsync(List, BotRow.Read, cancellationToken, after, page.Limit + 1),
            { Count: 0 } => [],
            var only => await database.ListAsync(ListOf(only.Count), BotRow.Read, cancellationToken, [after, page.Limit + 1, .. only.Select(id => id.Value)]),
        };
        return Pages.Of(items, page, b => Cursor.Encode(ListName, b.Id.Value));
    }

    public Task AddAsync(Bot bot, AuditEntry? audit, CancellationToken cancellationToken) => database.TransactAsync(
        async connection =>
        {
            await connection.RunAsync(
                Add, cancellationToken,
                bot.Id.Value, bot.Name, StoredJson.Of(bot.Ai), StoredJson.Of(bot.Processing), bot.PromptVersion, bot.Version, bot.CreatedAt, bot.UpdatedAt);
            await connection.NoteAsync(audit, cancellationToken);
        },
        cancellationToken);

    public Task<Bot?> ChangeAsync(BotId id, Func<Bot, AuditEntry?> change, CancellationToken cancellationToken) => database.ChangeAsync(
        ById, BotRow.Read, id.Value,
        async (connection, bot) =>
        {
            var version = bot.Version;
            var audit = change(bot);
            if (bot.Version != version && await connection.RunAsync(
                Save, cancellationToken,
                id.Value, version, bot.Name, StoredJson.Of(bot.Ai), StoredJson.Of(bot.Processing), bot.PromptVersion, bot.Version, bot.UpdatedAt) == 0)
            {
                return false;
            }
            await connection.NoteAsync(audit, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<bool> DeleteAsync(BotId id, AuditEntry? audit, CancellationToken cancellationToken)
    {
        try
        {
            return await database.TransactAsync(
                async connection =>
                {
                    if (await connection.RunAsync(Delete, cancellationToken, id.Value) == 0)
                    {
                        return false;
                    }
                    await connection.RunAsync(DeleteDays, cancellationToken, id.Value);
                    await connection.RunAsync(DeleteReservations, cancellationToken, id.Value);
                    await connection.NoteAsync(audit, cancellationToken);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public async Task<bool> AnyAsync(CancellationToken cancellationToken) => (await database.ListAsync(Any, row => row.GetInt32(0), cancellationToken)).Count > 0;

    // $1 id of the last one before, $2 how many, $3… the bots that may be seen.
    private static string ListOf(int count) =>
        $"SELECT {BotRow.Columns} FROM bots b WHERE b.id > $1 AND b.id IN ({PlainStatements.Parameters(3, count)}) ORDER BY b.id LIMIT $2";
}
