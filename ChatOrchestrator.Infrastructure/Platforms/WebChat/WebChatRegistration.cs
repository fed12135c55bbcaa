using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>Registers the web chat platform.</summary>
public static class WebChatRegistration
{
    public static IServiceCollection AddWebChat(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<WebChatSessions>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, WebChatAdapter>());
        return services;
    }
}
