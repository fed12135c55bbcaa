using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>Connections, payloads and adapters for the tests of Telegram.</summary>
internal static class TelegramFixture
{
    public const string Token = "777000777:AAFaKe-token_of-35-characters-abcdefg";
    public const string WebhookSecret = "wh-secret_0123456789ABCDEF";

    public static ConnectionSnapshot Connection(string settings = """{"username":"helper_bot"}""", IReadOnlyDictionary<string, string>? secrets = null) => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("telegram"),
        DisplayName = "Helper on Telegram",
        Settings = JsonSerializer.Deserialize<JsonElement>(settings),
        Secrets = secrets ?? new Dictionary<string, string> { ["botToken"] = Token, ["webhookSecret"] = WebhookSecret },
        Bot = new BotSnapshot(BotId.New(), "Helper", new AiSettings(), new ProcessingSettings(), 1),
    };

    public static TelegramAdapter Adapter(string baseUrl = "http://127.0.0.1:9", CapturedLog? log = null, TimeProvider? time = null) =>
        new(
            new TelegramHttp(Options.Create(new TelegramOptions { ApiBaseUrl = baseUrl })),
            new PlatformHttp(),
            time ?? TimeProvider.System,
            (log ?? new CapturedLog()).For<TelegramAdapter>());

    public static byte[] Payload(string name) => File.ReadAllBytes(Path.Combine(PayloadFolder(), name + ".json"));

    public static IEnumerable<string> PayloadNames() =>
        Directory.EnumerateFiles(PayloadFolder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static InboundEvent Read(string name, string settings = """{"username":"helper_bot"}""") =>
        Adapter().Read(Connection(settings), Payload(name)).ShouldHaveSingleItem();

    private static string PayloadFolder() => Path.Combine(AppContext.BaseDirectory, "Platforms", "Telegram", "Payloads");
}
