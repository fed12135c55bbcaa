using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.ServiceDefaults;

namespace ChatOrchestrator.ApiService;

/// <summary>Puts the API together: the process does, and the command line that looks at its settings.</summary>
public static class ApiHost
{
    public static WebApplicationBuilder Compose(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(ApiHost).Assembly.GetName().Name });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddServiceDefaults();
        builder.AddChatOrchestrator(HostRole.Api);
        builder.AddApi();
        return builder;
    }

    /// <summary>What it answers. Some of that reads settings, which must be in order by then.</summary>
    public static void Map(WebApplication app)
    {
        app.MapDefaultEndpoints();
        app.MapApi();
    }
}
