using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>The simulated Telegram: the Bot API at <c>/bot…</c> and its control API at <c>/simulator/telegram</c>.</summary>
internal static class TelegramRegistration
{
    public static void AddTelegramSimulator(this IServiceCollection services)
    {
        services.AddOptions<TelegramSettings>().BindConfiguration("Simulator:Telegram")
            .Validate(static settings => settings.IsValid, "Simulator:Telegram: delays must be positive and limits must not be negative.")
            .ValidateOnStart();
        services.AddSingleton<TelegramFeed>();
        services.AddSingleton(static provider => new TelegramNetwork(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<TelegramFeed>(), provider.GetRequiredService<SimulatorStats>())
        {
            Settings = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<TelegramSettings>>().Value,
        });
        // The methods push updates, and an answered update may carry a call: the one circle in this folder.
        services.AddSingleton(static provider => new WebhookClient(new Lazy<BotApiMethods>(provider.GetRequiredService<BotApiMethods>)));
        services.AddSingleton<BotApiMessages>();
        services.AddSingleton<BotApiMedia>();
        services.AddSingleton<BotApiUpdates>();
        services.AddSingleton<BotApiMethods>();
        services.AddSingleton<BotApiEndpoint>();
        services.AddSingleton<TelegramPeople>();
        services.AddSingleton<IChatPlatform, TelegramChat>();
    }

    public static void MapTelegram(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/bot{token}/{method}", [HttpMethods.Get, HttpMethods.Post],
            static (HttpContext http, string token, string method, BotApiEndpoint endpoint) => endpoint.HandleAsync(http, token, method));
        routes.MapGet("/file/bot{token}/{**path}", static (string token, string path, BotApiEndpoint endpoint) => endpoint.Download(token, path));
        routes.MapGet("/simulator/telegram/files/{fileId}", static (string fileId, BotApiEndpoint endpoint) => endpoint.Show(fileId));
        routes.MapMethods("/bot{token}", [HttpMethods.Get, HttpMethods.Post], static () =>
            TypedResults.Json(new BotApiResponse(false) { ErrorCode = 404, Description = "Not Found" }, SimulatorJson.Options, statusCode: 404));
        routes.MapTelegramControl();
    }
}
