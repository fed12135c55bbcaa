using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Infrastructure.Platforms;

public static class WebhookRegistration
{
    /// <summary>Registers every connection's webhook at the start of the API, when <c>PublicUrl</c> is configured.</summary>
    public static IServiceCollection AddWebhookRegistrar(this IServiceCollection services) => services.AddHostedService<WebhookRegistrar>();
}
