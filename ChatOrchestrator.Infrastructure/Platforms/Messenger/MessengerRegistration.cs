using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>Registers the Messenger platform.</summary>
public static class MessengerRegistration
{
    /// <summary>Adds Messenger's <see cref="IPlatformAdapter"/>. Reads the section <c>Platforms:Meta</c>; a wrong value stops the start.</summary>
    public static IServiceCollection AddMessenger(this IServiceCollection services)
    {
        services.AddGraphApi();
        services.TryAddSingleton(new PublicAddress(null));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, MessengerAdapter>());
        return services;
    }
}
