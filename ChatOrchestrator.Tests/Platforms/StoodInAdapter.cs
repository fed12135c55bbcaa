using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>An adapter together with the server that plays its platform.</summary>
public sealed class StoodInAdapter(IPlatformAdapter adapter, params IAsyncDisposable[] owned) : IAsyncDisposable
{
    public IPlatformAdapter Adapter { get; } = adapter;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in owned)
        {
            await one.DisposeAsync();
        }
    }
}

/// <summary>Everything that was logged, at every level, with exceptions.</summary>
public sealed class CapturedLog
{
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger<T> For<T>() => new Logger<T>(_lines);

    /// <summary>For a host.</summary>
    public ILoggerFactory Factory() => new LinesFactory(_lines);

    public override string ToString() => string.Join('\n', _lines);

    private sealed class LinesFactory(ConcurrentQueue<string> lines) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => new Logger<object>(lines);

        public void Dispose()
        {
        }
    }

    private sealed class Logger<T>(ConcurrentQueue<string> lines) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue($"scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
    }
}
