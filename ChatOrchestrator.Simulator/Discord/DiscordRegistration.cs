using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>The simulated Discord: the HTTP API at <c>/api/v10</c>, the Gateway at <c>/discord/gateway</c>, its control API at <c>/simulator/discord</c>.</summary>
internal static class DiscordRegistration
{
    public static void AddDiscordSimulator(this IServiceCollection services)
    {
        services.AddOptions<DiscordSettings>().BindConfiguration("Simulator:Discord")
            .Validate(static settings => settings.IsValid, "Simulator:Discord: limits must not be negative, and heartbeats are 100 ms apart at least.")
            .ValidateOnStart();
        services.AddSingleton<DiscordNetwork>();
        services.AddSingleton<DiscordMessages>();
        services.AddSingleton<DiscordInteractions>();
        services.AddSingleton<DiscordPeople>();
        services.AddSingleton<DiscordApi>();
        services.AddSingleton<DiscordRoutes>();
        services.AddSingleton<DiscordGateway>();
        services.AddSingleton<IChatPlatform, DiscordChat>();
    }

    public static void MapDiscord(this WebApplication app)
    {
        app.UseWebSockets();
        app.Services.GetRequiredService<DiscordRoutes>().Map(app);
        app.Map("/discord/gateway", static (HttpContext http, DiscordGateway gateway) => gateway.HandleAsync(http));
        app.MapDiscordControl();
    }
}
