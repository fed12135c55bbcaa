using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>Registers the WhatsApp platform.</summary>
public static class WhatsAppRegistration
{
    /// <summary>Adds WhatsApp's <see cref="IPlatformAdapter"/>. Reads the section <c>Platforms:Meta</c>; a wrong value stops the start.</summary>
    public static IServiceCollection AddWhatsApp(this IServiceCollection services)
    {
        services.AddGraphApi();
        services.TryAddSingleton<LastMessages>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, WhatsAppAdapter>());
        return services;
    }
}
