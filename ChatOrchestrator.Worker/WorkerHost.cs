using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.ServiceDefaults;

namespace ChatOrchestrator.Worker;

/// <summary>Puts a worker together: the process does, and the command line that looks at its settings.</summary>
public static class WorkerHost
{
    public static WebApplicationBuilder Compose(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(WorkerHost).Assembly.GetName().Name });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddServiceDefaults();
        builder.AddChatOrchestrator(HostRole.Worker);
        return builder;
    }

    public static void Map(WebApplication app) => app.MapDefaultEndpoints();
}
