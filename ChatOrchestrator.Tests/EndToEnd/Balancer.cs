using System.Collections.Concurrent;
using System.Net.Sockets;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>
/// A load balancer as simple as they come: in turn to every backend that says that it is ready, and to the next one only when
/// a connection is refused, so that nothing was sent. Everything else reaches the client, and is noted.
/// </summary>
internal sealed class Balancer : IAsyncDisposable
{
    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new();
    private readonly HttpClient _probes = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly ConcurrentDictionary<ServiceProcess, bool> _ready = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _probing;
    private int _next;

    public Balancer() => _probing = ProbeAsync();

    /// <summary>What a client got that was not a 200.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    public bool IsReady(ServiceProcess backend) => _ready.TryGetValue(backend, out var ready) && ready;

    public Task AddAsync(ServiceProcess backend, TimeSpan deadline)
    {
        _ready[backend] = false;
        return Eventually.TrueAsync(() => IsReady(backend), deadline, $"{backend.Host} is ready");
    }

    public void Remove(ServiceProcess backend) => _ready.TryRemove(backend, out _);

    /// <summary>Posts once.</summary>
    /// <returns>Whether the answer was 200.</returns>
    public async Task<bool> PostAsync(Func<Uri, HttpRequestMessage> request)
    {
        var backends = _ready.Where(b => b.Value).Select(b => b.Key).OrderBy(b => b.Port).ToArray();
        var first = Interlocked.Increment(ref _next);
        for (var i = 0; i < backends.Length; i++)
        {
            try
            {
                using var message = request(backends[(first + i) % backends.Length].Address);
                using var response = await _http.SendAsync(message);
                if (response.IsSuccessStatusCode)
                {
                    return true;
                }
                Refused.Enqueue($"{(int)response.StatusCode}");
                return false;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                // It stopped listening since it was asked: the next one gets the same.
            }
            catch (HttpRequestException e)
            {
                Refused.Enqueue(e.ToString());
                return false;
            }
        }
        Refused.Enqueue("no backend is ready");
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing;
        _http.Dispose();
        _probes.Dispose();
        _stop.Dispose();
    }

    private async Task ProbeAsync()
    {
        using var timer = new PeriodicTimer(BetweenProbes);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await Task.WhenAll(_ready.Keys.Select(async backend =>
                {
                    var ready = await ProbeAsync(backend);
                    if (_ready.TryGetValue(backend, out var was) && was != ready)
                    {
                        _ready.TryUpdate(backend, ready, was);
                    }
                }));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nobody asks any more.
        }
    }

    private async Task<bool> ProbeAsync(ServiceProcess backend)
    {
        try
        {
            using var response = await _probes.GetAsync(new Uri(backend.Address, "health/ready"), _stop.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
