namespace ChatOrchestrator.Simulator.Slack;

internal enum SlackFaultKind
{
    /// <summary>429 with <c>Retry-After</c>; nothing happens.</summary>
    RateLimit,

    /// <summary><c>ok: false</c> with <c>error</c>; nothing happens.</summary>
    Error,

    /// <summary>A 502 with an HTML body; nothing happens.</summary>
    BadGateway,

    /// <summary>The call waits <c>delay_ms</c> and then goes on as usual.</summary>
    Latency,

    /// <summary>Never answered, nothing happens.</summary>
    Hang,

    /// <summary>The call is carried out, but its answer never comes: the client can only time out.</summary>
    HangAfterAccept,

    /// <summary>The call is carried out, then the connection breaks.</summary>
    AbortAfterAccept,
}

/// <summary>One rule of what goes wrong, for the calls that it matches.</summary>
internal sealed record SlackFault
{
    public SlackFaultKind Kind { get; init; }

    /// <summary>Only calls with this <c>channel</c>; absent: every call.</summary>
    public string? Channel { get; init; }

    /// <summary>Only this method; <c>*</c> is every method.</summary>
    public string Method { get; init; } = "chat.postMessage";

    /// <summary>How many matching calls are hit; absent: all of them until the faults are cleared.</summary>
    public int? Count { get; init; } = 1;

    /// <summary>Seconds, for <see cref="SlackFaultKind.RateLimit"/>.</summary>
    public int RetryAfter { get; init; } = 1;

    public string Error { get; init; } = "internal_error";

    public int DelayMs { get; init; } = 1_000;
}

/// <summary>The faults in force.</summary>
internal sealed class SlackFaults
{
    private const int MaxFaults = 1_000;
    private readonly Lock _sync = new();
    private readonly List<SlackFault> _faults = [];

    public IReadOnlyList<SlackFault> Active
    {
        get
        {
            lock (_sync)
            {
                return [.. _faults];
            }
        }
    }

    public void Add(SlackFault fault)
    {
        lock (_sync)
        {
            if (_faults.Count == MaxFaults)
            {
                throw new SlackControlException("Too many faults are set; clear them first.");
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
    public SlackFault? Take(string method, string? channel)
    {
        lock (_sync)
        {
            var at = _faults.FindIndex(f => (f.Method == "*" || f.Method.Equals(method, StringComparison.OrdinalIgnoreCase)) && (f.Channel is null || f.Channel == channel));
            if (at < 0)
            {
                return null;
            }

            var fault = _faults[at];
            if (fault.Count is 1)
            {
                _faults.RemoveAt(at);
            }
            else
            {
                _faults[at] = fault with { Count = fault.Count - 1 };
            }

            return fault;
        }
    }
}

/// <summary>A control request that cannot be carried out; answered 400 with the message.</summary>
internal sealed class SlackControlException(string message) : Exception(message);

/// <summary>A refusal of the Web API.</summary>
internal sealed class SlackApiException(string error) : Exception(error);
