using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Whether a message is meant for the bot, and what it says without the bot's name.</summary>
internal static class TelegramAddressing
{
    /// <summary>
    /// A command loses the bot's name (<c>/help@my_bot now</c> → <c>/help now</c>), a text the mention it begins with. In a
    /// group, what is not meant for the bot is overheard; in a private chat everything is.
    /// </summary>
    public static (MessageKind Kind, string Text) Resolve(TelegramConnection connection, Message message, string text, bool isGroup)
    {
        var entities = message.Text is null ? message.CaptionEntities : message.Entities;
        if (message.Text is not null && Command(text, entities) is { } command)
        {
            var other = command.Target is { } target && connection.Username is { } own && !target.Equals(own, StringComparison.OrdinalIgnoreCase);
            return isGroup && (other || connection.Groups == GroupAnswers.None)
                ? (MessageKind.Overheard, text)
                : (MessageKind.Command, command.Text);
        }
        if (!isGroup)
        {
            return (MessageKind.Text, text);
        }
        var addressed = connection.Groups switch
        {
            GroupAnswers.All => true,
            GroupAnswers.None => false,
            _ => IsReplyToBot(connection, message) || Mentions(connection, text, entities),
        };
        return addressed ? (MessageKind.Text, WithoutLeadingMention(connection, text, entities)) : (MessageKind.Overheard, text);
    }

    private static (string Text, string? Target)? Command(string text, MessageEntity?[]? entities)
    {
        if (entities is null || Array.Find(entities, e => e is { Type: "bot_command", Offset: 0 }) is not { } entity
            || !TryRange(entity, text, out var range) || entity.Length < 2 || text[0] != '/')
        {
            return null;
        }
        var name = text[range];
        var arguments = text.AsSpan(entity.Length).TrimStart();
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var target = at < 0 ? null : name[(at + 1)..];
        if (at >= 0)
        {
            name = name[..at];
        }
        return (arguments.IsEmpty ? name : $"{name} {arguments}", target);
    }

    private static bool IsReplyToBot(TelegramConnection connection, Message message) =>
        message.ReplyToMessage is { From: { } author } && author.Id == connection.BotId
        // The bot may have opened the topic.
        && !IsTopicStart(message);

    /// <summary>In a topic every message "replies" to the one that opened the topic.</summary>
    public static bool IsTopicStart(Message message) => message.IsTopicMessage && message.ReplyToMessage?.MessageId == message.MessageThreadId;

    private static bool Mentions(TelegramConnection connection, string text, MessageEntity?[]? entities)
    {
        foreach (var entity in entities ?? [])
        {
            if (entity is not null && IsBot(connection, text, entity))
            {
                return true;
            }
        }
        return false;
    }

    private static string WithoutLeadingMention(TelegramConnection connection, string text, MessageEntity?[]? entities)
    {
        foreach (var entity in entities ?? [])
        {
            if (entity is { Offset: 0 } && IsBot(connection, text, entity))
            {
                var rest = text.AsSpan(entity.Length).TrimStart();
                rest = (rest.StartsWith(",") || rest.StartsWith(":") ? rest[1..] : rest).TrimStart();
                // Nothing but the name: a call, and the name is all there is to answer.
                return rest.IsEmpty ? text : rest.ToString();
            }
        }
        return text;
    }

    public static bool IsBot(TelegramConnection connection, string text, MessageEntity entity) => entity.Type switch
    {
        "mention" => TryRange(entity, text, out var range) && entity.Length > 1 && connection.Username is { } own
            && text.AsSpan()[range][1..].Equals(own, StringComparison.OrdinalIgnoreCase),
        // A mention of somebody without a username; clients also make one of a name picked from the list of members.
        "text_mention" => entity.User is { } user && user.Id == connection.BotId && TryRange(entity, text, out _),
        _ => false,
    };

    public static bool TryRange(MessageEntity entity, string text, out Range range)
    {
        range = default;
        if (entity.Offset < 0 || entity.Length < 0 || entity.Offset > text.Length - entity.Length)
        {
            return false;
        }
        range = entity.Offset..(entity.Offset + entity.Length);
        return true;
    }
}
