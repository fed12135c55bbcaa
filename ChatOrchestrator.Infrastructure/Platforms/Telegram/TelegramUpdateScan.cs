using System.Collections.Frozen;
using System.Text.Json;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Looks at the names of an update's fields, for the rare updates of which they are all that matters.</summary>
internal static class TelegramUpdateScan
{
    private const int LongestName = 64;

    // What a person sends, as against what the platform reports (https://core.telegram.org/bots/api#message).
    private static readonly FrozenSet<string> Contents = FrozenSet.Create(StringComparer.Ordinal,
        "animation", "audio", "checklist", "contact", "dice", "document", "game", "giveaway", "invoice", "live_photo", "location",
        "paid_media", "photo", "poll", "rich_message", "sticker", "story", "venue", "video", "video_note", "voice");

    private static readonly FrozenSet<string> Envelope = FrozenSet.Create(StringComparer.Ordinal,
        "author_signature", "business_connection_id", "caption", "caption_entities", "chat", "date", "direct_messages_topic", "edit_date",
        "effect_id", "external_reply", "forward_date", "forward_from", "forward_from_chat", "forward_from_message_id",
        "forward_origin", "forward_sender_name", "from", "has_media_spoiler", "has_protected_content", "is_automatic_forward",
        "is_from_offline", "is_paid_post", "is_topic_message", "link_preview_options", "media_group_id", "message_id",
        "message_thread_id", "paid_star_count", "quote", "reply_markup", "reply_to_message", "reply_to_story", "sender_boost_count",
        "sender_business_bot", "sender_chat", "sender_tag", "show_caption_above_media", "suggested_post_info", "via_bot",
        // Not documented any more, sent all the same, before the names that are.
        "left_chat_participant", "new_chat_member", "new_chat_participant");

    /// <summary>The name of the update's kind, such as <c>poll_answer</c>.</summary>
    public static string UpdateType(ReadOnlySpan<byte> update)
    {
        var reader = Open(update);
        while (NextName(ref reader) is { } name)
        {
            if (name != "update_id")
            {
                return name;
            }
            reader.Skip();
        }
        return "unknown";
    }

    /// <summary>The update's id, even when the rest of it cannot be read.</summary>
    public static long? UpdateId(ReadOnlySpan<byte> update)
    {
        try
        {
            var reader = Open(update);
            while (NextName(ref reader) is { } name)
            {
                if (name == "update_id")
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) ? id : null;
                }
                reader.Skip();
            }
        }
        catch (JsonException)
        {
        }
        return null;
    }

    /// <summary>What a message without text holds: something a person sent, or a report of the platform's.</summary>
    public static (string Name, bool IsMessage) Content(ReadOnlySpan<byte> update)
    {
        var reader = Open(update);
        while (NextName(ref reader) is { } name && name != "message")
        {
            reader.Skip();
        }
        reader.Read();
        string? content = null;
        string? other = null;
        while (NextName(ref reader) is { } name)
        {
            // For old clients a venue is a location too, and an animation a document: the closer name wins.
            if (Contents.Contains(name) && (content is null || name is "venue" or "animation"))
            {
                content = name;
            }
            else if (other is null && !Envelope.Contains(name))
            {
                other = name;
            }
            reader.Skip();
        }
        return content is not null ? (content, true) : (other ?? "message", false);
    }

    /// <summary>Stands before the update's first field.</summary>
    private static Utf8JsonReader Open(ReadOnlySpan<byte> update)
    {
        var reader = new Utf8JsonReader(update, new JsonReaderOptions { MaxDepth = TelegramJson.Default.Options.MaxDepth });
        reader.Read();
        return reader;
    }

    /// <summary>The next field's name; null: the object ends here.</summary>
    private static string? NextName(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return null;
        }
        var name = reader.ValueSpan;
        return !reader.ValueIsEscaped && name.Length is > 0 and <= LongestName && !name.ContainsAnyExceptInRange((byte)'0', (byte)'z')
            ? reader.GetString()
            : "unknown";
    }
}
