using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Discord;

internal enum DiscordFaultKind
{
    /// <summary>429 with <c>retry_after</c>, for the bucket or, with <c>global</c>, for the token; nothing happens.</summary>
    RateLimit,

    /// <summary>An error of the platform's shape with <c>status</c> and <c>code</c>; nothing happens.</summary>
    Error,

    /// <summary>A 502 of the front with an HTML body; nothing happens.</summary>
    BadGateway,

    /// <summary>The call waits <c>delay_ms</c> and then goes on as usual.</summary>
    Latency,

    /// <summary>The call is carried out, but its answer never comes: the client can only time out.</summary>
    HangAfterAccept,

    /// <summary>The call is carried out, then the connection breaks.</summary>
    AbortAfterAccept,
}

/// <summary>One rule of what goes wrong with calls.</summary>
internal sealed record DiscordFault
{
    public DiscordFaultKind Kind { get; init; }

    /// <summary>Only calls whose path contains this; absent: creating messages.</summary>
    public string Path { get; init; } = "/messages";

    /// <summary>Only this method; <c>*</c> is every one.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>How many matching calls are hit; absent: all until the faults are cleared.</summary>
    public int? Count { get; init; } = 1;

    /// <summary>Seconds, for <see cref="DiscordFaultKind.RateLimit"/>.</summary>
    public double RetryAfter { get; init; } = 1;

    public bool Global { get; init; }

    public int Status { get; init; } = 500;

    public int Code { get; init; }

    public int DelayMs { get; init; } = 1000;
}

/// <summary>The faults in force.</summary>
internal sealed class DiscordFaults
{
    private const int MaxFaults = 1000;
    private readonly Lock _sync = new();
    private readonly List<DiscordFault> _faults = [];

    public IReadOnlyList<DiscordFault> Active
    {
        get
        {
            lock (_sync)
            {
                return [.. _faults];
            }
        }
    }

    public void Add(DiscordFault fault)
    {
        lock (_sync)
        {
            if (_faults.Count == MaxFaults)
            {
                throw new ControlException("Too many faults are set; clear them first.");
            }
            _faults.Add(fault);
        }
    }

    public void Clear()
    {
        lock (_sync)
        {
            _faults.Clear();
        }
    }

    /// <summary>The first fault that hits this call, used up by one.</summary>
    public DiscordFault? Take(string method, string path)
    {
        lock (_sync)
        {
            var i = _faults.FindIndex(f => (f.Method == "*" || f.Method.Equals(method, StringComparison.OrdinalIgnoreCase)) && path.Contains(f.Path, StringComparison.Ordinal));
            if (i < 0)
            {
                return null;
            }
            var fault = _faults[i];
            if (fault.Count is 1)
            {
                _faults.RemoveAt(i);
            }
            else
            {
                _faults[i] = fault with { Count = fault.Count - 1 };
            }
            return fault;
        }
    }
}
