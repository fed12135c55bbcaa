using System.CommandLine;
using ChatOrchestrator.ApiService;
using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli;

/// <summary>The processes as they would start with the present settings: put together, never started.</summary>
internal static class Hosts
{
    /// <summary>The settings that decide whether the store can be opened; the others are no business of a command that only works on it.</summary>
    private static readonly string[] OfTheStore = ["ConnectionStrings", "Storage", "DataProtection"];

    public static Option<FileInfo?> EnvFile { get; } = new("--env-file")
    {
        Description = "Settings from a file with a line KEY=value each, before those of the environment.",
        Recursive = true,
    };

    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Shows the log.", Recursive = true };

    public static WebApplicationBuilder Api(ParseResult command) => ApiHost.Compose(Arguments(command));

    public static WebApplicationBuilder Worker(ParseResult command) => WorkerHost.Compose(Arguments(command));

    /// <summary>What an API is made of, with settings for the store that are in order.</summary>
    /// <exception cref="ConfigurationException">They are not.</exception>
    public static ServiceProvider WithStore(ParseResult command)
    {
        var builder = Api(command);
        var services = builder.Services.BuildServiceProvider();
        foreach (var problem in HostStartup.FindProblems(builder, services).Where(p => OfTheStore.Contains(p.Key.Split(':')[0], StringComparer.OrdinalIgnoreCase)))
        {
            throw new ConfigurationException(problem.Key, problem.Line[(problem.Key.Length + 1)..].TrimStart());
        }
        return services;
    }

    private static string[] Arguments(ParseResult command)
    {
        if (command.GetValue(EnvFile) is { } file)
        {
            Configuration.EnvFile.Load(file.FullName);
        }
        return
        [
            // The log is not what was asked for, and must not stand between the lines that were.
            "--Logging:Console:LogToStandardErrorThreshold=Trace",
            "--Logging:Console:FormatterName=simple",
            $"--Logging:Console:LogLevel:Default={(command.GetValue(Verbose) ? "Information" : "None")}",
        ];
    }
}
