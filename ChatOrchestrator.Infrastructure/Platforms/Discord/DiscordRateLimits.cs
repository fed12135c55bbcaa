using System.Collections.Concurrent;
using System.Globalization;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// What Discord has said about how fast this process may call
/// (https://discord.com/developers/docs/topics/rate-limits): a route maps to a bucket, a bucket counts down per channel
/// or webhook, and a token as a whole may be held up too. Other processes count for themselves and learn from their 429s.
/// </summary>
internal sealed class DiscordRateLimits(TimeProvider time)
{
    /// <summary>More routes and channels than this are in use nowhere; what is forgotten is learned again.</summary>
    private const int MaxEntries = 20_000;

    private readonly ConcurrentDictionary<string, string> _buckets = new();
    private readonly ConcurrentDictionary<(string Bucket, string Major), Window> _windows = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _global = new();

    /// <summary>Takes one call of the route; the time to wait first, if it may not be made now.</summary>
    public TimeSpan Take(DiscordRoute route, string token)
    {
        var now = time.GetUtcNow();
        if (_global.TryGetValue(token, out var until) && until > now)
        {
            return until - now;
        }
        if (!_buckets.TryGetValue(route.Name, out var bucket) || !_windows.TryGetValue((bucket, route.Major), out var window))
        {
            return TimeSpan.Zero;
        }
        lock (window)
        {
            if (window.Reset <= now)
            {
                // One call finds out how many there are now.
                window.Remaining = Math.Max(window.Limit, 1);
                window.Reset = now + window.Length;
            }
            if (window.Remaining <= 0)
            {
                return window.Reset - now;
            }
            window.Remaining--;
            return TimeSpan.Zero;
        }
    }

    /// <summary>Remembers what an answer says of its bucket.</summary>
    public void Learn(DiscordRoute route, string token, PlatformAnswer answer)
    {
        var now = time.GetUtcNow();
        if (_buckets.Count > MaxEntries || _windows.Count > MaxEntries)
        {
            _buckets.Clear();
            _windows.Clear();
        }
        if (Header(answer, "X-RateLimit-Bucket") is { Length: > 0 and <= 100 } bucket
            && Number(answer, "X-RateLimit-Remaining") is { } remaining
            && Number(answer, "X-RateLimit-Reset-After") is { } after)
        {
            _buckets[route.Name] = bucket;
            var window = _windows.GetOrAdd((bucket, route.Major), _ => new Window());
            var reset = now + TimeSpan.FromSeconds(Math.Min(after, 86_400));
            lock (window)
            {
                // Answers may come in another order than the calls: within one window the smaller number is the later one.
                window.Remaining = reset > window.Reset + TimeSpan.FromMilliseconds(200) ? (int)remaining : Math.Min(window.Remaining, (int)remaining);
                window.Reset = reset;
                window.Length = TimeSpan.FromSeconds(Math.Min(after, 86_400));
                window.Limit = (int)(Number(answer, "X-RateLimit-Limit") ?? 1);
            }
        }
        if (answer.Status == System.Net.HttpStatusCode.TooManyRequests && IsGlobal(answer) && answer.RetryAfter is { } pause)
        {
            if (_global.Count > MaxEntries)
            {
                _global.Clear();
            }
            _global[token] = now + pause;
        }
    }

    private static bool IsGlobal(PlatformAnswer answer) =>
        Header(answer, "X-RateLimit-Global") is not null || Header(answer, "X-RateLimit-Scope") == "global";

    private static string? Header(PlatformAnswer answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static double? Number(PlatformAnswer answer, string name) =>
        double.TryParse(Header(answer, name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value < int.MaxValue
            ? value
            : null;

    private sealed class Window
    {
        public int Remaining { get; set; }

        public int Limit { get; set; }

        public DateTimeOffset Reset { get; set; }

        public TimeSpan Length { get; set; }
    }
}

/// <summary>A route as Discord counts calls.</summary>
/// <param name="Name">The method and the path without ids.</param>
/// <param name="Path">The path behind the API's base address.</param>
/// <param name="Major">The id that divides the bucket: the channel, or the webhook with its token.</param>
/// <param name="Authorized">Whether the bot's token goes along; a webhook's address is its own credential.</param>
internal sealed record DiscordRoute(HttpMethod Method, string Name, string Path, string Major = "", bool Authorized = true)
{
    public static DiscordRoute GatewayBot { get; } = new(HttpMethod.Get, "GET gateway/bot", "gateway/bot");

    public static DiscordRoute Me { get; } = new(HttpMethod.Get, "GET users/@me", "users/@me");

    public static DiscordRoute MyApplication { get; } = new(HttpMethod.Get, "GET applications/@me", "applications/@me");

    public static DiscordRoute OpenDirectMessage { get; } = new(HttpMethod.Post, "POST users/@me/channels", "users/@me/channels");

    public static DiscordRoute Channel(string id) => new(HttpMethod.Get, "GET channels/:id", $"channels/{id}", id);

    public static DiscordRoute CreateMessage(string channel) => new(HttpMethod.Post, "POST channels/:id/messages", $"channels/{channel}/messages", channel);

    public static DiscordRoute EditMessage(string channel, string id) =>
        new(HttpMethod.Patch, "PATCH channels/:id/messages/:id", $"channels/{channel}/messages/{id}", channel);

    public static DiscordRoute DeleteMessage(string channel, string id) =>
        new(HttpMethod.Delete, "DELETE channels/:id/messages/:id", $"channels/{channel}/messages/{id}", channel);

    public static DiscordRoute RecentMessages(string channel) =>
        new(HttpMethod.Get, "GET channels/:id/messages", $"channels/{channel}/messages?limit=50", channel);

    public static DiscordRoute Typing(string channel) => new(HttpMethod.Post, "POST channels/:id/typing", $"channels/{channel}/typing", channel);

    public static DiscordRoute PutCommands(string application) =>
        new(HttpMethod.Put, "PUT applications/:id/commands", $"applications/{application}/commands", application);

    public static DiscordRoute InteractionCallback(string id, string token) =>
        new(HttpMethod.Post, "POST interactions/callback", $"interactions/{id}/{token}/callback", token, Authorized: false);

    public static DiscordRoute EditOriginal(string application, string token) =>
        new(HttpMethod.Patch, "PATCH webhooks/@original", $"webhooks/{application}/{token}/messages/@original", token, Authorized: false);

    public static DiscordRoute FollowUp(string application, string token) =>
        new(HttpMethod.Post, "POST webhooks", $"webhooks/{application}/{token}?wait=true", token, Authorized: false);
}
