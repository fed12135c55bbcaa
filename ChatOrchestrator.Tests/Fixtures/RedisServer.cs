using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using ChatOrchestrator.Tests.Fixtures.Stores;
using StackExchange.Redis;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// The Redis of the integration tests: the one of <c>TEST_REDIS</c>; else a private one from the machine's binary; else one
/// in a container. Servers are stopped when the test run ends, however it ends.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Databases handed out at a time: 1 to 15, what a Redis has by default beside 0.</summary>
    internal const int Databases = 15;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    private static readonly Lazy<Task<RedisServer>> LazyShared = new(() =>
        TestMachine.TestRedis is { } configured ? Task.FromResult(new RedisServer(backend: null, configured)) : StartPrivateAsync());

    private readonly IStoreBackend? _backend;
    private readonly Channel<int> _free = Channel.CreateUnbounded<int>();

    private RedisServer(IStoreBackend? backend, string configuration)
    {
        (_backend, Configuration) = (backend, configuration);
        for (var database = 1; database <= Databases; database++)
        {
            _free.Writer.TryWrite(database);
        }
    }

    /// <summary>StackExchange.Redis configuration of the server, database 0. Tests use <see cref="RentDatabaseAsync"/>.</summary>
    public string Configuration { get; }

    /// <summary>The server of this test run, started by the first who asks. Nobody stops it: others use it at the same time.</summary>
    /// <exception cref="InvalidOperationException">The machine offers no Redis.</exception>
    public static Task<RedisServer> SharedAsync() => LazyShared.Value;

    /// <summary>A server of the caller's own, to stop, freeze and start again.</summary>
    /// <exception cref="InvalidOperationException">The machine offers no Redis.</exception>
    public static async Task<RedisServer> StartPrivateAsync()
    {
        if (TestMachine.MissingRedis(ownServer: true) is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        IStoreBackend backend = TestMachine.RedisServerPath is { } binary ? new RedisProcess(binary) : ContainerBackend.Redis();
        var server = new RedisServer(backend, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{backend.Port}"));
        await server.StartAsync();
        return server;
    }

    /// <summary>
    /// An empty database with a channel prefix of its own (pub/sub does not know databases), given back when disposed. Waits
    /// while all are rented.
    /// </summary>
    public async Task<RedisDatabase> RentDatabaseAsync()
    {
        var number = await _free.Reader.ReadAsync();
        var options = ConfigurationOptions.Parse(Configuration);
        options.DefaultDatabase = number;
        options.ChannelPrefix = RedisChannel.Literal($"test-{Guid.NewGuid().ToString("N")[..8]}:");
        var asAdministrator = options.Clone();
        asAdministrator.AllowAdmin = true;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(asAdministrator);
        await connection.GetDatabase().ExecuteAsync("FLUSHDB");
        return new RedisDatabase(this, number, options.ToString(includePassword: true));
    }

    /// <summary>Starts a stopped private server on the same port, empty; returns when it answers.</summary>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task StartAsync()
    {
        await OwnBackend.StartAsync();
        await Eventually.TrueAsync(
            async cancellationToken => OwnBackend.Failure is not null || await AnswersPingAsync(cancellationToken),
            StartDeadline,
            $"Redis on port {OwnBackend.Port} answers");
        if (OwnBackend.Failure is { } failure)
        {
            throw new InvalidOperationException($"Redis ended at its start:\n{failure}");
        }
    }

    /// <summary>Stops a private server on the spot. Connections to it break, its content is gone.</summary>
    public Task StopAsync() => OwnBackend.StopAsync(immediately: true);

    /// <summary>Holds a private server: connections stay open and nothing is answered until <see cref="ThawAsync"/>.</summary>
    public Task FreezeAsync() => OwnBackend.FreezeAsync();

    public Task ThawAsync() => OwnBackend.ThawAsync();

    public ValueTask DisposeAsync() => OwnBackend.DisposeAsync();

    internal void Return(int database) => _free.Writer.TryWrite(database);

    private IStoreBackend OwnBackend =>
        _backend ?? throw new InvalidOperationException("TEST_REDIS is not ours to start or stop; use StartPrivateAsync.");

    private async Task<bool> AnswersPingAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, OwnBackend.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync(cancellationToken) == "+PONG";
    }
}
