using System.Net;
using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// The caller's address and scheme from <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c>, but only as told by proxies that
/// are configured (<c>ForwardedHeaders:KnownProxies</c>, <c>ForwardedHeaders:KnownNetworks</c>). Without any, nothing is
/// believed. The host is not taken from headers: <c>PublicUrl</c> says it.
/// </summary>
internal static class TrustedProxies
{
    private const string Section = "ForwardedHeaders";

    public static IServiceCollection AddTrustedProxies(this IServiceCollection services, IConfiguration configuration)
    {
        var proxies = Read(services, configuration, "KnownProxies", text => IPAddress.TryParse(text, out var address) ? address : null, "an address such as '10.0.0.7'");
        var networks = Read(services, configuration, "KnownNetworks", text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null, "a network such as '10.0.0.0/24'");
        return services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            options.ForwardedHeaders = proxies.Count + networks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // As far as the chain consists of known proxies.
            options.ForwardLimit = null;
            proxies.ForEach(p => options.KnownProxies.Add(p!));
            networks.ForEach(n => options.KnownIPNetworks.Add(n!.Value));
        });
    }

    private static List<T> Read<T>(IServiceCollection services, IConfiguration configuration, string name, Func<string, T?> parse, string example)
    {
        var values = new List<T>();
        foreach (var text in configuration.GetSection($"{Section}:{name}").Get<string[]>() ?? [])
        {
            if (parse(text.Trim()) is { } value)
            {
                values.Add(value);
            }
            else
            {
                services.AddSettingsRule(_ => throw new ConfigurationException($"{Section}:{name}", $"'{text}' is not {example}."));
            }
        }
        return values;
    }
}
