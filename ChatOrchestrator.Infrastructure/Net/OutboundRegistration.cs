using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Net;

public static class OutboundRegistration
{
    /// <summary>The guard over calls to addresses that users give.</summary>
    public static IServiceCollection AddOutbound(this IServiceCollection services)
    {
        services.AddOptions<OutboundOptions>().BindConfiguration(OutboundOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OutboundOptions>, OutboundOptionsValidation>());
        services.TryAddSingleton<IResolvesHosts, SystemDns>();
        services.TryAddSingleton<OutboundGuard>();
        services.TryAddSingleton<OutboundHttp>();
        return services;
    }
}
