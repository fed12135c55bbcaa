using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Tests.ApiService;

namespace ChatOrchestrator.Tests.Security;

/// <summary>What a campaign has done, and what came of it.</summary>
internal sealed class Attacks(ApiProcess api)
{
    private const int Parallel = 6;

    private readonly ConcurrentQueue<(string Category, Func<Task<string?>> Run)> _planned = new();

    public ConcurrentDictionary<string, int> Done { get; } = new();

    public ConcurrentQueue<string> LetThrough { get; } = new();

    /// <summary>Plans an attack; its result says how it got through, null: it did not.</summary>
    public void Add(string category, Func<Task<string?>> run) => _planned.Enqueue((category, run));

    /// <summary>Plans a call that must be answered with one of the statuses.</summary>
    public void Call(string category, HttpMethod method, string path, object? body, int[] expected, params (string Name, string Value)[] headers) =>
        Add(category, async () =>
        {
            Answer answer;
            try
            {
                answer = await api.SendAsync(method, path, body, headers);
            }
            catch (HttpRequestException) when (expected.Contains(413) && !api.Service.HasExited)
            {
                // It hung up in the middle of what was too much: refused.
                return null;
            }
            return expected.Contains(answer.Status) ? null : $"{category}: {method} {path[..Math.Min(150, path.Length)]} was answered with {answer.Status}";
        });

    public async Task RunAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(async _ =>
        {
            while (_planned.TryDequeue(out var attack))
            {
                var through = await attack.Run();
                Done.AddOrUpdate(attack.Category, 1, (_, n) => n + 1);
                if (through is not null)
                {
                    LetThrough.Enqueue(through);
                }
            }
        }));
    }

    /// <summary>Writes bytes to a socket of its own and reads what comes back until the server is done, or silent for a while.</summary>
    public async Task<string> RawAsync(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", api.Service.Port);
        var stream = client.GetStream();
        var answer = new StringBuilder();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await stream.WriteAsync(request, limit.Token);
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[8192];
            int read;
            while ((read = await stream.ReadAsync(buffer, limit.Token)) > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // Hung up, or says nothing more: what was said counts.
        }
        return answer.ToString();
    }

    public static string RandomText(int bytes) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).Replace('+', '-').Replace('/', '_').TrimEnd('=');
}
