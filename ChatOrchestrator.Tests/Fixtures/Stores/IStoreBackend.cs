namespace ChatOrchestrator.Tests.Fixtures.Stores;

/// <summary>Where a store's server comes from: the machine's binaries, or a container.</summary>
internal interface IStoreBackend : IAsyncDisposable
{
    /// <summary>The same before and after a restart.</summary>
    int Port { get; }

    /// <summary>Starts the server, the first time and after each stop, on the same port and data. Returns when it was started, not when it answers.</summary>
    Task StartAsync();

    /// <summary>Stops the server.</summary>
    /// <param name="immediately">Without letting it finish what it is doing.</param>
    Task StopAsync(bool immediately);

    /// <summary>Holds the server: its connections stay open and nothing is answered.</summary>
    Task FreezeAsync();

    Task ThawAsync();

    /// <summary>The reason why the server cannot answer any more, or null while it runs.</summary>
    string? Failure { get; }
}
