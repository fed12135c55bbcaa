using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>The secrets and settings of a Messenger connection.</summary>
internal static class MessengerSettings
{
    public const string PageAccessToken = "pageAccessToken";

    /// <summary>Kept with the connection as the platform says them.</summary>
    public const string PageId = "pageId";

    public const string PageName = "pageName";

    public static IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) =>
    [
        .. MetaSettings.ValidateSecrets("Messenger", PageAccessToken, "The page access token is required; the app's dashboard issues it under Messenger, API setup.", secrets),
        .. MetaSettings.ValidateSettings("Messenger", settings, (name, value) => name is PageId or PageName ? MetaSettings.ValidateLine(value) : MetaSettings.Unknown),
    ];
}
