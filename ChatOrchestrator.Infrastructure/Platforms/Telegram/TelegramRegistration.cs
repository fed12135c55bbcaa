using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Registers the Telegram platform.</summary>
public static class TelegramRegistration
{
    /// <summary>
    /// Adds Telegram's <see cref="IPlatformAdapter"/>, which also registers webhooks, listens by long polling and describes
    /// connections. Reads the section <c>Platforms:Telegram</c>; a wrong value stops the start.
    /// </summary>
    public static IServiceCollection AddTelegram(this IServiceCollection services)
    {
        services.AddOptions<TelegramOptions>()
            .BindConfiguration(TelegramOptions.Section)
            .Validate(
                options => BaseUrl.IsValid(options.ApiBaseUrl),
                $"{TelegramOptions.Section}:{nameof(TelegramOptions.ApiBaseUrl)} must be an absolute http or https address without a path, such as https://api.telegram.org.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TelegramHttp>();
        services.TryAddSingleton<PlatformHttp>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, TelegramAdapter>());
        return services;
    }
}
