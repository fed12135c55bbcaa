using DotNet.Testcontainers.Containers;
using Testcontainers.PostgreSql;
using Testcontainers.Redis;

namespace ChatOrchestrator.Tests.Fixtures.Stores;

/// <summary>
/// A server in a container, for machines with Docker and without the binaries. The host port is fixed, so that it survives a
/// restart. Docker knows one way to stop a container, so "immediately" is the same as an orderly stop here.
/// </summary>
internal sealed class ContainerBackend(IContainer container, int port) : IStoreBackend
{
    public int Port => port;

    public string? Failure =>
        container.State is TestcontainersStates.Exited or TestcontainersStates.Dead ? $"the container is {container.State}" : null;

    public static ContainerBackend Postgres()
    {
        var port = FreePort.Next();
        var container = new PostgreSqlBuilder("postgres:17-alpine")
            .WithUsername("postgres")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "trust")
            .WithPortBinding(port, PostgreSqlBuilder.PostgreSqlPort)
            .WithCommand("-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on", "-c", "max_connections=200")
            .Build();
        return new ContainerBackend(container, port);
    }

    public static ContainerBackend Redis()
    {
        var port = FreePort.Next();
        var container = new RedisBuilder("redis:7-alpine").WithPortBinding(port, RedisBuilder.RedisPort).Build();
        return new ContainerBackend(container, port);
    }

    public Task StartAsync() => container.StartAsync();

    public Task StopAsync(bool immediately) => container.StopAsync();

    public Task FreezeAsync() => container.PauseAsync();

    public Task ThawAsync() => container.UnpauseAsync();

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
