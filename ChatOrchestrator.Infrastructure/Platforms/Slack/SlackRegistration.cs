using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Registers the Slack platform.</summary>
public static class SlackRegistration
{
    /// <summary>
    /// Adds Slack's <see cref="IPlatformAdapter"/>: Events API, interactivity and slash commands by webhook or Socket Mode, the
    /// Web API outward. Reads the section <c>Platforms:Slack</c>; a wrong value stops the start.
    /// </summary>
    public static IServiceCollection AddSlack(this IServiceCollection services)
    {
        services.AddOptions<SlackOptions>()
            .BindConfiguration(SlackOptions.Section)
            .Validate(
                options => BaseUrl.IsValid(options.ApiBaseUrl, path: true),
                $"{SlackOptions.Section}:{nameof(SlackOptions.ApiBaseUrl)} must be an absolute http or https address, such as https://slack.com/api.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PlatformHttp>();
        services.TryAddSingleton<SlackApi>();
        services.TryAddSingleton(provider => new SlackReachability(!string.IsNullOrWhiteSpace(provider.GetRequiredService<IConfiguration>()["PublicUrl"])));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformAdapter, SlackAdapter>());
        return services;
    }
}

/// <summary>Whether Slack can reach this deployment (<c>PublicUrl</c>): otherwise an app token is used for Socket Mode.</summary>
internal sealed record SlackReachability(bool HasPublicUrl);
