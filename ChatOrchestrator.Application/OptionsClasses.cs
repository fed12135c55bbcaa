using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Notifications;

namespace ChatOrchestrator.Application;

/// <summary>Found by its name (<c>SettingsCatalogue</c> says why it is a list).</summary>
internal static class OptionsClasses
{
    public static IReadOnlyList<Type> All { get; } = [typeof(AnalyticsOptions), typeof(EngineOptions), typeof(ModerationOptions), typeof(NotificationOptions)];
}
