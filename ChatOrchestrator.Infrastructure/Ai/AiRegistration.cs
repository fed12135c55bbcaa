using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Registers the model.</summary>
public static class AiRegistration
{
    /// <summary>The name of the model's spans and instruments (OpenTelemetry's conventions for generative AI, which are still experimental).</summary>
    public const string TelemetryName = "Experimental.Microsoft.Extensions.AI";

    /// <summary>
    /// Adds <see cref="IChatClient"/> (the configured model, or the demo model when there is neither a key nor an endpoint),
    /// <see cref="ITokenCounter"/> and the health check <c>ai</c>. Calls fail with <see cref="ModelException"/> only, except
    /// for the caller's own cancellation.
    /// </summary>
    public static IServiceCollection AddAi(this IServiceCollection services)
    {
        services.AddOptions<AiOptions>().BindConfiguration(AiOptions.Section).PostConfigure<IConfiguration>(Complete).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AiOptions>, AiOptionsValidation>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ModelCatalog>();
        services.TryAddSingleton<IModelCatalog>(provider => provider.GetRequiredService<ModelCatalog>());
        services.TryAddSingleton<OpenAIEndpoints>();
        services.AddHybridCache();
        services.TryAddSingleton<ITokenCounter, TiktokenCounter>();
        services.TryAddSingleton(CreateChatClient);
        services.TryAddSingleton<ITranscribesSpeech, SpeechTranscription>();
        services.AddHostedService<AiAnnouncement>();
        services.AddHealthChecks().AddCheck<AiHealthCheck>("ai", tags: ["ready"]);
        return services;
    }

    /// <summary>An empty value, as compose files leave for an unset variable, counts as absent; files of secrets end in a line break.</summary>
    private static void Complete(AiOptions options, IConfiguration configuration)
    {
        options.Endpoint = Present(options.Endpoint);
        options.ApiKey = Present(options.ApiKey) ?? Present(configuration["OPENAI_API_KEY"]);
        options.TranscriptionModel = Present(options.TranscriptionModel);
        options.Model = Present(options.Model) ?? new AiOptions().Model;
        options.Currency = Present(options.Currency) ?? new AiOptions().Currency;
        foreach (var provider in options.Providers.Values)
        {
            provider.Kind = Present(provider.Kind) ?? ProviderOptions.OpenAI;
            provider.Endpoint = Present(provider.Endpoint);
            provider.ApiKey = Present(provider.ApiKey);
            provider.ApiVersion = Present(provider.ApiVersion);
        }
        foreach (var model in options.Models.Values)
        {
            model.Provider = Present(model.Provider);
            model.Name = Present(model.Name);
        }
    }

    private static string? Present(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static IChatClient CreateChatClient(IServiceProvider services)
    {
        IChatClient client = services.GetRequiredService<IOptions<AiOptions>>().Value.IsDemo
            ? ActivatorUtilities.CreateInstance<DemoChatClient>(services)
            : ActivatorUtilities.CreateInstance<ModelChatClient>(services);
        // Without a logger: it would write a stack trace for every failure, and for every answer that a user stopped.
        return client.AsBuilder()
            .Use(inner => ActivatorUtilities.CreateInstance<CachedChatClient>(services, inner))
            .Use(inner => ActivatorUtilities.CreateInstance<FallbackChatClient>(services, inner))
            .UseOpenTelemetry(NullLoggerFactory.Instance, TelemetryName, configure: static telemetry => telemetry.EnableSensitiveData = false)
            .Build(services);
    }
}
