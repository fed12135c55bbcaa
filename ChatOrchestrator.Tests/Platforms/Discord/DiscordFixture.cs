using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Discord;
using ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;
using Microsoft.Extensions.Options;
using NSec.Cryptography;

namespace ChatOrchestrator.Tests.Platforms.Discord;

/// <summary>Connections, payloads and adapters for the tests of Discord.</summary>
internal static class DiscordFixture
{
    public const string BotId = "110000000000000001";
    public const string Settings = $$"""{"applicationId":"{{BotId}}","botUserId":"{{BotId}}"}""";

    private static readonly Key Signer = Key.Create(SignatureAlgorithm.Ed25519);

    public static string Token { get; } = TokenOf(BotId);

    public static string TokenOf(string botId) => $"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(botId))}.GfAkEd.token-of_a-bot-0123456789";

    public static string PublicKey { get; } = Convert.ToHexStringLower(Signer.PublicKey.Export(KeyBlobFormat.RawPublicKey));

    public static ConnectionSnapshot Connection(string settings = Settings, IReadOnlyDictionary<string, string>? secrets = null, string botId = BotId) => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("discord"),
        DisplayName = "Helper on Discord",
        Settings = JsonSerializer.Deserialize<JsonElement>(settings),
        Secrets = secrets ?? new Dictionary<string, string> { ["botToken"] = TokenOf(botId), ["publicKey"] = PublicKey },
        Bot = new BotSnapshot(Domain.Bots.BotId.New(), "Helper", new AiSettings(), new ProcessingSettings(), 1),
    };

    public static DiscordAdapter Adapter(string baseUrl = "http://127.0.0.1:9", CapturedLog? log = null, TimeProvider? time = null, IListenerStates? states = null)
    {
        var options = Options.Create(new DiscordOptions { ApiBaseUrl = $"{baseUrl}/api/v10" });
        var http = new PlatformHttp();
        var rest = new DiscordRest(http, options, time ?? TimeProvider.System);
        var logs = log ?? new CapturedLog();
        return new DiscordAdapter(
            rest,
            new DiscordGateway(rest, states ?? new KeptStates(), options, time ?? TimeProvider.System, logs.For<DiscordGateway>()),
            http,
            options,
            time ?? TimeProvider.System,
            logs.For<DiscordAdapter>());
    }

    public static IReadOnlyDictionary<string, string> Sign(byte[] body, string timestamp = "1760000000") => new Dictionary<string, string>
    {
        ["X-Signature-Ed25519"] = Convert.ToHexStringLower(SignatureAlgorithm.Ed25519.Sign(Signer, [.. Encoding.ASCII.GetBytes(timestamp), .. body])),
        ["X-Signature-Timestamp"] = timestamp,
    };

    public static byte[] Payload(string name) => File.ReadAllBytes(Path.Combine(PayloadFolder(), name + ".json"));

    public static IEnumerable<string> PayloadNames(string prefix = "") =>
        Directory.EnumerateFiles(PayloadFolder(), prefix + "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    /// <summary>Reads a dispatch, whose file holds <c>{t, d}</c>.</summary>
    public static IReadOnlyList<InboundEvent> Dispatch(string name, string settings = Settings) => Dispatch(Payload(name), settings);

    public static IReadOnlyList<InboundEvent> Dispatch(byte[] payload, string settings = Settings) =>
        GatewayFrame.Parse(payload) is { } frame
            ? DiscordMessageReader.Read(new DiscordConnection(Connection(settings)), "g0123456789abcdef:42", frame.Type ?? "", frame.Data.Span)
            : throw new MalformedPayloadException("not a frame");

    private static string PayloadFolder() => Path.Combine(AppContext.BaseDirectory, "Platforms", "Discord", "Payloads");
}

/// <summary>What listeners keep, in memory.</summary>
internal sealed class KeptStates : IListenerStates
{
    private readonly ConcurrentDictionary<string, string> _states = new();

    public IEnumerable<string> All => _states.Values;

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_states.GetValueOrDefault(name));

    public Task<bool> ReplaceAsync(string name, string? expected, string state, CancellationToken cancellationToken) =>
        Task.FromResult(expected is null ? _states.TryAdd(name, state) : _states.TryUpdate(name, state, expected));
}
