using ChatOrchestrator.ApiService;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.ServiceDefaults;

if (args is ["migrate", .. var rest])
{
    return await HostStartup.MigrateAsync(() => Build(rest));
}
if (args is ["index-messages", .. var index])
{
    return await HostStartup.IndexMessagesAsync(() => Build(index));
}
if (args is ["validate-config", .. var settings])
{
    return await HostStartup.ValidateAsync(() => Build(settings));
}
return await HostStartup.RunAsync(() => Build(args));

static WebApplication Build(string[] args)
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddChatOrchestrator(HostRole.Api);
    builder.AddApi();

    var app = builder.Build();
    app.MapDefaultEndpoints();
    app.MapApi();
    return app;
}
