using System.CommandLine;
using System.Data.Common;
using System.Text.Json;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Cli.Bots;
using ChatOrchestrator.Cli.Configuration;
using ChatOrchestrator.Cli.Health;
using ChatOrchestrator.Cli.Schema;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Infrastructure.Persistence;

namespace ChatOrchestrator.Cli;

/// <summary>The commands, and what a failure becomes: one line and an exit code, never a stack trace.</summary>
internal static class CommandLine
{
    private const string Description = """
        Looks after a deployment of ChatOrchestrator. Settings are read where the processes read them: the environment, and
        appsettings.json in the current folder.

        Exit codes: 0 done; 1 the command line or a file is wrong; 2 a setting is wrong, the store is in use or newer than this
        program; 3 the doctor found something that does not work; 4 the store cannot be reached or a migration failed.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(Description) { Hosts.EnvFile, Hosts.Verbose };
        root.Add(ValidateConfig.Command());
        root.Add(EnvTemplate.Command());
        root.Add(Doctor.Command());
        root.Add(Migrate.Command());
        root.Add(BotFiles.Command());
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (ConfigurationException e)
        {
            return Fail(ExitCode.WrongSettings, e.Message);
        }
        catch (StoreUnavailableException)
        {
            return Fail(ExitCode.StoreFailed, "The store cannot be reached.");
        }
        catch (MigrationFailedException e)
        {
            return Fail(ExitCode.StoreFailed, e.Message);
        }
        catch (DbException e)
        {
            return Fail(ExitCode.StoreFailed, $"The store did not do what was asked: {e.Message}");
        }
        catch (DomainException e)
        {
            return Fail(ExitCode.WrongInput, e.Message);
        }
        catch (InvalidInputException e)
        {
            return Fail(ExitCode.WrongInput, string.Join(' ', e.Errors.Select(error => $"{error.Field}: {error.Message}")));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Fail(ExitCode.WrongInput, e.Message);
        }
    }

    public static int Fail(int code, string line)
    {
        Console.Error.WriteLine(line);
        return code;
    }
}
