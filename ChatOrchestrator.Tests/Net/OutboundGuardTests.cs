using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;
using ChatOrchestrator.Infrastructure.Platforms;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Net;

/// <summary>A server on loopback stands for everything that must not be reached; 127.0.0.2, where it is allowed, for the internet.</summary>
public sealed class OutboundGuardTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly Dns _dns = new();
    private readonly LoopbackServer _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    async ValueTask IAsyncDisposable.DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.0x0.0x0.0x1")]
    [InlineData("0177.0.0.1")]
    [InlineData("017700000001")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("[::1]")]
    [InlineData("[::]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[0:0:0:0:0:ffff:127.0.0.1]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("localhost.")]
    [InlineData("１２７.０.０.１")]
    [InlineData("127。0。0。1")]
    [InlineData("user@127.0.0.1")]
    [InlineData("8.8.8.8@127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("[fe80::1]")]
    [InlineData("10.1.2.3")]
    public async Task No_notation_of_a_private_address_is_called(string host)
    {
        using var http = new OutboundHttp(Guard(new SystemDns()));

        var refusal = await Should.ThrowAsync<Exception>(() => http.Client.GetAsync(new Uri($"http://{host}:{_server.Port}/")));

        // What cannot even be an address is refused by its form or by the DNS.
        (refusal is UriFormatException || refusal.InnerException is ForbiddenAddressException or SocketException).ShouldBeTrue(refusal.ToString());
        _server.Connections.ShouldBe(0);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("fd00::1")]
    public async Task A_name_that_resolves_to_a_private_address_is_not_called(string address)
    {
        _dns.Answers.Enqueue([IPAddress.Parse(address)]);
        using var http = new OutboundHttp(Guard(_dns));

        var refusal = await Should.ThrowAsync<HttpRequestException>(() => http.Client.GetAsync(new Uri($"http://innocent.example:{_server.Port}/")));

        refusal.InnerException.ShouldBeOfType<ForbiddenAddressException>();
        _server.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task The_connection_goes_to_the_address_that_was_checked_whatever_the_name_means_a_moment_later()
    {
        _dns.Answers.Enqueue([_server.Second]);
        _dns.Answers.Enqueue([IPAddress.Loopback]);
        using var http = new OutboundHttp(Guard(_dns, "127.0.0.2/32"));
        var url = new Uri($"http://rebinding.example:{_server.Port}/");

        (await http.Client.GetStringAsync(url)).ShouldBe("127.0.0.2");
        _dns.Asked.ShouldBe(1);

        // The server closed the connection: the next is checked anew.
        var refusal = await Should.ThrowAsync<HttpRequestException>(() => http.Client.GetAsync(url));
        refusal.InnerException.ShouldBeOfType<ForbiddenAddressException>();
        _server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Of_several_addresses_only_those_that_may_be_are_called()
    {
        _dns.Answers.Enqueue([IPAddress.Loopback, IPAddress.Parse("10.0.0.1"), _server.Second]);
        using var http = new OutboundHttp(Guard(_dns, "127.0.0.2/32"));

        (await http.Client.GetStringAsync(new Uri($"http://several.example:{_server.Port}/"))).ShouldBe("127.0.0.2");
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        _dns.Answers.Enqueue([_server.Second]);
        _server.Answer = $"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{_server.Port}/secret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        using var http = new OutboundHttp(Guard(_dns, "127.0.0.2/32"));

        using var answer = await http.Client.GetAsync(new Uri($"http://redirecting.example:{_server.Port}/"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Found);
        _server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task What_the_deployment_configures_is_called_wherever_it_is()
    {
        using var http = new PlatformHttp(Guard(new SystemDns(), configured: ("Platforms:Meta:ApiBaseUrl", $"http://127.0.0.1:{_server.Port}/meta")));

        var media = await http.DownloadAsync(new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{_server.Port}/file")), 100, default);
        Encoding.ASCII.GetString(media.Bytes.Span).ShouldBe("127.0.0.1");

        // The same machine under another name, or another port of it, is not what was configured.
        (await Should.ThrowAsync<MediaException>(() => http.DownloadAsync(
            new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.2:{_server.Port}/file")), 100, default))).Message.ShouldBe("refused");
        (await Should.ThrowAsync<MediaException>(() => http.DownloadAsync(
            new HttpRequestMessage(HttpMethod.Get, new Uri("http://127.0.0.1:1/file")), 100, default))).Message.ShouldBe("refused");
        _server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Private_addresses_are_called_where_that_is_allowed()
    {
        using var http = new OutboundHttp(Guard(new SystemDns(), allowPrivate: true));

        (await http.Client.GetStringAsync(new Uri($"http://127.0.0.1:{_server.Port}/"))).ShouldBe("127.0.0.1");
    }

    [Fact]
    public void A_network_that_is_none_stops_the_start()
    {
        var options = new OutboundOptions();
        options.AllowedNetworks.Add("10.0.0.0/33");
        new OutboundOptionsValidation().Validate(null, options).FailureMessage.ShouldNotBeNull().ShouldContain("Outbound:AllowedNetworks");
    }

    private static OutboundGuard Guard(
        IResolvesHosts dns, string? allowed = null, bool allowPrivate = false, (string Key, string Value)? configured = null)
    {
        var options = new OutboundOptions { AllowPrivate = allowPrivate };
        if (allowed is not null)
        {
            options.AllowedNetworks.Add(allowed);
        }
        var configuration = new ConfigurationBuilder();
        if (configured is { } setting)
        {
            configuration.AddInMemoryCollection([new(setting.Key, setting.Value)]);
        }
        return new OutboundGuard(Options.Create(options), dns, configuration.Build());
    }

    private sealed class Dns : IResolvesHosts
    {
        public Queue<IPAddress[]> Answers { get; } = new();

        public int Asked { get; private set; }

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Asked++;
            return Task.FromResult(Answers.Dequeue());
        }
    }

    /// <summary>Answers every request with the address at which it was reached, and hangs up.</summary>
    private sealed class LoopbackServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = TcpListener.Create(0);
        private readonly Task _serving;
        private int _connections;

        public LoopbackServer()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public IPAddress Second { get; } = IPAddress.Parse("127.0.0.2");

        public int Connections => Volatile.Read(ref _connections);

        public string? Answer { get; set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _connections);
                    var reached = ((IPEndPoint)client.Client.LocalEndPoint!).Address.MapToIPv4().ToString();
                    var stream = client.GetStream();
                    var buffer = new byte[4096];
                    _ = await stream.ReadAsync(buffer);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(
                        Answer ?? $"HTTP/1.1 200 OK\r\nContent-Length: {reached.Length}\r\nConnection: close\r\n\r\n{reached}"));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The listener was stopped.
            }
        }
    }
}
