using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Net;

/// <summary>Asks the DNS.</summary>
internal interface IResolvesHosts
{
    /// <exception cref="SocketException">There is no such host, or no answer.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>The address is not one that may be called: it is none of the public internet.</summary>
internal sealed class ForbiddenAddressException() : IOException("forbidden_address");

/// <summary>
/// Keeps calls to addresses that users give on the public internet. The name is resolved once, every address is checked,
/// and the connection goes to an address that passed: a name that resolves differently a moment later changes nothing.
/// What the deployment itself configures (a platform's API, the model) may be anywhere.
/// </summary>
internal sealed class OutboundGuard
{
    private readonly IResolvesHosts _resolver;
    private readonly bool _allowsPrivate;
    private readonly IPNetwork[] _allowed;
    private readonly HashSet<(string Host, int Port)> _trusted = [];

    public OutboundGuard(IOptions<OutboundOptions> options, IResolvesHosts resolver, IConfiguration configuration)
    {
        _resolver = resolver;
        _allowsPrivate = options.Value.AllowPrivate;
        _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];
        Trust(configuration["Ai:Endpoint"]);
        foreach (var setting in configuration.GetSection("Platforms").GetChildren().SelectMany(platform => platform.GetChildren()))
        {
            Trust(setting.Value);
        }
    }

    public bool Allows(IPAddress address) =>
        _allowsPrivate || PublicNetwork.Contains(address)
        || Array.Exists(_allowed, n => n.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    /// <summary>Whether a host that a user gives has an address that may be called, as far as the DNS knows it now. For an early refusal only: each connection is checked by itself.</summary>
    public async Task<bool> MayCallAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var address) ? [address] : await _resolver.ResolveAsync(host, cancellationToken);
            return Array.Exists(addresses, Allows);
        }
        catch (SocketException)
        {
            // It may be there tomorrow.
            return true;
        }
    }

    /// <summary>A <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="ForbiddenAddressException">None of the host's addresses may be called.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var end = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(end.Host, out var address) ? [address] : await _resolver.ResolveAsync(end.Host, cancellationToken);
        if (!_trusted.Contains((end.Host.ToLowerInvariant(), end.Port)) && !IsProxy(context))
        {
            addresses = Array.FindAll(addresses, Allows);
            if (addresses.Length == 0)
            {
                throw new ForbiddenAddressException();
            }
        }
        return await ConnectAsync(addresses, end.Port, cancellationToken);
    }

    /// <summary>The deployment's own way out (<c>HTTPS_PROXY</c>), which resolves names itself and decides where it leads.</summary>
    private static bool IsProxy(SocketsHttpConnectionContext context) =>
        context.InitialRequestMessage.RequestUri is { } uri && HttpClient.DefaultProxy.GetProxy(uri) is { } proxy
        && proxy.Port == context.DnsEndPoint.Port && proxy.IdnHost.Equals(context.DnsEndPoint.Host, StringComparison.OrdinalIgnoreCase);

    private static async Task<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses[i], port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private void Trust(string? address)
    {
        if (Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Port > 0)
        {
            _trusted.Add((url.IdnHost.ToLowerInvariant(), url.Port));
        }
    }
}

internal sealed class SystemDns : IResolvesHosts
{
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}
