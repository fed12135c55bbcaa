using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using ChatOrchestrator.Infrastructure.Platforms.WhatsApp;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>Connections, payloads and adapters for the tests of WhatsApp.</summary>
internal static class WhatsAppFixture
{
    public const string Token = "EAAJB0PX4ZCpsBAKfakeSystemToken";
    public const string AppSecret = "fedcba9876543210fedcba9876543210";
    public const string PhoneNumberId = "27683414235104944";
    public const string Person = "16315551234";
    public const string UserId = "US.13491208655302741918";
    public const string Settings = $$"""{"phoneNumberId":"{{PhoneNumberId}}"}""";

    public static IReadOnlyDictionary<string, string> Secrets { get; } =
        new Dictionary<string, string> { ["accessToken"] = Token, ["appSecret"] = AppSecret, ["verifyToken"] = "verify-me-too" };

    public static ConnectionSnapshot Connection(string settings = Settings, IReadOnlyDictionary<string, string>? secrets = null) => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("whatsapp"),
        DisplayName = "Helper on WhatsApp",
        Settings = JsonSerializer.Deserialize<JsonElement>(settings),
        Secrets = secrets ?? Secrets,
        Bot = new BotSnapshot(BotId.New(), "Helper", new AiSettings(), new ProcessingSettings(), 1),
    };

    public static WhatsAppAdapter Adapter(
        string baseUrl = "http://127.0.0.1:9", CapturedLog? log = null, TimeProvider? time = null, IConversationStore? conversations = null, IMessageStore? messages = null) => new(
        new GraphApi(new PlatformHttp(), Options.Create(new MetaOptions { ApiBaseUrl = baseUrl })),
        new LastMessages(conversations ?? Substitute.For<IConversationStore>(), messages ?? Substitute.For<IMessageStore>()),
        time ?? TimeProvider.System,
        (log ?? new CapturedLog()).For<WhatsAppAdapter>());

    public static byte[] Payload(string name) => File.ReadAllBytes(Path.Combine(Folder(), name + ".json"));

    public static IEnumerable<string> PayloadNames() =>
        Directory.EnumerateFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static InboundEvent Read(string name) => Adapter().Read(Connection(), Payload(name)).ShouldHaveSingleItem();

    private static string Folder() => Path.Combine(AppContext.BaseDirectory, "Platforms", "WhatsApp", "Payloads");
}
