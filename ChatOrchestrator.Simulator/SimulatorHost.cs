using ChatOrchestrator.Simulator.Chat;
using ChatOrchestrator.Simulator.Discord;
using ChatOrchestrator.Simulator.Meta;
using ChatOrchestrator.Simulator.OpenAi;
using ChatOrchestrator.Simulator.Slack;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator;

/// <summary>
/// The messaging platforms and an OpenAI-compatible model in one local process, for development and tests. A platform is
/// one folder with one registration and one <c>Map…</c> call; everything is kept in memory, within fixed bounds.
/// </summary>
public static class SimulatorHost
{
    /// <summary>The address used when neither <c>--urls</c> nor <c>ASPNETCORE_URLS</c> names one.</summary>
    public const string DefaultUrl = "http://localhost:5090";

    /// <summary>Builds the application without starting it.</summary>
    /// <param name="args">Command line: <c>--urls</c> and any configuration key, such as <c>--Simulator:Telegram:WebhookRetryDelay=00:00:00.05</c>.</param>
    /// <param name="configure">Changes the builder last, so that a test can replace a registration.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The content root is where the program is, so that the caller's appsettings.json is never read by accident.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(SimulatorHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        if (string.IsNullOrEmpty(builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey))
            && string.IsNullOrEmpty(builder.WebHost.GetSetting(WebHostDefaults.HttpPortsKey)))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // Long polls and event streams must not hold the process back when it is asked to stop.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.ConfigureHttpJsonOptions(options => SimulatorJson.Apply(options.SerializerOptions));
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<SimulatorStats>();
        builder.Services.AddSlackSimulator();
        builder.Services.AddTelegramSimulator();
        builder.Services.AddDiscordSimulator();
        builder.Services.AddMetaSimulator();
        builder.Services.AddOpenAiSimulator();
        builder.Services.AddChatPage();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.MapSlack();
        app.MapTelegram();
        app.MapDiscord();
        app.MapMeta();
        app.MapOpenAi();
        app.MapChatPage();
        app.MapSimulatorStats();
        return app;
    }
}
