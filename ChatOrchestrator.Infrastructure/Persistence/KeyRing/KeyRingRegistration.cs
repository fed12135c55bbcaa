using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

internal static class KeyRingRegistration
{
    /// <summary>The key ring: in the store, encrypted with what <c>DataProtection</c> configures.</summary>
    public static IServiceCollection AddKeyRing(this IServiceCollection services)
    {
        services.AddOptions<KeyRingOptions>().BindConfiguration(KeyRingOptions.Section);
        services.AddSingleton<RingKeys>();
        services.AddSettingsRule(provider => provider.GetRequiredService<RingKeys>());
        services.AddSingleton<RewrapKeyRing>();
        services.AddDataProtection().SetApplicationName("ChatOrchestrator");
        services.AddSingleton<StoredKeyRing>();
        services.AddOptions<KeyManagementOptions>().Configure<RingKeys, StoredKeyRing>((options, keys, ring) =>
        {
            options.XmlRepository = ring;
            if (keys.Current is { } key)
            {
                options.XmlEncryptor = new RingEncryptor(key);
            }
        });
        return services;
    }
}
