using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Worker;

return await HostStartup.RunAsync(() => WorkerHost.Build(args), WorkerHost.Map);
