using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.DataProtection;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>A visitor's right to one chat of one connection.</summary>
/// <param name="ChatId">32 hexadecimal digits, random.</param>
public sealed record WebChatSession(ConnectionId Connection, string ChatId, DateTimeOffset ExpiresAt);

/// <summary>
/// Makes and reads session tokens: encrypted, signed, expiring, good for one connection only, and in a browser for pages of
/// the origin that opened the session. A page exchanges its token for a fresh one every day.
/// </summary>
public sealed class WebChatSessions(IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>How long a token is good for.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(1);

    /// <summary>How long after that it can still be exchanged for a new one.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromDays(60);

    private const byte Version = 2;
    private const int OriginLength = 8;
    private const int PayloadLength = 1 + 16 + 16 + 8 + OriginLength;

    private readonly IDataProtector _protector = protection.CreateProtector("webchat-session", "v1");

    /// <summary>A new chat.</summary>
    /// <param name="origin">Of the page that opens it; null: no browser does.</param>
    public (string Token, WebChatSession Session) Open(ConnectionId connection, string? origin = null) => Issue(connection, origin, RandomNumberGenerator.GetBytes(16));

    /// <summary>A fresh token for the chat of an old one; null: it is not one of ours, of another connection or origin, or too old.</summary>
    public (string Token, WebChatSession Session)? Renew(ConnectionId connection, string token, string? origin = null) =>
        Read(connection, token, origin) is { } session && time.GetUtcNow() < session.ExpiresAt + Renewal
            ? Issue(connection, origin, Convert.FromHexString(session.ChatId))
            : null;

    /// <summary>The session; null: the token is not one of ours, of another connection or origin, or has expired.</summary>
    /// <param name="origin">Of the page that calls; null where the browser names none.</param>
    public WebChatSession? Find(ConnectionId connection, string token, string? origin = null) =>
        Read(connection, token, origin) is { } session && time.GetUtcNow() < session.ExpiresAt ? session : null;

    private (string Token, WebChatSession Session) Issue(ConnectionId connection, string? origin, byte[] chat)
    {
        var expires = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + Life).ToUnixTimeSeconds());
        var payload = new byte[PayloadLength];
        payload[0] = Version;
        connection.Value.TryWriteBytes(payload.AsSpan(1), bigEndian: true, out _);
        chat.CopyTo(payload.AsSpan(17));
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(33), expires.ToUnixTimeSeconds());
        HashOf(origin).CopyTo(payload.AsSpan(41));
        return (Base64Url.EncodeToString(_protector.Protect(payload)), new WebChatSession(connection, Convert.ToHexStringLower(chat), expires));
    }

    private static byte[] HashOf(string? origin) => origin is null ? new byte[OriginLength] : SHA256.HashData(Encoding.UTF8.GetBytes(origin))[..OriginLength];

    private WebChatSession? Read(ConnectionId connection, string token, string? origin)
    {
        if (token.Length is 0 or > 1_000 || !Base64Url.IsValid(token))
        {
            return null;
        }
        var bytes = Base64Url.DecodeFromChars(token);
        if (Base64Url.EncodeToString(bytes) != token)
        {
            // With blanks or padding in it the same token could be written in many ways, and each would be another visitor's to the limits.
            return null;
        }
        byte[] payload;
        try
        {
            payload = _protector.Unprotect(bytes);
        }
        catch (CryptographicException)
        {
            return null;
        }
        return payload.Length == PayloadLength && payload[0] == Version && new Guid(payload.AsSpan(1, 16), bigEndian: true) == connection.Value
            && (origin is null || payload.AsSpan(41).SequenceEqual(HashOf(origin)))
            ? new WebChatSession(
                connection,
                Convert.ToHexStringLower(payload.AsSpan(17, 16)),
                DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(33))))
            : null;
    }
}
