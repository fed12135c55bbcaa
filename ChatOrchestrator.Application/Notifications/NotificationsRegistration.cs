using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Application.Notifications;

public static class NotificationsRegistration
{
    /// <summary>What every process needs that may have something to tell.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration(NotificationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<RaiseNotification>();
        services.TryAddSingleton<AdministerNotificationRules>();
        services.TryAddSingleton<ReadNotifications>();
        return services;
    }

    /// <summary>Delivers them.</summary>
    public static IServiceCollection AddNotificationDelivery(this IServiceCollection services) => services.AddNotifications().AddHostedService<DeliverNotifications>();
}
