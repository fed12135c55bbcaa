namespace ChatOrchestrator.Cli;

/// <summary>What the shell gets; docs/cli.md says the same.</summary>
internal static class ExitCode
{
    /// <summary>Done; nothing is wrong.</summary>
    public const int Done = 0;

    /// <summary>The command line, or a file that it names, is wrong.</summary>
    public const int WrongInput = 1;

    /// <summary>A setting is wrong; the store is in use, or newer than this program.</summary>
    public const int WrongSettings = 2;

    /// <summary>The doctor found something that does not work.</summary>
    public const int NotWell = 3;

    /// <summary>The store cannot be reached, or did not do what was asked.</summary>
    public const int StoreFailed = 4;
}
