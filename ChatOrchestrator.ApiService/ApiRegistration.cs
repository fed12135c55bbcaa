using ChatOrchestrator.ApiService.Administration;
using ChatOrchestrator.ApiService.Documentation;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.ApiService.WebChat;
using ChatOrchestrator.ApiService.Webhooks;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChatOrchestrator.ApiService;

/// <summary>Everything that is HTTP in the ApiService.</summary>
internal static class ApiRegistration
{
    /// <summary>The largest body that is read, in bytes; webhooks have a limit of their own.</summary>
    private const long MaxBodyBytes = 1024 * 1024;

    private const string PublicUrl = "PublicUrl";

    public static WebApplicationBuilder AddApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<KestrelServerOptions>(options =>
        {
            options.Limits.MaxRequestBodySize = MaxBodyBytes;
            options.AddServerHeader = false;
        });
        services.AddRequestLimits();
        services.AddTrustedProxies(builder.Configuration);
        services.AddCrossOrigin(builder.Configuration);
        services.AddProblems();
        var publicUrl = builder.Configuration[PublicUrl];
        services.AddSettingsRule(_ => RequireAddress(publicUrl));
        services.AddAdministration(Address(publicUrl));
        services.AddAccess();
        services.AddDocumentation();
        services.AddHostedService<DemoStart>();
        services.AddWebhookRegistrar();
        return builder;
    }

    public static WebApplication MapApi(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseProblems();
        app.UseSecurityHeaders();
        app.UseStaticFiles();
        app.UsePreflightLimits();
        app.UseCors();
        app.UseRequestLimits();
        app.UseAuthorization();
        app.UseBotLimits();
        app.UseIdempotency();
        app.MapWebhookEndpoints();
        app.MapWebChatEndpoints();
        var api = app.MapGroup("/api/v1").RequireAuthorization(PermissionRegistration.Api).ProducesProblem(StatusCodes.Status401Unauthorized)
            .AllowCrossOrigin(app.Configuration);
        api.MapBotEndpoints();
        api.MapModelEndpoints();
        api.MapConnectionEndpoints();
        api.MapConnectionHealthEndpoints();
        api.MapConversationEndpoints();
        api.MapPlatformEndpoints();
        api.MapLaneEndpoints();
        api.MapSuggestionEndpoints();
        api.MapModerationEndpoints();
        api.MapDeadLetterEndpoints();
        api.MapAuditEndpoints();
        api.MapApiKeyEndpoints();
        api.MapUserEndpoints();
        api.MapAuthEndpoints();
        api.MapParticipantEndpoints();
        api.MapNotificationEndpoints();
        api.MapAnalyticsEndpoints();
        app.MapDocumentation();
        DemoStart.MapDemo(app);
        return app;
    }

    private static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 && url.Fragment.Length == 0 ? url : null;

    private static void RequireAddress(string? text)
    {
        if (!string.IsNullOrWhiteSpace(text) && Address(text) is null)
        {
            throw new ConfigurationException(PublicUrl, "an absolute http or https address without a query, such as https://chat.example.org.");
        }
    }
}
