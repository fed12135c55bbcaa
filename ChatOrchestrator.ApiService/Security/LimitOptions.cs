using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>How much may be asked of this product: the configuration section <c>Limits</c>. All replicas count together (Redis).</summary>
public sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>Calls of the admin API from one address.</summary>
    public Rate ApiPerAddress { get; set; } = new(12_000, 2_000);

    /// <summary>Calls of the admin API with one key or token.</summary>
    public Rate ApiPerKey { get; set; } = new(6_000, 1_000);

    /// <summary>Calls of the admin API with a wrong key or token from one address; what is over it is not even looked at.</summary>
    public Rate FailedKeysPerAddress { get; set; } = new(60, 100);

    /// <summary>Webhooks of one connection. Off: the inbox's capacity is the limit.</summary>
    public Rate WebhooksPerConnection { get; set; } = new(0, 1);

    /// <summary>Calls of web chats from one address.</summary>
    public Rate WebChatPerAddress { get; set; } = new(12_000, 2_000);

    /// <summary>New or renewed web chat sessions from one address.</summary>
    public Rate WebChatSessionsPerAddress { get; set; } = new(600, 200);

    /// <summary>Messages of one web chat session.</summary>
    public Rate WebChatMessagesPerSession { get; set; } = new(60, 30);

    /// <summary>Calls of one web chat, by whomever. Off.</summary>
    public Rate WebChatPerConnection { get; set; } = new(0, 1);

    /// <summary>Calls of the admin API that one process works on at the same time.</summary>
    [Range(1, 100_000)]
    public int ApiConcurrency { get; set; } = 256;

    /// <summary>Open web chats (streams of events) of one address at one process, which has 10,000.</summary>
    [Range(1, 10_000)]
    public int WebChatStreamsPerAddress { get; set; } = 2_500;

    /// <summary>Open connections of one process.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>How long a request's headers may take to arrive, in seconds.</summary>
    [Range(1, 300)]
    public int HeadersTimeoutSeconds { get; set; } = 15;

    /// <summary>How fast a body must arrive after its first five seconds, in bytes per second.</summary>
    [Range(1, 1_000_000)]
    public int MinBodyBytesPerSecond { get; set; } = 240;

    internal IEnumerable<(string Name, Rate Rate)> Rates =>
    [
        (nameof(ApiPerAddress), ApiPerAddress), (nameof(ApiPerKey), ApiPerKey), (nameof(FailedKeysPerAddress), FailedKeysPerAddress),
        (nameof(WebhooksPerConnection), WebhooksPerConnection), (nameof(WebChatPerAddress), WebChatPerAddress),
        (nameof(WebChatSessionsPerAddress), WebChatSessionsPerAddress), (nameof(WebChatMessagesPerSession), WebChatMessagesPerSession),
        (nameof(WebChatPerConnection), WebChatPerConnection),
    ];
}

/// <summary>A bucket of permits.</summary>
public sealed class Rate
{
    public Rate()
    {
    }

    public Rate(int perMinute, int burst) => (PerMinute, Burst) = (perMinute, burst);

    /// <summary>How many permits come back in a minute; 0: no limit.</summary>
    public int PerMinute { get; set; }

    /// <summary>How many permits there are at once.</summary>
    public int Burst { get; set; } = 1;

    internal bool IsOn => PerMinute > 0;
}

internal sealed class LimitOptionsValidation : IValidateOptions<LimitOptions>
{
    public ValidateOptionsResult Validate(string? name, LimitOptions options)
    {
        var wrong = options.Rates.Where(r => r.Rate.PerMinute is < 0 or > 10_000_000 || r.Rate.Burst is < 1 or > 10_000_000)
            .Select(r => $"{LimitOptions.Section}:{r.Name}: PerMinute is 0 (off) to 10,000,000, Burst 1 to 10,000,000.").ToList();
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
