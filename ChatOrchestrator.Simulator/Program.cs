using ChatOrchestrator.Simulator;

await SimulatorHost.Build(args).RunAsync();
