using ChatOrchestrator.ApiService;
using ChatOrchestrator.Infrastructure;

return args switch
{
    ["migrate", .. var rest] => await HostStartup.MigrateAsync(() => ApiHost.Compose(rest)),
    ["index-messages", .. var rest] => await HostStartup.IndexMessagesAsync(() => ApiHost.Compose(rest)),
    ["validate-config", .. var rest] => await HostStartup.ValidateAsync(() => ApiHost.Compose(rest)),
    _ => await HostStartup.RunAsync(() => ApiHost.Compose(args), ApiHost.Map),
};
