using ChatOrchestrator.Cli;

return await CommandLine.RunAsync(args);
