using System.Net;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// Tells Slack's three kinds of body apart by their bytes, because a signature covers the body and not the content type: JSON
/// is an event, a form with a <c>payload</c> an interaction, any other form a slash command.
/// </summary>
internal static class SlackBody
{
    /// <exception cref="MalformedPayloadException">It is none of them.</exception>
    public static IReadOnlyList<InboundEvent> Read(SlackConnection connection, ReadOnlyMemory<byte> body)
    {
        var bytes = body.Span;
        if (IsJson(bytes))
        {
            return SlackEventReader.Read(connection, bytes);
        }
        var form = ReadForm(bytes);
        if (form.TryGetValue("payload", out var payload))
        {
            return SlackInteractionReader.Read(connection, payload);
        }
        if (form.ContainsKey("command"))
        {
            return [SlackCommandReader.Read(connection, SlashCommand.Of(form), bytes)];
        }
        // Slack looks now and then whether the certificate is valid: https://docs.slack.dev/interactivity/implementing-slash-commands/
        return form.ContainsKey("ssl_check") ? [] : throw new MalformedPayloadException("The body is neither an event nor an interaction nor a slash command.");
    }

    /// <summary>For which workspace's installation of the app the body is; null: it does not say, or is for a whole organisation.</summary>
    public static string? TeamOf(ReadOnlySpan<byte> body)
    {
        try
        {
            if (IsJson(body))
            {
                return SlackEventReader.Deserialize(body, SlackJson.Default.EventHeadWrapper)?.Authorizations is [{ IsEnterpriseInstall: false } installation, ..] ? installation.TeamId : null;
            }
            var form = ReadForm(body);
            return form.TryGetValue("payload", out var payload) ? SlackEventReader.Deserialize(payload, SlackJson.Default.InteractionHead)?.Team?.Id
                : form.TryGetValue("team_id", out var team) && !form.ContainsKey("ssl_check") ? Encoding.UTF8.GetString(team)
                : null;
        }
        catch (MalformedPayloadException)
        {
            // Whoever reads it will say so.
            return null;
        }
    }

    public static bool IsJson(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>An id for what Slack gave none, the same for the same body.</summary>
    public static string IdOf(ReadOnlySpan<byte> body) => $"sha:{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}";

    private static Dictionary<string, byte[]> ReadForm(ReadOnlySpan<byte> body)
    {
        var form = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (body.Length == 0 || body.ContainsAnyInRange((byte)0, (byte)' ') || body.IndexOf((byte)'=') < 1)
        {
            return form;
        }
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            var equals = pair.IndexOf((byte)'=');
            if (equals > 0)
            {
                var value = pair[(equals + 1)..].ToArray();
                form[Encoding.UTF8.GetString(pair[..equals])] = WebUtility.UrlDecodeToBytes(value, 0, value.Length) ?? [];
            }
        }
        return form;
    }
}
