using System.Text.Json;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

/// <summary>Connections, payloads and adapters for the tests of Messenger.</summary>
internal static class MessengerFixture
{
    public const string Token = "EAAGm0PX4ZCpsBAKfakePageToken";
    public const string AppSecret = "0123456789abcdef0123456789abcdef";
    public const string VerifyToken = "verify-me";
    public const string Person = "6254119217964421";

    public static IReadOnlyDictionary<string, string> Secrets { get; } =
        new Dictionary<string, string> { ["pageAccessToken"] = Token, ["appSecret"] = AppSecret, ["verifyToken"] = VerifyToken };

    public static ConnectionSnapshot Connection(IReadOnlyDictionary<string, string>? secrets = null, string settings = "{}") => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("messenger"),
        DisplayName = "Helper on Messenger",
        Settings = JsonSerializer.Deserialize<JsonElement>(settings),
        Secrets = secrets ?? Secrets,
        Bot = new BotSnapshot(BotId.New(), "Helper", new AiSettings(), new ProcessingSettings(), 1),
    };

    public static MessengerAdapter Adapter(string baseUrl = "http://127.0.0.1:9", CapturedLog? log = null, TimeProvider? time = null, Uri? publicUrl = null) => new(
        new GraphApi(new PlatformHttp(), Options.Create(new MetaOptions { ApiBaseUrl = baseUrl })),
        time ?? TimeProvider.System,
        new PublicAddress(publicUrl),
        (log ?? new CapturedLog()).For<MessengerAdapter>());

    public static byte[] Payload(string name) => File.ReadAllBytes(Path.Combine(Folder(), name + ".json"));

    public static IEnumerable<string> PayloadNames() =>
        Directory.EnumerateFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static InboundEvent Read(string name) => Adapter().Read(Connection(), Payload(name)).ShouldHaveSingleItem();

    private static string Folder() => Path.Combine(AppContext.BaseDirectory, "Platforms", "Messenger", "Payloads");
}
