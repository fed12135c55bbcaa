using ChatOrchestrator.ApiService;
using ChatOrchestrator.Infrastructure;

return args switch
{
    ["migrate", .. var rest] => await HostStartup.MigrateAsync(() => ApiHost.Build(rest)),
    ["index-messages", .. var rest] => await HostStartup.IndexMessagesAsync(() => ApiHost.Build(rest)),
    ["validate-config", .. var rest] => await HostStartup.ValidateAsync(() => ApiHost.Build(rest)),
    _ => await HostStartup.RunAsync(() => ApiHost.Build(args), ApiHost.Map),
};
