using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Bots with their connections, to be kept in a file or carried to another deployment. Of the secrets it holds the names.</summary>
public sealed record BotDocument(int Format, IReadOnlyList<ExportedBot> Bots)
{
    /// <summary>The only form there has been.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Strict: a field that is misspelt must not be taken for one that was left out.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <param name="Bot">What the API takes.</param>
public sealed record ExportedBot(Guid Id, BotInput Bot, IReadOnlyList<ExportedConnection> Connections);

/// <param name="Secrets">The names of the secrets that it has.</param>
public sealed record ExportedConnection(Guid Id, string Platform, string DisplayName, JsonElement Settings, IReadOnlyList<string> Secrets);

/// <summary>Reads all bots and their connections.</summary>
public sealed class ExportBots(IBotStore bots, IConnectionStore connections, IConnectionSecrets protection)
{
    public async Task<BotDocument> HandleAsync(CancellationToken cancellationToken)
    {
        var exported = new List<ExportedBot>();
        await foreach (var bot in AllAsync(page => bots.ListAsync(BotScope.All, page, cancellationToken)))
        {
            var its = new List<ExportedConnection>();
            await foreach (var connection in AllAsync(page => connections.ListAsync(bot.Id, page, cancellationToken)))
            {
                var names = protection.Unprotect(connection.ProtectedSecrets)?.Keys ?? [];
                using var settings = JsonDocument.Parse(connection.Settings);
                its.Add(new(connection.Id.Value, connection.Platform.Value, connection.DisplayName, settings.RootElement.Clone(), [.. names.Order(StringComparer.Ordinal)]));
            }
            exported.Add(new(bot.Id.Value, BotAudit.Input(bot), its));
        }
        return new BotDocument(BotDocument.CurrentFormat, exported);
    }

    private static async IAsyncEnumerable<T> AllAsync<T>(Func<PageRequest, Task<Page<T>>> list)
    {
        string? cursor = null;
        do
        {
            var page = await list(new PageRequest(PageRequest.MaxLimit, cursor));
            foreach (var item in page.Items)
            {
                yield return item;
            }
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}

/// <summary>What became of a bot or connection of a document.</summary>
/// <param name="What">Which.</param>
/// <param name="Outcome"><c>created</c>, <c>changed</c>, <c>unchanged</c> or <c>needs_secrets</c>.</param>
/// <param name="Hint">What is left to do; null: nothing.</param>
public sealed record Imported(string What, string Outcome, string? Hint = null);

/// <summary>
/// Makes the bots and connections of a document be as it says, by their ids; what it does not name stays. A second time it
/// changes nothing. Connections whose platform needs secrets are not made: the document has none.
/// </summary>
public sealed class ImportBots(IBotStore bots, IConnectionStore connections, Platforms platforms, CreateBot createBot, ChangeBot changeBot, CreateConnection createConnection, ChangeConnection changeConnection, TimeProvider time)
{
    /// <exception cref="InvalidInputException">The document is not one of ours; nothing was changed.</exception>
    /// <exception cref="Domain.DomainException">A value lies outside its limits; nothing was changed.</exception>
    public async Task<IReadOnlyList<Imported>> HandleAsync(BotDocument document, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(document, cancellationToken);
        var outcomes = new List<Imported>();
        foreach (var exported in document.Bots)
        {
            outcomes.Add(new($"bot {exported.Bot.Name} ({exported.Id})", await ImportAsync(exported, actor, cancellationToken)));
            foreach (var connection in exported.Connections)
            {
                outcomes.Add(await ImportAsync(new BotId(exported.Id), connection, actor, cancellationToken));
            }
        }
        return outcomes;
    }

    private async Task RequireAsync(BotDocument document, CancellationToken cancellationToken)
    {
        if (document.Format != BotDocument.CurrentFormat)
        {
            throw new InvalidInputException("format", $"The format is {BotDocument.CurrentFormat}.");
        }
        foreach (var exported in document.Bots)
        {
            _ = new Bot(exported.Bot.Name, exported.Bot.Ai, exported.Bot.Processing, time.GetUtcNow(), new BotId(exported.Id));
            foreach (var connection in exported.Connections)
            {
                if (!platforms.TryFind(connection.Platform, out _))
                {
                    throw new InvalidInputException("platform", $"'{connection.Platform}' is not one of: {string.Join(", ", platforms.Names)}.");
                }
                if (await connections.FindAsync(new ConnectionId(connection.Id), cancellationToken) is { } stored && (stored.BotId.Value != exported.Id || stored.Platform.Value != connection.Platform))
                {
                    throw new InvalidInputException("connections", $"Connection {connection.Id} is stored with another bot or platform.");
                }
            }
        }
    }

    private async Task<string> ImportAsync(ExportedBot exported, Actor actor, CancellationToken cancellationToken)
    {
        var id = new BotId(exported.Id);
        if (await bots.FindAsync(id, cancellationToken) is not { } stored)
        {
            await createBot.HandleAsync(exported.Bot, actor, cancellationToken, id);
            return "created";
        }
        if (Same(JsonSerializer.SerializeToNode(BotAudit.Input(stored), BotDocument.Json), JsonSerializer.SerializeToNode(exported.Bot, BotDocument.Json)))
        {
            return "unchanged";
        }
        await changeBot.HandleAsync(id, _ => exported.Bot, null, actor, cancellationToken);
        return "changed";
    }

    private async Task<Imported> ImportAsync(BotId bot, ExportedConnection exported, Actor actor, CancellationToken cancellationToken)
    {
        var (id, what) = (new ConnectionId(exported.Id), $"connection {exported.DisplayName} ({exported.Platform}, {exported.Id})");
        if (await connections.FindAsync(id, cancellationToken) is { } stored)
        {
            if (stored.DisplayName == exported.DisplayName && Same(JsonNode.Parse(stored.Settings), JsonSerializer.SerializeToNode(exported.Settings)))
            {
                return new(what, "unchanged");
            }
            await changeConnection.HandleAsync(id, new ConnectionChange(exported.DisplayName, null, Replace(stored.Settings, exported.Settings), null), null, actor, cancellationToken);
            return new(what, "changed");
        }
        var generated = platforms.Get(PlatformName.From(exported.Platform)) is IGeneratesSecrets generates ? generates.GeneratedSecrets : [];
        var needed = exported.Secrets.Except(generated).ToList();
        if (needed.Count > 0)
        {
            return new(what, "needs_secrets", $"connect it with {string.Join(", ", needed)}: POST /api/v1/bots/{bot}/connections");
        }
        await createConnection.HandleAsync(bot, new NewConnection(exported.Platform, exported.DisplayName, null, exported.Settings) { Id = id }, actor, cancellationToken);
        return new(what, "created");
    }

    /// <summary>The change that leaves exactly these settings: what is not among them is taken away.</summary>
    private static JsonElement Replace(string stored, JsonElement settings)
    {
        var change = JsonNode.Parse(stored) as JsonObject ?? [];
        foreach (var name in change.Select(setting => setting.Key).ToList())
        {
            change[name] = null;
        }
        foreach (var setting in settings.EnumerateObject())
        {
            change[setting.Name] = JsonNode.Parse(setting.Value.GetRawText());
        }
        return JsonSerializer.SerializeToElement(change);
    }

    private static bool Same(JsonNode? one, JsonNode? other) => JsonNode.DeepEquals(one, other);
}
