using ChatOrchestrator.Application.Telemetry;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Bounds what ingress holds in memory: requests in hand (<c>Engine:InboxCapacity</c>) and the bytes of their bodies
/// (<c>Engine:InboxMegabytes</c>). What is over it is refused before its body is read.
/// </summary>
public sealed class IngressGate(IOptions<EngineOptions> options)
{
    /// <summary>What a request costs at least, whatever its body says of itself.</summary>
    private const int LeastBytes = 4_096;

    private readonly Lock _gate = new();
    private readonly int _maxRequests = options.Value.InboxCapacity;
    private readonly long _maxBytes = options.Value.InboxMegabytes * 1024L * 1024L;
    private int _requests;
    private long _bytes;

    /// <summary>Lets a request in until the ticket is disposed.</summary>
    /// <param name="bodyBytes">How long its body says that it is; 0: it does not say.</param>
    /// <exception cref="OverloadedException">Too much is in hand.</exception>
    public Ticket Enter(long bodyBytes)
    {
        var bytes = Math.Max(bodyBytes, LeastBytes);
        Take(1, bytes);
        return new Ticket(this, bytes);
    }

    private void Take(int requests, long bytes)
    {
        lock (_gate)
        {
            if (_requests + requests <= _maxRequests && _bytes + bytes <= _maxBytes)
            {
                _requests += requests;
                _bytes += bytes;
                return;
            }
        }
        EngineTelemetry.Shed.Add(1);
        throw new OverloadedException();
    }

    private void Leave(long bytes)
    {
        lock (_gate)
        {
            _requests--;
            _bytes -= bytes;
        }
    }

    /// <summary>A request's place; disposed once.</summary>
    public sealed class Ticket : IDisposable
    {
        private readonly IngressGate _gate;
        private long _bytes;

        internal Ticket(IngressGate gate, long bytes) => (_gate, _bytes) = (gate, bytes);

        /// <summary>The body turns out to be this long.</summary>
        /// <exception cref="OverloadedException">Too much is in hand.</exception>
        public void GrowTo(long bodyBytes)
        {
            if (bodyBytes > _bytes)
            {
                _gate.Take(0, bodyBytes - _bytes);
                _bytes = bodyBytes;
            }
        }

        public void Dispose() => _gate.Leave(_bytes);
    }
}
