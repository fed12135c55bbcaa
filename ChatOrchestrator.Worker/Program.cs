using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.ServiceDefaults;

return await HostStartup.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddChatOrchestrator(HostRole.Worker);

    var app = builder.Build();
    app.MapDefaultEndpoints();
    return app;
});
