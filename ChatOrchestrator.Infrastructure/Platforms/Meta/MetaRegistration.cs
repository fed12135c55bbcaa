using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>What Messenger and WhatsApp share.</summary>
internal static class MetaRegistration
{
    public static IServiceCollection AddGraphApi(this IServiceCollection services)
    {
        services.AddOptions<MetaOptions>()
            .BindConfiguration(MetaOptions.Section)
            .Validate(
                options => BaseUrl.IsValid(options.ApiBaseUrl),
                $"{MetaOptions.Section}:{nameof(MetaOptions.ApiBaseUrl)} must be an absolute http or https address without a path, such as https://graph.facebook.com.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PlatformHttp>();
        services.TryAddSingleton<GraphApi>();
        return services;
    }
}
