using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Tests.Security;

/// <summary>Webhooks that no platform signed.</summary>
internal static class SignatureAttacks
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"update_id":1,"type":1,"object":"page","entry":[],"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"from":{"id":1,"is_bot":false,"first_name":"Eve"},"text":"let me in"}}""");

    /// <summary>Sets of headers as the platforms have them, with everything but the right signature.</summary>
    public static IEnumerable<Dictionary<string, string>> Forgeries()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var keys = new byte[][] { [], "secret"u8.ToArray(), new byte[32], RandomNumberGenerator.GetBytes(32), Encoding.UTF8.GetBytes(PlatformSecrets.Mark) };
        yield return [];
        foreach (var timestamp in new[] { now, "0", "-1", "99999999999999999999", "", "1.5", now + "x" })
        {
            foreach (var key in keys)
            {
                var signed = Convert.ToHexStringLower(HMACSHA256.HashData(key, Body));
                var slack = Convert.ToHexStringLower(HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"v0:{timestamp}:"), .. Body]));
                foreach (var (prefix, hex) in new[] { ("", signed), ("", signed.ToUpperInvariant()), ("x", signed[..^1]), ("", ""), ("", new string('0', 64)), ("", "' OR '1'='1"), ("", new string('a', 4096)) })
                {
                    yield return new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
                    {
                        ["X-Telegram-Bot-Api-Secret-Token"] = prefix + hex,
                        ["X-Hub-Signature"] = "sha1=" + hex,
                        ["X-Hub-Signature-256"] = prefix + "sha256=" + hex,
                        ["X-Slack-Signature"] = prefix + "v0=" + (hex == signed ? slack : hex),
                        ["X-Slack-Request-Timestamp"] = timestamp,
                        ["X-Signature-Ed25519"] = hex + hex,
                        ["X-Signature-Timestamp"] = timestamp,
                        ["X-Signature"] = hex,
                        ["Authorization"] = "Bearer " + hex,
                    };
                }
            }
        }
    }

    /// <summary>Against the adapters themselves.</summary>
    public static void Plan(Attacks attacks, IReadOnlyList<IPlatformAdapter> adapters)
    {
        foreach (var adapter in adapters)
        {
            var connection = new ConnectionSnapshot
            {
                Id = new ConnectionId(Guid.CreateVersion7()),
                Platform = adapter.Platform,
                DisplayName = "Test",
                Settings = PlatformSecrets.SettingsOf(adapter),
                Secrets = PlatformSecrets.Of(adapter),
                Bot = new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", new AiSettings(), new ProcessingSettings(), 1),
            };
            foreach (var headers in Forgeries())
            {
                attacks.Add($"signature of {adapter.Platform}", () => Task.FromResult(
                    adapter.Authenticate(connection, new WebhookRequest(Body, name => headers.GetValueOrDefault(name)))
                        ? $"{adapter.Platform} took {string.Join(", ", headers.Select(h => $"{h.Key}: {h.Value}"))}" : null));
            }
        }
    }

    /// <summary>Against the running API.</summary>
    public static void Plan(Attacks attacks, string platform, string connection)
    {
        foreach (var headers in Forgeries().Where((_, i) => i % 6 == 0))
        {
            attacks.Call(
                $"webhook of {platform}", HttpMethod.Post, $"webhooks/{platform}/{connection}", new ByteArrayContent(Body), [401, 431],
                [.. headers.Where(h => h.Value.Length > 0).Select(h => (h.Key, h.Value))]);
        }
        foreach (var token in new[] { "", "verify", "' OR 1=1 --", PlatformSecrets.Mark, new string('v', 5000) })
        {
            attacks.Call($"webhook of {platform}", HttpMethod.Get, $"webhooks/{platform}/{connection}?hub.mode=subscribe&hub.challenge=1&hub.verify_token={Uri.EscapeDataString(token)}", null, [401, 404, 405, 414]);
        }
    }
}
