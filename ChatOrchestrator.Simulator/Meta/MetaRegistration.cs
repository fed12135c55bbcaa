using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>The simulated Messenger and WhatsApp: the Graph API at <c>/v…</c> and its control API at <c>/simulator/meta</c>.</summary>
internal static class MetaRegistration
{
    public static void AddMetaSimulator(this IServiceCollection services)
    {
        services.AddOptions<MetaSettings>().BindConfiguration("Simulator:Meta")
            .Validate(static settings => settings.IsValid, "Simulator:Meta: delays must be positive, limits must not be negative, and the app secret must not be empty.")
            .ValidateOnStart();
        services.AddSingleton<MetaNetwork>();
        services.AddSingleton<MetaWebhooks>();
        services.AddSingleton<MessengerPeople>();
        services.AddSingleton<WhatsAppPeople>();
        services.AddSingleton<SendApi>();
        services.AddSingleton<CloudApi>();
        services.AddSingleton<IdMatching>();
        services.AddSingleton<GraphEndpoint>();
        services.AddSingleton<IChatPlatform, MessengerChat>();
        services.AddSingleton<IChatPlatform, WhatsAppChat>();
    }

    public static void MapMeta(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods(@"/{version:regex(^v\d+\.\d+$)}/{**path}", [HttpMethods.Get, HttpMethods.Post, HttpMethods.Delete],
            static (HttpContext http, string path, GraphEndpoint endpoint) => endpoint.HandleAsync(http, path)).DisableAntiforgery();
        routes.MapMetaControl();
    }
}
