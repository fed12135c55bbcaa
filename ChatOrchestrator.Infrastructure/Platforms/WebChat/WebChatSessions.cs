using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.DataProtection;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>A visitor's right to one chat of one connection.</summary>
/// <param name="ChatId">32 hexadecimal digits, random.</param>
public sealed record WebChatSession(ConnectionId Connection, string ChatId, DateTimeOffset ExpiresAt);

/// <summary>Makes and reads session tokens: encrypted, signed, expiring, and good for one connection only.</summary>
public sealed class WebChatSessions(IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>How long a token is good for.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <summary>How long after that it can still be exchanged for a new one.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    private const int PayloadLength = 1 + 16 + 16 + 8;

    private readonly IDataProtector _protector = protection.CreateProtector("webchat-session", "v1");

    /// <summary>A new chat.</summary>
    public (string Token, WebChatSession Session) Open(ConnectionId connection) => Issue(connection, RandomNumberGenerator.GetBytes(16));

    /// <summary>A fresh token for the chat of an old one; null: it is not one of ours, of another connection, or too old.</summary>
    public (string Token, WebChatSession Session)? Renew(ConnectionId connection, string token) =>
        Read(connection, token) is { } session && time.GetUtcNow() < session.ExpiresAt + Renewal
            ? Issue(connection, Convert.FromHexString(session.ChatId))
            : null;

    /// <summary>The session; null: the token is not one of ours, of another connection, or has expired.</summary>
    public WebChatSession? Find(ConnectionId connection, string token) =>
        Read(connection, token) is { } session && time.GetUtcNow() < session.ExpiresAt ? session : null;

    private (string Token, WebChatSession Session) Issue(ConnectionId connection, byte[] chat)
    {
        var expires = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + Life).ToUnixTimeSeconds());
        var payload = new byte[PayloadLength];
        payload[0] = 1;
        connection.Value.TryWriteBytes(payload.AsSpan(1), bigEndian: true, out _);
        chat.CopyTo(payload.AsSpan(17));
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(33), expires.ToUnixTimeSeconds());
        return (Base64Url.EncodeToString(_protector.Protect(payload)), new WebChatSession(connection, Convert.ToHexStringLower(chat), expires));
    }

    private WebChatSession? Read(ConnectionId connection, string token)
    {
        if (token.Length is 0 or > 1_000 || !Base64Url.IsValid(token))
        {
            return null;
        }
        byte[] payload;
        try
        {
            payload = _protector.Unprotect(Base64Url.DecodeFromChars(token));
        }
        catch (CryptographicException)
        {
            return null;
        }
        return payload.Length == PayloadLength && payload[0] == 1 && new Guid(payload.AsSpan(1, 16), bigEndian: true) == connection.Value
            ? new WebChatSession(
                connection,
                Convert.ToHexStringLower(payload.AsSpan(17, 16)),
                DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(33))))
            : null;
    }
}
