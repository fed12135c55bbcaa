using System.Globalization;
using System.Threading.RateLimiting;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// Rate limits by address, by key or session, and by connection; how many requests are worked on at a time; how slow they
/// may be. What is over a limit gets 429 with <c>Retry-After</c> (what is over the concurrency 503), before anybody is
/// authenticated.
/// </summary>
internal static class RequestLimits
{
    private static readonly PathString Api = "/api", WebChat = "/webchat", Webhooks = "/webhooks";

    public static IServiceCollection AddRequestLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidation>();
        services.AddSingleton<FailedCredentials>();
        services.AddSingleton<WebChat.StreamPlaces>();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitOptions>>((kestrel, limits) =>
        {
            kestrel.Limits.MaxConcurrentConnections = limits.Value.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.Value.HeadersTimeoutSeconds);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(limits.Value.MinBodyBytesPerSecond, TimeSpan.FromSeconds(5));
        });
        services.AddRateLimiter(_ => { });
        services.AddOptions<Microsoft.AspNetCore.RateLimiting.RateLimiterOptions>()
            .Configure<IRateLimits, IOptions<LimitOptions>, TimeProvider>((limiter, shared, options, time) =>
            {
                var limits = options.Value;
                limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                    PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(ByAddress(http, limits), shared, time)),
                    PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(ByCaller(http, limits), shared, time)),
                    PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(ByConnection(http, limits), shared, time)),
                    PartitionedRateLimiter.Create<HttpContext, string>(http => http.Request.Path.StartsWithSegments(Api)
                        ? RateLimitPartition.GetConcurrencyLimiter("api", _ => new ConcurrencyLimiterOptions { PermitLimit = limits.ApiConcurrency, QueueLimit = limits.ApiConcurrency })
                        : RateLimitPartition.GetNoLimiter("")));
                limiter.OnRejected = async (context, _) =>
                {
                    var rated = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter);
                    await RefuseAsync(context.HttpContext, rated ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable, rated ? retryAfter : TimeSpan.FromSeconds(1));
                };
            });
        return services;
    }

    /// <summary>Before a preflight is answered: which pages a web chat allows is looked up for it, and anybody may ask.</summary>
    public static void UsePreflightLimits(this WebApplication app) => app.UseWhen(
        http => HttpMethods.IsOptions(http.Request.Method) && http.Request.Path.StartsWithSegments(WebChat), limited => limited.UseRateLimiter());

    /// <summary>Behind the static files, which are cheap, and before authentication, which is not.</summary>
    public static void UseRequestLimits(this WebApplication app)
    {
        // The hot path costs nothing where its limit is off.
        var webhooks = app.Services.GetRequiredService<IOptions<LimitOptions>>().Value.WebhooksPerConnection.IsOn;
        app.UseWhen(http => webhooks || !http.Request.Path.StartsWithSegments(Webhooks), limited => limited.UseRateLimiter());
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Api), api => api.Use(async (http, next) =>
        {
            var failed = http.RequestServices.GetRequiredService<FailedCredentials>();
            if (failed.Wait(http) is { } wait)
            {
                await RefuseAsync(http, StatusCodes.Status429TooManyRequests, wait);
                return;
            }
            await next(http);
            if (http.Response.StatusCode == StatusCodes.Status401Unauthorized)
            {
                await failed.CountAsync(http);
            }
        }));
    }

    private static (string Key, Rate Rate)? ByAddress(HttpContext http, LimitOptions limits) =>
        http.Request.Path.StartsWithSegments(Api) ? ($"api:{Callers.AddressOf(http)}", limits.ApiPerAddress)
        : http.Request.Path.StartsWithSegments(WebChat) ? ($"webchat:{Callers.AddressOf(http)}", limits.WebChatPerAddress)
        : null;

    private static (string Key, Rate Rate)? ByCaller(HttpContext http, LimitOptions limits)
    {
        if (http.Request.Path.StartsWithSegments(Api))
        {
            return Callers.CredentialOf(http) is { } key ? ($"key:{key}", limits.ApiPerKey) : null;
        }
        if (!HttpMethods.IsPost(http.Request.Method) || !http.Request.Path.StartsWithSegments(WebChat))
        {
            return null;
        }
        var path = http.Request.Path.Value!;
        return path.EndsWith("/sessions", StringComparison.OrdinalIgnoreCase) ? ($"sessions:{Callers.AddressOf(http)}", limits.WebChatSessionsPerAddress)
            : path.EndsWith("/messages", StringComparison.OrdinalIgnoreCase) ? ($"session:{Callers.VisitorOf(http) ?? Callers.AddressOf(http)}", limits.WebChatMessagesPerSession)
            : null;
    }

    private static (string Key, Rate Rate)? ByConnection(HttpContext http, LimitOptions limits) =>
        http.GetRouteValue("connectionId") is not string connection ? null
        : http.Request.Path.StartsWithSegments(Webhooks) ? ($"webhook:{connection.ToLowerInvariant()}", limits.WebhooksPerConnection)
        : http.Request.Path.StartsWithSegments(WebChat) ? ($"chat:{connection.ToLowerInvariant()}", limits.WebChatPerConnection)
        : null;

    private static RateLimitPartition<string> Partition((string Key, Rate Rate)? limit, IRateLimits shared, TimeProvider time) =>
        limit is { Rate.IsOn: true } on
            ? RateLimitPartition.Get(on.Key, key => new SharedRateLimiter(shared, new RateLimit($"http:{key}", on.Rate.PerMinute, on.Rate.Burst), time))
            : RateLimitPartition.GetNoLimiter("");

    private static Task RefuseAsync(HttpContext http, int status, TimeSpan retryAfter)
    {
        http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem(
            status == StatusCodes.Status429TooManyRequests ? "These are more requests than are taken; come back later." : "Too much is going on right now; try again in a moment.",
            statusCode: status).ExecuteAsync(http);
    }
}
