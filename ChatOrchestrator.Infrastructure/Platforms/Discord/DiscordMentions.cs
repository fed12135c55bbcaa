using System.Text;
using System.Text.RegularExpressions;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>Mentions in a text (https://discord.com/developers/docs/reference#message-formatting).</summary>
internal static partial class DiscordMentions
{
    /// <summary>The text without the bot's own mention and with the names of everybody else's.</summary>
    public static string Read(DiscordConnection connection, Message message, out IReadOnlyList<Mention> mentions, out bool isMentioned)
    {
        var content = message.Content ?? "";
        List<Mention> others = [];
        isMentioned = false;
        foreach (var user in message.Mentions ?? [])
        {
            if (user?.Id is null || !Snowflake.IsValid(user.Id))
            {
                continue;
            }
            // A reply that pings mentions the one who is replied to, without a word of it in the text.
            if (user.Id == connection.BotUserId)
            {
                isMentioned = true;
            }
            else
            {
                others.Add(new Mention(user.Id, DiscordMessageReader.NameOf(user, user.Member)));
            }
        }
        mentions = others;
        if (!content.Contains('<'))
        {
            return content.Trim();
        }
        var mentionsBot = isMentioned;
        var text = Form().Replace(content, match =>
        {
            if (match.Groups["user"] is { Success: true, Value: var id })
            {
                if (id == connection.BotUserId)
                {
                    mentionsBot = true;
                    return "";
                }
                return others.Find(m => m.UserId == id)?.Name is { } name ? $"@{name}" : match.Value;
            }
            // A custom emoji reads as its name.
            return $":{match.Groups["emoji"].Value}:";
        });
        isMentioned = mentionsBot;
        return Tidy(text);
    }

    /// <summary>Where the bot's mention was taken out, no double blanks stay.</summary>
    private static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        foreach (var c in text.Trim())
        {
            if (c != ' ' || tidy.Length == 0 || tidy[^1] != ' ')
            {
                tidy.Append(c);
            }
        }
        return tidy.ToString();
    }

    [GeneratedRegex("<@!?(?<user>[0-9]{1,20})>|<a?:(?<emoji>[A-Za-z0-9_]{1,32}):[0-9]{1,20}>", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
