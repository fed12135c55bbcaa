using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>A container with the model as the processes register it, keeping every log line.</summary>
internal sealed class AiHost : IAsyncDisposable, ILoggerProvider
{
    public const string Key = "sk-very-secret-0123456789";

    private readonly ServiceProvider _services;

    public AiHost(string? endpoint, string? key = Key, TimeProvider? time = null, params (string Key, string? Value)[] more)
    {
        var settings = new Dictionary<string, string?> { ["Ai:Endpoint"] = endpoint, ["Ai:ApiKey"] = key };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));
        if (time is not null)
        {
            services.AddSingleton(time);
        }
        services.AddAi();
        _services = services.BuildServiceProvider();
    }

    public ConcurrentQueue<string> Log { get; } = new();

    public IServiceProvider Services => _services;

    public IChatClient Client => _services.GetRequiredService<IChatClient>();

    public static List<ChatMessage> Prompt(string text = "Hello?") => [new(ChatRole.System, "Be brief."), new(ChatRole.User, text)];

    public async Task<ModelException> FailureAsync(bool stream = false, string? model = null, CancellationToken cancellationToken = default) =>
        await Should.ThrowAsync<ModelException>(() => AskAsync(stream, model, cancellationToken));

    public async Task<string> AskAsync(bool stream = false, string? model = null, CancellationToken cancellationToken = default)
    {
        var options = new ChatOptions { ModelId = model };
        if (!stream)
        {
            return (await Client.GetResponseAsync(Prompt(), options, cancellationToken)).Text;
        }
        var text = "";
        await foreach (var update in Client.GetStreamingResponseAsync(Prompt(), options, cancellationToken))
        {
            text += update.Text;
        }
        return text;
    }

    public static Task UntilAsync(Func<bool> condition) =>
        Eventually.TrueAsync(condition, TimeSpan.FromSeconds(20), "what the test waits for");

    public ILogger CreateLogger(string categoryName) => new Recorder(Log);

    public void Dispose()
    {
        // The lines stay readable.
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Recorder(ConcurrentQueue<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
    }
}
