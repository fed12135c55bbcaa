using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>How far a connection has come with the Gateway: kept in the store, so that any process resumes it.</summary>
internal sealed record GatewaySession
{
    private static readonly TimeSpan ShortestIdentifyPause = TimeSpan.FromSeconds(5);

    /// <summary>720 a day, below the 1,000 after which Discord takes the token away.</summary>
    private static readonly TimeSpan LongestIdentifyPause = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan SettledAfter = TimeSpan.FromMinutes(10);

    public string? SessionId { get; init; }

    public string? ResumeUrl { get; init; }

    /// <summary>The sequence of the last dispatch that is stored: what comes after it is sent again by a resume.</summary>
    public long? Sequence { get; init; }

    /// <summary>When the last IDENTIFY was sent, by whichever process.</summary>
    public DateTimeOffset? IdentifiedAt { get; init; }

    /// <summary>How many were sent in a row, none of them followed by a session that held.</summary>
    public int Identifies { get; init; }

    [JsonIgnore]
    public bool CanResume => SessionId is not null && ResumeUrl is not null && Sequence is not null;

    /// <summary>A session that Discord will not resume; when the last one was opened is remembered.</summary>
    public GatewaySession Ended() => this with { SessionId = null, ResumeUrl = null, Sequence = null };

    public GatewaySession Identified(DateTimeOffset now) =>
        Ended() with { IdentifiedAt = now, Identifies = IsSettled(now) ? 1 : Identifies + 1 };

    /// <summary>How long to wait before the next IDENTIFY.</summary>
    public TimeSpan IdentifyPause(DateTimeOffset now)
    {
        if (IdentifiedAt is not { } last || IsSettled(now))
        {
            return TimeSpan.Zero;
        }
        var pause = ShortestIdentifyPause * Math.Pow(2, Math.Clamp(Identifies - 1, 0, 6));
        return last + (pause < LongestIdentifyPause ? pause : LongestIdentifyPause) - now;
    }

    /// <summary>Names a dispatch of this session, the same when it is sent again.</summary>
    public string EventId(long sequence) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"g{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SessionId ?? "")).AsSpan(0, 8))}:{sequence}");

    private bool IsSettled(DateTimeOffset now) => IdentifiedAt is { } last && now - last > SettledAfter;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GatewaySession))]
internal sealed partial class GatewaySessionJson : JsonSerializerContext;
