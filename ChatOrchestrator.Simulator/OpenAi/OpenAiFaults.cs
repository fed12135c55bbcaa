using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.OpenAi;

internal enum OpenAiFaultKind
{
    /// <summary>Waits <c>delay_ms</c> before the answer.</summary>
    Latency,

    /// <summary>429 with <c>Retry-After: retry_after</c>.</summary>
    RateLimit,

    /// <summary>429 <c>insufficient_quota</c>, which no retry helps.</summary>
    Quota,

    /// <summary>The 5xx of <c>status</c>.</summary>
    ServerError,

    /// <summary>Takes the request and never answers.</summary>
    Hang,

    /// <summary>Breaks the connection: a stream after <c>after_chunks</c> chunks of text, any other answer halfway.</summary>
    BrokenStream,

    /// <summary>A stream stops after <c>after_chunks</c> chunks and stays open.</summary>
    StalledStream,

    /// <summary>400 <c>context_length_exceeded</c>, unless at most two messages are sent.</summary>
    ContextLength,

    /// <summary>The answer is empty and ends with <c>content_filter</c>.</summary>
    ContentFilter,

    /// <summary>401 <c>invalid_api_key</c>.</summary>
    Unauthorized,
}

/// <summary>One thing that goes wrong.</summary>
internal sealed record OpenAiFault
{
    public OpenAiFaultKind Kind { get; init; }

    /// <summary>How many requests are hit; absent: all until the faults are cleared.</summary>
    public int? Count { get; init; } = 1;

    public int RetryAfter { get; init; } = 1;

    public int Status { get; init; } = 500;

    public int DelayMs { get; init; } = 1000;

    public int AfterChunks { get; init; } = 3;

    public bool IsValid => Count is null or > 0 && RetryAfter >= 0 && Status is >= 500 and <= 599 && DelayMs is >= 0 and <= 600_000 && AfterChunks >= 0;
}

/// <summary>
/// The faults in force. A request can also bring its own, in the header <c>X-Simulator-Fault</c> or as a magic word at the
/// start of the last user message:
/// <list type="bullet">
/// <item><c>!429</c>, <c>!429 retry_after=5</c>: rate limit</item>
/// <item><c>!quota</c>: 429 insufficient_quota</item>
/// <item><c>!500</c>, <c>!502</c>, <c>!503</c>, <c>!504</c>: server error</item>
/// <item><c>!401</c>: wrong key</item>
/// <item><c>!slow</c>, <c>!slow delay_ms=5000</c>: latency</item>
/// <item><c>!hang</c>: no answer ever</item>
/// <item><c>!break</c>, <c>!break after=2</c>: the connection breaks after so many chunks</item>
/// <item><c>!stall</c>, <c>!stall after=2</c>: the stream stops and stays open</item>
/// <item><c>!context</c>: context_length_exceeded, unless at most two messages are sent</item>
/// <item><c>!filter</c>: an empty answer that ends with content_filter</item>
/// </list>
/// <c>times=2</c> after any of them lets the third request with the same text succeed, which shows a retry at work. In the
/// header the exclamation mark may be left out.
/// </summary>
internal sealed partial class OpenAiFaults
{
    private const int MaxFaults = 1000;
    private readonly Lock _sync = new();
    private readonly List<OpenAiFault> _faults = [];
    private readonly BoundedMap<string, int> _seen = new(1000);

    public IReadOnlyList<OpenAiFault> Active
    {
        get
        {
            lock (_sync)
            {
                return [.. _faults];
            }
        }
    }

    /// <returns>Whether there was room.</returns>
    public bool Add(OpenAiFault fault)
    {
        lock (_sync)
        {
            if (_faults.Count == MaxFaults)
            {
                return false;
            }

            _faults.Add(fault);
            return true;
        }
    }

    public void Clear()
    {
        lock (_sync)
        {
            _faults.Clear();
            _seen.Clear();
        }
    }

    /// <summary>The fault that hits this request: the header's, the text's, or the first in force.</summary>
    public OpenAiFault? Take(string? header, string text)
    {
        if (Parse(header) is { } fromHeader)
        {
            return Limit(fromHeader, header + "\n" + text);
        }

        if (text.StartsWith('!') && Parse(text) is { } fromText)
        {
            return Limit(fromText, text);
        }

        lock (_sync)
        {
            if (_faults.Count == 0)
            {
                return null;
            }

            var fault = _faults[0];
            if (fault.Count is 1)
            {
                _faults.RemoveAt(0);
            }
            else
            {
                _faults[0] = fault with { Count = fault.Count - 1 };
            }

            return fault;
        }
    }

    private OpenAiFault? Limit((OpenAiFault Fault, int? Times) parsed, string key)
    {
        if (parsed.Times is not { } times)
        {
            return parsed.Fault;
        }

        lock (_sync)
        {
            _seen.TryGetValue(key, out var seen);
            _seen.Set(key, seen + 1);
            return seen < times ? parsed.Fault : null;
        }
    }

    private static (OpenAiFault Fault, int? Times)? Parse(string? text)
    {
        var match = MagicWord().Match(text ?? "");
        if (!match.Success)
        {
            return null;
        }

        var numbers = Argument().Matches(match.Groups["rest"].Value)
            .GroupBy(static argument => argument.Groups[1].Value, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => int.Parse(group.First().Groups[2].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var word = match.Groups["word"].Value;
        var fault = new OpenAiFault
        {
            Kind = word switch
            {
                "429" => OpenAiFaultKind.RateLimit,
                "quota" => OpenAiFaultKind.Quota,
                "401" => OpenAiFaultKind.Unauthorized,
                "slow" => OpenAiFaultKind.Latency,
                "hang" => OpenAiFaultKind.Hang,
                "break" => OpenAiFaultKind.BrokenStream,
                "stall" => OpenAiFaultKind.StalledStream,
                "context" => OpenAiFaultKind.ContextLength,
                "filter" => OpenAiFaultKind.ContentFilter,
                _ => OpenAiFaultKind.ServerError,
            },
            Status = word[0] == '5' ? int.Parse(word, CultureInfo.InvariantCulture) : 500,
            RetryAfter = numbers.GetValueOrDefault("retry_after", 1),
            DelayMs = Math.Min(numbers.GetValueOrDefault("delay_ms", 3000), 600_000),
            AfterChunks = numbers.GetValueOrDefault("after", 3),
        };
        return (fault, numbers.TryGetValue("times", out var times) ? times : null);
    }

    [GeneratedRegex(@"^!?(?<word>429|50[0234]|401|quota|slow|hang|break|stall|context|filter)(?![\w-])(?<rest>.*)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex MagicWord();

    [GeneratedRegex(@"\b(retry_after|delay_ms|after|times)=(\d{1,7})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Argument();
}
