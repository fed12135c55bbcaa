using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>What every call of the HTTP API goes through: faults, the token, limits, and errors in Discord's form.</summary>
internal sealed class DiscordApi(DiscordNetwork network, SimulatorStats stats, TimeProvider time)
{
    private const long MaxBody = 25 << 20;
    private const int OtherCalls = 200;

    /// <param name="route">The route's name, for counting.</param>
    /// <param name="major">What divides its bucket.</param>
    /// <param name="authorized">Whether the bot's token is needed.</param>
    /// <param name="work">Runs with the network's lock held; null: answered 204.</param>
    public async Task HandleAsync(HttpContext http, string route, string major, bool authorized, Func<DiscordCall, JsonNode?> work)
    {
        stats.Increment($"discord.{route}");
        var fault = network.Faults.Take(http.Request.Method, http.Request.Path);
        try
        {
            if (fault is not null && await BreakAsync(http, fault))
            {
                return;
            }
            var (body, files) = await ReadAsync(http);
            JsonNode? result;
            lock (network.Sync)
            {
                var bot = network.Authenticate(TokenOf(http));
                if (authorized)
                {
                    Limit(http, bot ?? throw DiscordException.Unauthorized(), route, major);
                }
                result = work(new DiscordCall(http, bot!, body, files));
            }
            if (fault?.Kind == DiscordFaultKind.HangAfterAccept)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
            }
            if (fault?.Kind == DiscordFaultKind.AbortAfterAccept)
            {
                http.Abort();
                return;
            }
            await WriteAsync(http, result is null ? 204 : 200, result);
        }
        catch (DiscordException refusal)
        {
            await WriteAsync(http, refusal.Status, refusal.Body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            await WriteAsync(http, 400, new JsonObject { ["message"] = "400: Bad Request", ["code"] = 50109 });
        }
    }

    private async Task<bool> BreakAsync(HttpContext http, DiscordFault fault)
    {
        switch (fault.Kind)
        {
            case DiscordFaultKind.RateLimit:
                http.Response.Headers.RetryAfter = Number(Math.Ceiling(fault.RetryAfter));
                http.Response.Headers["X-RateLimit-Scope"] = fault.Global ? "global" : "user";
                if (fault.Global)
                {
                    http.Response.Headers["X-RateLimit-Global"] = "true";
                }
                await WriteAsync(http, 429, Limited(fault.RetryAfter, fault.Global));
                return true;
            case DiscordFaultKind.Error:
                await WriteAsync(http, fault.Status, new JsonObject { ["message"] = $"{fault.Status}: Error", ["code"] = fault.Code });
                return true;
            case DiscordFaultKind.BadGateway:
                http.Response.StatusCode = 502;
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html><body>502 Bad Gateway</body></html>");
                return true;
            case DiscordFaultKind.Latency:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, http.RequestAborted);
                return false;
            default:
                return false;
        }
    }

    private void Limit(HttpContext http, DiscordBot bot, string route, string major)
    {
        var global = network.Limits.Take($"global:{bot.Id}", network.Settings.CallsPerSecond, global: true);
        var bucket = network.Limits.Take($"{bot.Id}:{route}:{major}", route == "create_message" ? network.Settings.MessagesPerFiveSeconds : OtherCalls);
        if (bucket.Limit > 0)
        {
            http.Response.Headers["X-RateLimit-Limit"] = Number(bucket.Limit);
            http.Response.Headers["X-RateLimit-Remaining"] = Number(bucket.Remaining);
            http.Response.Headers["X-RateLimit-Reset-After"] = Number(bucket.ResetAfter);
            http.Response.Headers["X-RateLimit-Reset"] = Number((time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + bucket.ResetAfter);
            http.Response.Headers["X-RateLimit-Bucket"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(route)))[..32];
        }
        var (isGlobal, wait) = !global.Allowed ? (true, global.ResetAfter) : (false, bucket.ResetAfter);
        if (!global.Allowed || !bucket.Allowed)
        {
            stats.Increment("discord.limited");
            http.Response.Headers.RetryAfter = Number(Math.Ceiling(wait));
            http.Response.Headers["X-RateLimit-Scope"] = isGlobal ? "global" : "user";
            if (isGlobal)
            {
                http.Response.Headers["X-RateLimit-Global"] = "true";
            }
            var refusal = new DiscordException(429, 0, "You are being rate limited.");
            refusal.Body["retry_after"] = wait;
            refusal.Body["global"] = isGlobal;
            throw refusal;
        }
    }

    private static JsonObject Limited(double after, bool global) => new() { ["message"] = "You are being rate limited.", ["retry_after"] = after, ["global"] = global };

    private static string? TokenOf(HttpContext http) =>
        http.Request.Headers.Authorization.ToString() is { } value && value.StartsWith("Bot ", StringComparison.Ordinal) ? value["Bot ".Length..] : null;

    private static async Task<(JsonObject Body, IReadOnlyList<IFormFile> Files)> ReadAsync(HttpContext http)
    {
        if (http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBody;
        }
        if (http.Request.HasFormContentType)
        {
            var form = await http.Request.ReadFormAsync(http.RequestAborted);
            return (JsonNode.Parse(form["payload_json"].FirstOrDefault() ?? "{}") as JsonObject ?? [], [.. form.Files]);
        }
        using var bytes = new MemoryStream();
        await http.Request.Body.CopyToAsync(bytes, http.RequestAborted);
        return bytes.Length == 0 ? ([], [])
            : JsonNode.Parse(bytes.ToArray()) switch
            {
                JsonObject body => (body, []),
                JsonArray list => (new JsonObject { ["list"] = list }, []),
                _ => throw new JsonException(),
            };
    }

    private static async Task WriteAsync(HttpContext http, int status, JsonNode? body)
    {
        http.Response.StatusCode = status;
        if (body is not null)
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(body.ToJsonString());
        }
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>A call.</summary>
/// <param name="Bot">The bot whose token it has; only a call that needs none may do without.</param>
/// <param name="Body">The JSON body; an array is its <c>list</c>.</param>
internal sealed record DiscordCall(HttpContext Http, DiscordBot Bot, JsonObject Body, IReadOnlyList<IFormFile> Files)
{
    public string Route(string name) => (string)Http.Request.RouteValues[name]!;
}
