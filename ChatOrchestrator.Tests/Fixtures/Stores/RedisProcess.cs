using System.Diagnostics;
using System.Globalization;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.Fixtures.Stores;

/// <summary>A Redis from the machine's binary, on loopback, without persistence: a restart loses everything, as the application must bear.</summary>
internal sealed class RedisProcess(string binary) : IStoreBackend
{
    private readonly string _directory = Reaper.Shared.CreateDirectory("redis");
    private OwnedProcess? _process;

    public int Port { get; } = FreePort.Next();

    public string? Failure => _process is { HasExited: true } process ? process.Output : null;

    public Task StartAsync()
    {
        _process = OwnedProcess.Start(new ProcessStartInfo(binary,
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--databases", (RedisServer.Databases + 1).ToString(CultureInfo.InvariantCulture), "--dir", _directory,
        ]));
        return Task.CompletedTask;
    }

    public async Task StopAsync(bool immediately)
    {
        if (_process is { } process)
        {
            await process.StopAsync(immediately ? UnixSignal.Kill : UnixSignal.Terminate, TimeSpan.FromSeconds(30));
        }
    }

    public Task FreezeAsync() => _process?.FreezeAsync() ?? Task.CompletedTask;

    public Task ThawAsync()
    {
        _process?.Thaw();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(immediately: true);
        Directory.Delete(_directory, recursive: true);
    }
}
