using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Worker;

return await HostStartup.RunAsync(() => WorkerHost.Compose(args), WorkerHost.Map);
