using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>What is derived from a connection once and used for as long as its snapshot lives.</summary>
internal sealed class TelegramConnection
{
    private readonly ConcurrentDictionary<long, string> _learnedUsernames;
    private readonly string? _webhookSecret;
    private readonly byte[]? _webhookSecretHash;
    private readonly string? _username;
    private readonly Lazy<TelegramClient?> _client;

    public TelegramConnection(ConnectionSnapshot snapshot, TelegramHttp http, ConcurrentDictionary<long, string> learnedUsernames)
    {
        _learnedUsernames = learnedUsernames;
        Token = snapshot.Secret(TelegramSettings.BotToken);
        BotId = TelegramSettings.BotIdOf(Token);
        Groups = TelegramSettings.GroupsOf(snapshot.Settings);
        Streams = TelegramSettings.StreamingOf(snapshot.Settings);
        _username = TelegramSettings.UsernameOf(snapshot.Settings);
        _webhookSecret = snapshot.Secret(TelegramSettings.WebhookSecret);
        _webhookSecretHash = _webhookSecret is { } secret ? SHA256.HashData(Encoding.UTF8.GetBytes(secret)) : null;
        _client = new(() => BotId == 0 ? null : http.CreateClient(Token!));
    }

    public string? Token { get; }

    /// <summary>The bot's user id, the first half of its token; 0: the token is missing or not one.</summary>
    public long BotId { get; }

    public GroupAnswers Groups { get; }

    /// <summary>Answers are shown while they are made.</summary>
    public bool Streams { get; }

    /// <summary>The bot's username without @, as Telegram was last heard to say, or as kept with the connection; null: not known yet.</summary>
    public string? Username => _learnedUsernames.TryGetValue(BotId, out var learned) ? learned : _username;

    /// <summary>The client; null: there is no usable token.</summary>
    public TelegramClient? Client => _client.Value;

    /// <summary>Remembers the bot's username from an object of Telegram's about the bot itself; about anyone else it is ignored.</summary>
    public void Learn(long userId, string? username)
    {
        if (userId == BotId && userId != 0 && !string.IsNullOrEmpty(username) && Username != username)
        {
            _learnedUsernames[userId] = username;
        }
    }

    /// <summary>What Telegram says, without the secrets that it may quote.</summary>
    public string WithoutSecrets(string text)
    {
        foreach (var secret in (ReadOnlySpan<string?>)[Token, _webhookSecret])
        {
            text = secret is null ? text : text.Replace(secret, "…", StringComparison.Ordinal);
        }
        return text;
    }

    /// <summary>Compares hashes, so that the time says nothing about the secret's length either.</summary>
    public bool IsWebhookSecret(string? given)
    {
        if (_webhookSecretHash is null || string.IsNullOrEmpty(given) || given.Length > TelegramSettings.MaxWebhookSecretLength)
        {
            return false;
        }
        // Three bytes are the most that UTF-8 needs for one UTF-16 unit.
        Span<byte> bytes = stackalloc byte[TelegramSettings.MaxWebhookSecretLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(given, bytes)], hash);
        return CryptographicOperations.FixedTimeEquals(hash, _webhookSecretHash);
    }
}
