using ChatOrchestrator.ApiService.WebChat;
using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// Which pages elsewhere may call the admin API from a browser: those of <c>Cors:AllowedOrigins</c>, by default none. Each
/// web chat has its own (<see cref="WebChatCrossOrigin"/>). Keys travel in headers, so credentials that a browser adds by itself are never allowed.
/// </summary>
internal static class CrossOrigin
{
    private const string Setting = "Cors:AllowedOrigins";
    private const string Policy = "admin-api";

    public static IServiceCollection AddCrossOrigin(this IServiceCollection services, IConfiguration configuration)
    {
        var origins = Origins(configuration);
        foreach (var wrong in origins.Where(o => !WebChatSettings.IsOrigin(o)))
        {
            services.AddSettingsRule(_ => throw new ConfigurationException(Setting, $"'{wrong}' is not an origin such as 'https://admin.example.org'; all of them at once are not allowed."));
        }
        services.AddSingleton<ICorsPolicyProvider, WebChatCrossOrigin>();
        return services.AddCors(cors => cors.AddPolicy(Policy, policy => policy
            .WithOrigins([.. origins.Where(WebChatSettings.IsOrigin)])
            .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
            .WithHeaders("Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID", ApiKeyAuthentication.Header)
            .WithExposedHeaders("ETag", "Location", "Retry-After")
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }

    public static T AllowCrossOrigin<T>(this T api, IConfiguration configuration)
        where T : IEndpointConventionBuilder => Origins(configuration).Length == 0 ? api : api.RequireCors(Policy);

    private static string[] Origins(IConfiguration configuration) =>
        [.. (configuration.GetSection(Setting).Get<string[]>() ?? []).Select(o => o.Trim().TrimEnd('/')).Where(o => o.Length > 0)];
}
