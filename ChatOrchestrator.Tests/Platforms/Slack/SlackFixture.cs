using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Slack;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Platforms.Slack;

/// <summary>Connections, payloads and adapters for the tests of Slack. The payloads are those of the open tests of Slack's own framework for Python.</summary>
internal static class SlackFixture
{
    public const string Token = "xoxb-111-222-FaKeToKen0123456789";
    public const string AppToken = "xapp-1-A111-333-FaKeApPtOkEn";
    public const string SigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";

    /// <summary>From https://docs.slack.dev/authentication/verifying-requests-from-slack: with its timestamp and its signature.</summary>
    public const string DocumentedCommand =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    public const string Command =
        "token=verification_token&team_id=T111&team_domain=test-domain&channel_id=C111&channel_name=random&user_id=W111&user_name=primary-owner&command=%2Fask&text=Is+it+%3C%40U222%7Crobin%3E+%26+you%3F&enterprise_id=E111&enterprise_name=Org+Name&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT111%2F111%2Fxxxxx&trigger_id=111.111.xxx";

    public static ConnectionSnapshot Connection(string settings = "{}", IReadOnlyDictionary<string, string>? secrets = null) => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("slack"),
        DisplayName = "Helper on Slack",
        Settings = JsonSerializer.Deserialize<JsonElement>(settings),
        Secrets = secrets ?? new Dictionary<string, string> { ["botToken"] = Token, ["signingSecret"] = SigningSecret, ["appToken"] = AppToken },
        Bot = new BotSnapshot(BotId.New(), "Helper", new AiSettings(), new ProcessingSettings(), 1),
    };

    public static SlackAdapter Adapter(string baseUrl = "http://127.0.0.1:9", CapturedLog? log = null, TimeProvider? time = null, bool hasPublicUrl = false) =>
        new(
            new SlackApi(new PlatformHttp(), Options.Create(new SlackOptions { ApiBaseUrl = baseUrl })),
            new SlackReachability(hasPublicUrl),
            time ?? TimeProvider.System,
            (log ?? new CapturedLog()).For<SlackAdapter>());

    public static Dictionary<string, string> Sign(byte[] body, string secret = SigningSecret, DateTimeOffset? at = null)
    {
        var timestamp = (at ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"v0:{timestamp}:"), .. body];
        return new(StringComparer.OrdinalIgnoreCase)
        {
            ["X-Slack-Request-Timestamp"] = timestamp,
            ["X-Slack-Signature"] = "v0=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)),
        };
    }

    /// <summary>A body as Slack sends it: events are JSON, interactions a form with the JSON in it.</summary>
    public static byte[] Payload(string name)
    {
        var json = File.ReadAllText(Path.Combine(PayloadFolder(), name + ".json"));
        return IsInteraction(name) ? Form(json) : Encoding.UTF8.GetBytes(json);
    }

    public static byte[] Form(string payload) => Encoding.UTF8.GetBytes("payload=" + Uri.EscapeDataString(payload));

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static IEnumerable<string> PayloadNames() =>
        Directory.EnumerateFiles(PayloadFolder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static InboundEvent Read(string name, string settings = "{}") => Read(Payload(name), settings);

    public static InboundEvent Read(byte[] body, string settings = "{}") => Adapter().Read(Connection(settings), body).ShouldHaveSingleItem();

    private static bool IsInteraction(string name) =>
        name.StartsWith("block_", StringComparison.Ordinal) || name.StartsWith("view_", StringComparison.Ordinal) || name is "shortcut" or "message_action";

    private static string PayloadFolder() => Path.Combine(AppContext.BaseDirectory, "Platforms", "Slack", "Payloads");
}
