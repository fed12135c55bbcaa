using System.Collections.Concurrent;
using ChatOrchestrator.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.ServiceDefaults;

/// <summary>A web application with nothing but the service defaults, on a free port of this machine.</summary>
internal sealed class DefaultsHost : IAsyncDisposable
{
    private readonly RecordingLoggerProvider _logs = new();

    private DefaultsHost(WebApplicationBuilder builder)
    {
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_logs);
        App = builder.Build();
    }

    public WebApplication App { get; }

    /// <summary>Leaves no spans of its own: span listeners are process-wide and would hear this client too.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler { ActivityHeadersPropagator = null });

    public Uri Address => Client.BaseAddress!;

    /// <summary>Every record of every category, as text.</summary>
    public IReadOnlyCollection<string> Logs => _logs.Records;

    /// <summary>Bodies of what was POSTed to /v1/…, where OTLP over HTTP goes.</summary>
    public ConcurrentQueue<(string Path, byte[] Body)> Exports { get; } = new();

    public static async Task<DefaultsHost> StartAsync(Action<WebApplicationBuilder>? configure = null, params string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, EnvironmentName = "Production" });
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        builder.AddServiceDefaults();
        configure?.Invoke(builder);

        var host = new DefaultsHost(builder);
        host.App.MapDefaultEndpoints();
        host.App.MapGet("/bot{token}/getMe", () => "me");
        host.App.MapPost("/v1/{signal}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            host.Exports.Enqueue((context.Request.Path, body.ToArray()));
        });
        await host.App.StartAsync();
        host.Client.BaseAddress = new Uri(host.App.Urls.Single());
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
    }

    private sealed class RecordingLoggerProvider : ILoggerProvider
    {
        public ConcurrentQueue<string> Records { get; } = new();

        public ILogger CreateLogger(string categoryName) => new RecordingLogger(categoryName, Records);

        public void Dispose()
        {
        }
    }

    private sealed class RecordingLogger(string category, ConcurrentQueue<string> records) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            records.Enqueue($"{category} scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            records.Enqueue($"{category} {formatter(state, exception)} {exception}");
    }
}
