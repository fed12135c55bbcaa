using ChatOrchestrator.Simulator.Chat;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>The simulated Slack: the Web API at <c>/api/{method}</c> and <c>/slack/api/{method}</c>, Socket Mode, and the control API at <c>/simulator/slack</c>.</summary>
internal static class SlackRegistration
{
    public static void AddSlackSimulator(this IServiceCollection services)
    {
        services.AddOptions<SlackSettings>().BindConfiguration("Simulator:Slack")
            .Validate(static settings => settings.IsValid, "Simulator:Slack: delays must be positive and limits must not be negative.")
            .ValidateOnStart();
        services.AddSingleton(static provider => new SlackNetwork(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<SimulatorStats>())
        {
            Settings = provider.GetRequiredService<IOptions<SlackSettings>>().Value,
        });
        services.AddSingleton<SlackWebhooks>();
        services.AddSingleton<SlackDeliveries>();
        services.AddSingleton<SlackEvents>();
        services.AddSingleton<SlackChatMethods>();
        services.AddSingleton<SlackConversationMethods>();
        services.AddSingleton<SlackFileMethods>();
        services.AddSingleton<SlackMethods>();
        services.AddSingleton<SlackEndpoint>();
        services.AddSingleton<SlackSocketEndpoint>();
        services.AddSingleton<SlackResponses>();
        services.AddSingleton<SlackPeople>();
        services.AddSingleton<SlackChat>();
        services.AddSingleton<IChatPlatform>(static provider => provider.GetRequiredService<SlackChat>());
    }

    public static void MapSlack(this WebApplication app)
    {
        app.UseWebSockets();
        foreach (var path in new[] { "/api/{method:regex(^[a-zA-Z]+\\.[a-zA-Z.]+$)}", "/slack/api/{method}" })
        {
            app.MapMethods(path, [HttpMethods.Get, HttpMethods.Post], static (HttpContext http, string method, SlackEndpoint endpoint) => endpoint.HandleAsync(http, method));
        }

        app.MapGet("/slack/socket", static (HttpContext http, string app, SlackSocketEndpoint endpoint) => endpoint.HandleAsync(http, app));
        app.MapPost("/slack/upload/{id}", static (HttpContext http, string id, SlackFileMethods files) => files.UploadAsync(http, id));
        app.MapGet("/slack/files/{id}/{*name}", static (HttpRequest request, string id, SlackFileMethods files) => files.Download(request, id));
        app.MapPost("/slack/response/{id}", static (HttpContext http, string id, SlackResponses responses) => responses.HandleAsync(http, id));
        app.MapSlackControl();
    }
}
