using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>What is derived from a connection once and used for as long as its snapshot lives.</summary>
internal sealed class SlackConnection(ConnectionSnapshot snapshot)
{
    /// <summary>How far a request's time may lie from ours: <see href="https://docs.slack.dev/authentication/verifying-requests-from-slack/"/>.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    private static readonly byte[] Version = "v0:"u8.ToArray();

    private readonly byte[]? _signingKey = snapshot.Secret(SlackSettings.SigningSecret) is { } secret ? Encoding.UTF8.GetBytes(secret) : null;

    public string BotName { get; } = snapshot.Bot.Name;

    public string? Token { get; } = snapshot.Secret(SlackSettings.BotToken);

    public string? AppToken { get; } = snapshot.Secret(SlackSettings.AppToken);

    /// <summary>The app's sockets by a name that does not give the token away; null: there is none.</summary>
    public string? Line { get; } = snapshot.Secret(SlackSettings.AppToken) is { } token ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)).AsSpan(0, 16)) : null;

    public string? BotUserId { get; } = SlackSettings.IdOf(snapshot.Settings, SlackSettings.BotUserId);

    public string? BotId { get; } = SlackSettings.IdOf(snapshot.Settings, SlackSettings.BotId);

    public string? TeamId { get; } = SlackSettings.IdOf(snapshot.Settings, SlackSettings.TeamId);

    public ChannelAnswers Groups { get; } = SlackSettings.GroupsOf(snapshot.Settings);

    public bool AnswersSlashInChannel { get; } = SlackSettings.AnswersInChannel(snapshot.Settings);

    public bool? SocketMode { get; } = SlackSettings.SocketModeOf(snapshot.Settings);

    public bool Streams { get; } = SlackSettings.StreamsAnswers(snapshot.Settings);

    /// <summary>Whether Slack signed the body, not long ago.</summary>
    public bool IsSigned(in WebhookRequest request, DateTimeOffset now)
    {
        if (_signingKey is null || request.Header("X-Slack-Request-Timestamp") is not { Length: > 0 and <= 16 } timestamp
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > MaxSkew.TotalSeconds)
        {
            return false;
        }
        return Signatures.IsHmacSha256(
            request.Header("X-Slack-Signature"), "v0=", _signingKey, Version, Encoding.ASCII.GetBytes(timestamp + ":"), request.Body);
    }
}
