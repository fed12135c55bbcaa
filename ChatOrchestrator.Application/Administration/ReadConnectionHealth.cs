using System.Collections.Concurrent;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>
/// How each connection is doing: whether its platform takes the credentials and sends its webhooks here, what came in and
/// what failed last. The platform's answers are kept for <see cref="Freshness"/>, so that many who look cost it one call.
/// </summary>
public sealed class ReadConnectionHealth(
    IConnectionHealthStore store, INamedLeases leases, IConnectionDirectory directory, Platforms platforms, PublicAddress address, TimeProvider time) : IDisposable
{
    /// <summary>How long what a platform said is handed out again.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(30);

    /// <summary>How long a platform is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>More answers than this are not kept.</summary>
    private const int MaxKept = 10_000;

    private readonly ConcurrentDictionary<(ConnectionId Id, int Version), Asked> _answers = new();
    private readonly SemaphoreSlim _asking = new(8);

    public async Task<Page<ConnectionHealth>> HandleAsync(PageRequest page, BotScope scope, CancellationToken cancellationToken)
    {
        var records = await store.ListAsync(scope, page, cancellationToken);
        var health = (await Task.WhenAll(records.Items.Select(record => CheckAsync(record, cancellationToken)))).OfType<ConnectionHealth>().ToList();
        var listeners = await leases.HoldersAsync([.. health.Select(h => LeaseOf(h.Connection)).OfType<string>()], cancellationToken);
        return new Page<ConnectionHealth>(
            [.. health.Select(h => h with { Listener = LeaseOf(h.Connection) is { } lease ? listeners.GetValueOrDefault(lease) : null })], records.NextCursor);
    }

    public void Dispose() => _asking.Dispose();

    private string? LeaseOf(ConnectionSnapshot connection) =>
        platforms.TryFind(connection.Platform.Value, out var adapter) && adapter is IListens ? ListenerLease.NameOf(adapter, connection) : null;

    private async Task<ConnectionHealth?> CheckAsync(ConnectionRecord record, CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(record.Id, cancellationToken) is not { } connection)
        {
            return null;
        }
        var answers = await AnswersOf(connection).WaitAsync(cancellationToken);
        return new ConnectionHealth(connection, record, answers.Token, answers.TokenError, answers.Webhook, answers.CheckedAt);
    }

    private Task<PlatformAnswers> AnswersOf(ConnectionSnapshot connection)
    {
        var key = (connection.Id, connection.Version);
        if (_answers.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < Freshness)
        {
            return known.Answers.Value;
        }
        if (_answers.Count >= MaxKept)
        {
            _answers.Clear();
        }
        var asked = new Asked(new Lazy<Task<PlatformAnswers>>(() => AskAsync(connection)), time.GetTimestamp());
        // Whoever was faster is asking already.
        var kept = known is null ? _answers.GetOrAdd(key, asked) : _answers.TryUpdate(key, asked, known) ? asked : _answers.GetOrAdd(key, asked);
        return kept.Answers.Value;
    }

    /// <summary>Fails never: what a platform does not say is unknown.</summary>
    private async Task<PlatformAnswers> AskAsync(ConnectionSnapshot connection)
    {
        if (!platforms.TryFind(connection.Platform.Value, out var adapter))
        {
            return new PlatformAnswers(TokenState.Unknown, "platform_missing", new WebhookCheck(WebhookState.Unknown), time.GetUtcNow());
        }
        await _asking.WaitAsync();
        try
        {
            using var limit = new CancellationTokenSource(Patience, time);
            var (token, error) = await TokenAsync(adapter, connection, limit.Token);
            var webhook = token == TokenState.Refused ? new WebhookCheck(WebhookState.Unknown) : await WebhookAsync(adapter, connection, limit.Token);
            return new PlatformAnswers(token, error, webhook, time.GetUtcNow());
        }
        finally
        {
            _asking.Release();
        }
    }

    private static async Task<(TokenState State, string? Error)> TokenAsync(IPlatformAdapter adapter, ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        if (adapter is not IDescribesConnection platform)
        {
            return (TokenState.NotUsed, null);
        }
        try
        {
            await platform.DescribeAsync(connection, cancellationToken);
            return (TokenState.Valid, null);
        }
        catch (PlatformException e)
        {
            return (e.Permanent ? TokenState.Refused : TokenState.Unknown, e.Message);
        }
        catch (OperationCanceledException)
        {
            return (TokenState.Unknown, "timed_out");
        }
    }

    private async Task<WebhookCheck> WebhookAsync(IPlatformAdapter adapter, ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        if (adapter is not IRegistersWebhooks || address.Url is not { } url)
        {
            return new WebhookCheck(WebhookState.NotUsed);
        }
        if (adapter is not IChecksWebhooks platform)
        {
            return new WebhookCheck(WebhookState.Unknown);
        }
        try
        {
            return await platform.CheckWebhookAsync(connection, address.Webhook(connection.Platform, connection.Id, url), cancellationToken);
        }
        catch (PlatformException e)
        {
            return new WebhookCheck(WebhookState.Unknown, LastError: e.Message);
        }
        catch (OperationCanceledException)
        {
            return new WebhookCheck(WebhookState.Unknown, LastError: "timed_out");
        }
    }

    private sealed record Asked(Lazy<Task<PlatformAnswers>> Answers, long At);

    private sealed record PlatformAnswers(TokenState Token, string? TokenError, WebhookCheck Webhook, DateTimeOffset CheckedAt);
}

/// <summary>Whether a platform takes a connection's credentials.</summary>
public enum TokenState
{
    /// <summary>The platform has none.</summary>
    NotUsed = 0,

    /// <summary>It takes them.</summary>
    Valid = 1,

    /// <summary>It refuses them.</summary>
    Refused = 2,

    /// <summary>It could not be asked.</summary>
    Unknown = 3,
}

/// <summary>How a connection is doing.</summary>
public sealed record ConnectionHealth(
    ConnectionSnapshot Connection, ConnectionRecord Record, TokenState Token, string? TokenError, WebhookCheck Webhook, DateTimeOffset CheckedAt)
{
    /// <summary>Who listens to the platform for it now.</summary>
    public string? Listener { get; init; }

    /// <summary><c>down</c>: nothing can come in or go out; <c>degraded</c>: look at it; <c>ok</c>.</summary>
    public string Status =>
        Connection.DisabledReason is not null || Token == TokenState.Refused || Webhook.State is WebhookState.Missing or WebhookState.Elsewhere ? "down"
        : Token == TokenState.Unknown || Webhook.State == WebhookState.Unknown || Webhook.Waiting > 100 ? "degraded"
        : "ok";
}
