using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Says at start which model answers.</summary>
internal sealed partial class AiAnnouncement(IOptions<AiOptions> options, ModelCatalog catalog, ILogger<AiAnnouncement> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var ai = options.Value;
        if (ai.IsDemo)
        {
            LogDemo(logger);
        }
        else
        {
            var address = catalog.AddressOf(null);
            var (endpoint, key) = address.Provider is { } provider ? (ai.Providers[provider].Endpoint, ai.Providers[provider].ApiKey) : (ai.Endpoint, ai.ApiKey);
            LogModel(logger, ai.Model, endpoint ?? "OpenAI", key is null ? "without a key" : "with a key");
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "AI: the built-in demo model; set Ai:ApiKey or OPENAI_API_KEY, or Ai:Endpoint, for a real one")]
    private static partial void LogDemo(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "AI: {Model} at {Endpoint}, {Key}")]
    private static partial void LogModel(ILogger logger, string model, string endpoint, string key);
}
