namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Settings of the deployment for Telegram, section <c>Platforms:Telegram</c>.</summary>
public sealed class TelegramOptions
{
    public const string Section = "Platforms:Telegram";

    /// <summary>
    /// Where the Bot API is: an absolute http or https address without a path. A
    /// <see href="https://core.telegram.org/bots/api#using-a-local-bot-api-server">server of one's own</see> or a simulator may stand in.
    /// </summary>
    public string ApiBaseUrl { get; set; } = "https://api.telegram.org";
}
