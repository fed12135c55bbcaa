namespace ChatOrchestrator.Simulator.Telegram;

internal enum TelegramFaultKind
{
    /// <summary>429 with <c>retry_after</c>; nothing happens.</summary>
    RateLimit,

    /// <summary>An error of the platform's shape with <c>error_code</c> (500 if absent); nothing happens.</summary>
    Error,

    /// <summary>A gateway's 502 with an HTML body, as the real front end sends during an outage; nothing happens.</summary>
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
internal sealed record TelegramFault
{
    public TelegramFaultKind Kind { get; init; }

    /// <summary>Only this bot; absent: every bot.</summary>
    public long? BotId { get; init; }

    /// <summary>Only calls with this <c>chat_id</c>; absent: every call.</summary>
    public long? ChatId { get; init; }

    /// <summary>Only this method, compared without case; <c>*</c> is every method.</summary>
    public string Method { get; init; } = "sendMessage";

    /// <summary>How many matching calls are hit; absent: all of them until the faults are cleared.</summary>
    public int? Count { get; init; } = 1;

    /// <summary>Hit only every n-th matching call.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Seconds, for <see cref="TelegramFaultKind.RateLimit"/>.</summary>
    public int RetryAfter { get; init; } = 1;

    public int ErrorCode { get; init; } = 500;

    public string Description { get; init; } = "Internal Server Error";

    public int DelayMs { get; init; } = 1000;
}

/// <summary>The faults in force.</summary>
internal sealed class TelegramFaults
{
    private const int MaxFaults = 1000;
    private readonly Lock _sync = new();
    private readonly List<(TelegramFault Fault, int Seen)> _faults = [];

    public IReadOnlyList<TelegramFault> Active
    {
        get
        {
            lock (_sync)
            {
                return _faults.ConvertAll(static entry => entry.Fault);
            }
        }
    }

    public void Add(TelegramFault fault)
    {
        lock (_sync)
        {
            if (_faults.Count == MaxFaults)
            {
                throw new ControlException("Too many faults are set; clear them first.");
            }

            _faults.Add((fault, 0));
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
    public TelegramFault? Take(long botId, string method, string chatId)
    {
        lock (_sync)
        {
            for (var i = 0; i < _faults.Count; i++)
            {
                var (fault, seen) = _faults[i];
                if ((fault.BotId is { } bot && bot != botId)
                    || (fault.ChatId is { } chat && chat.ToString(System.Globalization.CultureInfo.InvariantCulture) != chatId)
                    || (fault.Method != "*" && !fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase)))
                {
                    continue;
                }

                seen++;
                if (seen % fault.Every != 0)
                {
                    _faults[i] = (fault, seen);
                    continue;
                }

                if (fault.Count is 1)
                {
                    _faults.RemoveAt(i);
                }
                else
                {
                    _faults[i] = (fault with { Count = fault.Count - 1 }, seen);
                }

                return fault;
            }

            return null;
        }
    }
}

/// <summary>A control request that cannot be carried out; answered 400 with the message.</summary>
internal sealed class ControlException(string message) : Exception(message);
