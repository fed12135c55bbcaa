using ChatOrchestrator.Application.Ports;
using NSec.Cryptography;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>What is derived from a connection once and used for as long as its snapshot lives.</summary>
internal sealed class DiscordConnection
{
    /// <summary>A timestamp of Unix seconds; longer ones are nobody's.</summary>
    private const int MaxTimestampLength = 32;

    private readonly PublicKey? _publicKey;
    private volatile string? _applicationId;
    private volatile string? _botUserId;

    public DiscordConnection(ConnectionSnapshot snapshot)
    {
        Token = snapshot.Secret(DiscordSettings.BotToken);
        Groups = DiscordSettings.GroupsOf(snapshot.Settings);
        Streams = DiscordSettings.StreamingOf(snapshot.Settings);
        _applicationId = DiscordSettings.IdOf(snapshot.Settings, DiscordSettings.ApplicationId);
        _botUserId = DiscordSettings.IdOf(snapshot.Settings, DiscordSettings.BotUserId) ?? IdIn(Token);
        _publicKey = KeyOf(snapshot.Secret(DiscordSettings.PublicKey));
    }

    public string? Token { get; }

    public GuildAnswers Groups { get; }

    /// <summary>Answers are shown while they are made.</summary>
    public bool Streams { get; }

    public DiscordPlaces Places { get; } = new();

    /// <summary>The application's id; null: not known yet.</summary>
    public string? ApplicationId => _applicationId;

    /// <summary>The bot's own user id; null: not known yet.</summary>
    public string? BotUserId => _botUserId;

    /// <summary>Remembers what READY says of the bot.</summary>
    public void Learn(string? botUserId, string? applicationId)
    {
        _botUserId = Snowflake.IsValid(botUserId) ? botUserId : _botUserId;
        _applicationId = Snowflake.IsValid(applicationId) ? applicationId : _applicationId;
    }

    /// <summary>
    /// Whether Discord signed the request
    /// (https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers):
    /// Ed25519 over the timestamp and the raw body. Without a usable key nothing is authentic.
    /// </summary>
    public bool IsSigned(string? signature, string? timestamp, ReadOnlySpan<byte> body)
    {
        var algorithm = SignatureAlgorithm.Ed25519;
        if (_publicKey is null || signature is null || signature.Length != 2 * algorithm.SignatureSize
            || timestamp is not { Length: > 0 and <= MaxTimestampLength } || !System.Text.Ascii.IsValid(timestamp))
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[algorithm.SignatureSize];
        if (Convert.FromHexString(signature, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }
        var signed = new byte[timestamp.Length + body.Length];
        System.Text.Encoding.ASCII.GetBytes(timestamp, signed);
        body.CopyTo(signed.AsSpan(timestamp.Length));
        return algorithm.Verify(_publicKey, signed, bytes);
    }

    /// <summary>The first part of a token is the bot's user id in Base64.</summary>
    private static string? IdIn(string? token)
    {
        var dot = token?.IndexOf('.') ?? -1;
        Span<byte> id = stackalloc byte[64];
        return dot is > 0 and < 64
            && System.Buffers.Text.Base64Url.IsValid(token.AsSpan(0, dot))
            && System.Buffers.Text.Base64Url.TryDecodeFromChars(token.AsSpan(0, dot), id, out var length)
            && System.Text.Encoding.ASCII.GetString(id[..length]) is var text && Snowflake.IsValid(text)
            ? text
            : null;
    }

    private static PublicKey? KeyOf(string? hex)
    {
        var algorithm = SignatureAlgorithm.Ed25519;
        Span<byte> bytes = stackalloc byte[algorithm.PublicKeySize];
        return hex is not null && hex.Length == 2 * bytes.Length
            && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && PublicKey.TryImport(algorithm, bytes, KeyBlobFormat.RawPublicKey, out var key)
            ? key
            : null;
    }
}
