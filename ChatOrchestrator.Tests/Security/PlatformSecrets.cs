using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatOrchestrator.Tests.Security;

/// <summary>Every platform that the product registers, with secrets that its adapter takes and that can be told from anything else.</summary>
internal static class PlatformSecrets
{
    /// <summary>Stands in every secret.</summary>
    public const string Mark = "s3cr3tM4rk";

    /// <summary>The forms that are asked for; a secret that is not here is any text.</summary>
    private static readonly Dictionary<string, string> Forms = new()
    {
        ["telegram.botToken"] = $"4712:{Mark}telegram0123456789abcdefgh",
        ["slack.botToken"] = $"xoxb-1-{Mark}-slack",
        ["slack.appToken"] = $"xapp-1-{Mark}-slack",
        ["discord.botToken"] = $"MTIz.{Mark}.discord-0123456789",
        ["discord.publicKey"] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    };

    private static readonly Dictionary<string, object> Settings = new()
    {
        ["whatsapp"] = new { phoneNumberId = "100200300" },
        ["discord"] = new { applicationId = "100200300400500600" },
    };

    public static IReadOnlyList<IPlatformAdapter> Adapters()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        builder.AddChatOrchestrator(HostRole.Api);
        return [.. builder.Build().Services.GetServices<IPlatformAdapter>()];
    }

    public static JsonElement SettingsOf(IPlatformAdapter adapter) =>
        JsonSerializer.SerializeToElement(Settings.GetValueOrDefault(adapter.Platform.Value) ?? new { });

    /// <summary>The secret that a message is sent with.</summary>
    public static string SendingToken(string platform) => platform switch
    {
        "messenger" => "pageAccessToken",
        "whatsapp" => "accessToken",
        _ => "botToken",
    };

    /// <summary>Asks the adapter which secrets it lacks until it lacks none.</summary>
    public static Dictionary<string, string> Of(IPlatformAdapter adapter)
    {
        const string Prefix = "secrets.";
        var secrets = new Dictionary<string, string>();
        while (true)
        {
            var errors = adapter.Validate(secrets, SettingsOf(adapter)).ToList();
            var missing = errors.Where(e => e.Field.StartsWith(Prefix, StringComparison.Ordinal)).Select(e => e.Field[Prefix.Length..]).Where(n => !secrets.ContainsKey(n)).ToList();
            if (missing.Count == 0)
            {
                errors.ShouldBeEmpty($"{adapter.Platform}: say here what form its secrets and settings have");
                break;
            }
            missing.ForEach(name => secrets[name] = Value(adapter, name));
        }
        // Telegram makes its own unless it is given one; Discord verifies webhooks with what it does not insist on; Slack listens with its app's token.
        foreach (var more in new[] { "telegram.webhookSecret", "discord.publicKey", "slack.signingSecret", "slack.appToken" })
        {
            if (more.StartsWith(adapter.Platform.Value + ".", StringComparison.Ordinal))
            {
                secrets.TryAdd(more[(more.IndexOf('.', StringComparison.Ordinal) + 1)..], Value(adapter, more[(more.IndexOf('.', StringComparison.Ordinal) + 1)..]));
            }
        }
        return secrets;
    }

    private static string Value(IPlatformAdapter adapter, string name) => Forms.GetValueOrDefault($"{adapter.Platform}.{name}") ?? $"{Mark}-{adapter.Platform}-{name}";
}
