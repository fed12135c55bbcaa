using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

internal enum MetaFaultKind
{
    /// <summary>An error of the Graph API with <c>code</c>; nothing happens.</summary>
    Error,

    /// <summary>A gateway's 502 with an HTML body; nothing happens.</summary>
    BadGateway,

    /// <summary>The call waits <c>delay_ms</c> and then goes on as usual.</summary>
    Latency,

    /// <summary>Never answered, nothing happens.</summary>
    Hang,

    /// <summary>The call is carried out, but its answer never comes: the client can only time out.</summary>
    HangAfterAccept,

    /// <summary>The call is carried out, then the connection breaks.</summary>
    AbortAfterAccept,

    /// <summary>The message is accepted; a status says later that it failed, with <c>code</c> (WhatsApp).</summary>
    FailLater,

    /// <summary>A webhook is delivered twice.</summary>
    WebhookTwice,

    /// <summary>A webhook is delivered after the one behind it.</summary>
    WebhookReordered,
}

/// <summary>One rule of what goes wrong, for the next <paramref name="Count"/> calls or webhooks that it matches.</summary>
/// <param name="Account">Only this page or number; absent: any.</param>
/// <param name="Person">Only what concerns this person; absent: any.</param>
internal sealed record MetaFault(MetaFaultKind Kind, string? Account = null, string? Person = null, int Count = 1)
{
    public int Status { get; init; } = 400;

    public int Code { get; init; } = 2;

    public int Subcode { get; init; }

    public int? RetryAfter { get; init; }

    public int DelayMs { get; init; } = 1000;
}

/// <summary>The faults in force.</summary>
internal sealed class MetaFaults
{
    private readonly Lock _sync = new();
    private readonly List<MetaFault> _faults = [];

    public void Add(MetaFault fault)
    {
        lock (_sync)
        {
            if (_faults.Count >= 1000 || fault.Count < 1 || fault.DelayMs < 0 || fault.Status is < 400 or > 599)
            {
                throw new ControlException("At most 1,000 faults; count is at least 1, delay_ms at least 0, status 400 to 599.");
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

    /// <summary>The first fault of these kinds that hits, used up by one.</summary>
    public MetaFault? Take(string account, string person, params ReadOnlySpan<MetaFaultKind> kinds)
    {
        lock (_sync)
        {
            for (var i = 0; i < _faults.Count; i++)
            {
                var fault = _faults[i];
                if (!kinds.Contains(fault.Kind) || (fault.Account is { } a && a != account) || (fault.Person is { } p && p != person))
                {
                    continue;
                }
                if (fault.Count == 1)
                {
                    _faults.RemoveAt(i);
                }
                else
                {
                    _faults[i] = fault with { Count = fault.Count - 1 };
                }
                return fault;
            }
            return null;
        }
    }
}
