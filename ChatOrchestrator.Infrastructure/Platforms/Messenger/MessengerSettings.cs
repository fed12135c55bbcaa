using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>The secrets and settings of a Messenger connection.</summary>
internal static partial class MessengerSettings
{
    public const string PageAccessToken = "pageAccessToken";

    /// <summary>Kept with the connection as the platform says them.</summary>
    public const string PageId = "pageId";

    public const string PageName = "pageName";

    /// <summary>The app's id, which with the app secret makes the app's access token.</summary>
    public const string AppId = "appId";

    public static IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) =>
    [
        .. MetaSettings.ValidateSecrets("Messenger", PageAccessToken, "The page access token is required; the app's dashboard issues it under Messenger, API setup.", secrets),
        .. MetaSettings.ValidateSettings("Messenger", settings, (name, value) => name switch
        {
            PageId or PageName => MetaSettings.ValidateLine(value),
            AppId => value.ValueKind == JsonValueKind.String && AppIdForm().IsMatch(value.GetString()!) ? null : "The app's id has digits only; it stands at the top of the app's dashboard.",
            _ => MetaSettings.Unknown,
        }),
    ];

    [GeneratedRegex("^[0-9]{1,32}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AppIdForm();
}
