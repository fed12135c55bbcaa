using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>An endpoint whose success is kept for those who send the same <c>Idempotency-Key</c> again.</summary>
internal sealed record IdempotentMetadata;

/// <summary>The key was used for something else: 422.</summary>
internal sealed class IdempotencyKeyReusedException() : Exception("This Idempotency-Key was used for another request.");

/// <summary>The first request with this key has not been answered: 409.</summary>
internal sealed class IdempotencyKeyBusyException(bool lost) : Exception(lost
    ? "The first request with this Idempotency-Key did not come to its end. See whether it took effect, then use another key."
    : "The first request with this Idempotency-Key is not answered yet; try again in a moment.");

/// <summary>
/// <c>Idempotency-Key</c> on what creates: the same request with the same key has one effect and, for a day, one answer.
/// Only successes are kept; after an error the key may be used again.
/// </summary>
/// <remarks>https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/</remarks>
internal static class IdempotentRequests
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";

    private const int MaxKeyLength = 255;

    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(2);

    public static RouteHandlerBuilder AcceptsIdempotencyKey(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new IdempotentMetadata()).ProducesProblem(StatusCodes.Status409Conflict);

    public static void UseIdempotency(this WebApplication app) => app.Use(static (http, next) =>
        http.Request.Headers.TryGetValue(Header, out var given) && http.GetEndpoint()?.Metadata.GetMetadata<IdempotentMetadata>() is not null
            ? HandleAsync(http, given.ToString(), next)
            : next(http));

    private static async Task HandleAsync(HttpContext http, string key, RequestDelegate next)
    {
        if (key.Length is 0 or > MaxKeyLength || key.Any(c => c is < '!' or > '~'))
        {
            throw new MalformedQueryException(Header, $"{Header} has 1 to {MaxKeyLength} visible ASCII characters.");
        }
        var caller = Acting.Of(http).Caller.Subject;
        var hash = await HashAsync(http.Request);
        var store = http.RequestServices.GetRequiredService<IIdempotencyStore>();
        if (await store.ReserveAsync(caller, key, hash, http.RequestAborted) is { } kept)
        {
            var time = http.RequestServices.GetRequiredService<TimeProvider>();
            await (kept switch
            {
                { } k when k.RequestHash != hash => throw new IdempotencyKeyReusedException(),
                { Answer: { } answer } => ReplayAsync(http, answer),
                { } k => throw new IdempotencyKeyBusyException(lost: time.GetUtcNow() - k.Since > LongestRequest),
            });
            return;
        }
        // A caller who gives up now would not know whether it was done; so it is done, and kept for when they ask again.
        http.RequestAborted = CancellationToken.None;
        var body = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        var done = false;
        try
        {
            await next(http);
            if (http.Response.StatusCode is >= 200 and < 300)
            {
                // Whatever becomes of the keeping, it was done: the key is not given free.
                done = true;
                await store.KeepAsync(caller, key, Answer.Of(http.Response, buffer.ToArray()), CancellationToken.None);
            }
        }
        finally
        {
            http.Response.Body = body;
            if (!done)
            {
                await store.ReleaseAsync(caller, key, CancellationToken.None);
            }
        }
        await body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), CancellationToken.None);
    }

    private static async Task<string> HashAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        var chunk = new byte[8_192];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted)) > 0)
        {
            hash.AppendData(chunk, 0, read);
        }
        request.Body.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task ReplayAsync(HttpContext http, byte[] kept)
    {
        var answer = JsonSerializer.Deserialize<Answer>(kept)!;
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        http.Response.Headers[Replayed] = "true";
        http.Response.Headers.Location = answer.Location;
        http.Response.Headers.ETag = answer.ETag;
        await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }

    private sealed record Answer(int Status, string? ContentType, string? Location, string? ETag, byte[] Body)
    {
        public static byte[] Of(HttpResponse response, byte[] body) => JsonSerializer.SerializeToUtf8Bytes(
            new Answer(response.StatusCode, response.ContentType, response.Headers.Location, response.Headers.ETag, body));
    }
}
