using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>Registers the Discord platform.</summary>
public static class DiscordRegistration
{
    /// <summary>
    /// Adds Discord's <see cref="IPlatformAdapter"/>, which listens to the Gateway, takes interactions and describes
    /// connections. Reads the section <c>Platforms:Discord</c>; a wrong value stops the start.
    /// </summary>
    public static IServiceCollection AddDiscord(this IServiceCollection services)
    {
        services.AddOptions<DiscordOptions>()
            .BindConfiguration(DiscordOptions.Section)
            .Validate(
                options => BaseUrl.IsValid(options.ApiBaseUrl, path: true),
                $"{DiscordOptions.Section}:{nameof(DiscordOptions.ApiBaseUrl)} must be an absolute http or https address, such as https://discord.com/api/v10.")
            .Validate(
                options => options.GatewayUrl is null || BaseUrl.IsValid(options.GatewayUrl, path: true, socket: true),
                $"{DiscordOptions.Section}:{nameof(DiscordOptions.GatewayUrl)} must be an absolute ws or wss address, such as wss://gateway.discord.gg.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PlatformHttp>();
        services.TryAddSingleton<DiscordRest>();
        services.TryAddSingleton<DiscordGateway>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, DiscordAdapter>());
        return services;
    }
}
