using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Infrastructure.Net;
using ChatOrchestrator.Infrastructure.Notifications;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.KeyRing;
using ChatOrchestrator.Infrastructure.Platforms.Discord;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using ChatOrchestrator.Infrastructure.Platforms.Slack;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;

namespace ChatOrchestrator.Infrastructure;

/// <summary>Found by its name (<c>SettingsCatalogue</c> says why it is a list).</summary>
internal static class OptionsClasses
{
    public static IReadOnlyList<Type> All { get; } =
    [
        typeof(AiOptions), typeof(DiscordOptions), typeof(KeyRingOptions), typeof(MetaOptions), typeof(OutboundOptions), typeof(SlackOptions),
        typeof(SmtpOptions), typeof(StorageOptions), typeof(TelegramOptions), typeof(WebPushOptions),
    ];
}
