using System.Text;
using ChatOrchestrator.Tests.Platforms.Discord;
using ChatOrchestrator.Tests.Platforms.Messenger;
using ChatOrchestrator.Tests.Platforms.Meta;
using ChatOrchestrator.Tests.Platforms.Slack;
using ChatOrchestrator.Tests.Platforms.WhatsApp;
using NSec.Cryptography;

namespace ChatOrchestrator.Tests.Security;

/// <summary>A person's question on each platform, signed with the secrets of <see cref="PlatformSecrets"/>.</summary>
internal static class SignedWebhooks
{
    private const string TelegramUpdate =
        """{"update_id":77,"message":{"message_id":9,"date":1760000000,"chat":{"id":42,"type":"private","first_name":"A"},"from":{"id":42,"is_bot":false,"first_name":"A"},"text":"Hello"}}""";

    /// <summary>The private part of <see cref="PlatformSecrets"/>' public key: https://www.rfc-editor.org/rfc/rfc8032#section-7.1, test 1.</summary>
    private const string DiscordSeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    public static (byte[] Body, (string Name, string Value)[] Headers) Of(string platform, IReadOnlyDictionary<string, string> secrets)
    {
        byte[] body;
        switch (platform)
        {
            case "telegram":
                return (Encoding.UTF8.GetBytes(TelegramUpdate), [("X-Telegram-Bot-Api-Secret-Token", secrets["webhookSecret"])]);
            case "messenger":
                body = MessengerFixture.Payload("text");
                return (body, Pairs(MetaSigning.Headers(secrets["appSecret"], body)));
            case "whatsapp":
                body = Replace(WhatsAppFixture.Payload("text"), WhatsAppFixture.PhoneNumberId, "100200300");
                return (body, Pairs(MetaSigning.Headers(secrets["appSecret"], body)));
            case "slack":
                body = SlackFixture.Payload("message_im");
                return (body, Pairs(SlackFixture.Sign(body, secrets["signingSecret"])));
            case "discord":
                body = Replace(DiscordFixture.Payload("interaction_command_guild"), DiscordFixture.BotId, "100200300400500600");
                return (body, [("X-Signature-Ed25519", Sign(body, "1760000000")), ("X-Signature-Timestamp", "1760000000")]);
            default:
                throw new InvalidOperationException($"Say here how {platform} signs.");
        }
    }

    private static string Sign(byte[] body, string timestamp)
    {
        using var key = Key.Import(SignatureAlgorithm.Ed25519, Convert.FromHexString(DiscordSeed), KeyBlobFormat.RawPrivateKey);
        return Convert.ToHexStringLower(SignatureAlgorithm.Ed25519.Sign(key, [.. Encoding.ASCII.GetBytes(timestamp), .. body]));
    }

    private static byte[] Replace(byte[] json, string old, string by) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace(old, by, StringComparison.Ordinal));

    private static (string, string)[] Pairs(IReadOnlyDictionary<string, string> headers) => [.. headers.Select(h => (h.Key, h.Value))];
}
