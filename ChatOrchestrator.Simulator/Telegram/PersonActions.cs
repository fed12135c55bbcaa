namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Who acts and where. A chat id that is absent or the person's own means the private chat with the bot.</summary>
internal record PersonAction
{
    public long UserId { get; init; }

    /// <summary>Required in private chats.</summary>
    public long? BotId { get; init; }

    public long? ChatId { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    public string? Username { get; init; }

    public string? LanguageCode { get; init; }
}

/// <summary>A person writes.</summary>
internal sealed record SendAction : PersonAction
{
    public string Text { get; init; } = "";

    public int? MessageThreadId { get; init; }

    public int? ReplyToMessageId { get; init; }

    /// <summary>Files; several are an album. The text is then the caption of the first.</summary>
    public IReadOnlyList<SentFile> Media { get; init; } = [];

    public Location? Location { get; init; }

    /// <summary>With a location: a place with a name.</summary>
    public string? VenueTitle { get; init; }

    public string? VenueAddress { get; init; }

    public Contact? Contact { get; init; }

    /// <summary>Of the message that is replied to, what was picked by hand.</summary>
    public string? Quote { get; init; }
}

/// <summary>A file that a person sends.</summary>
internal sealed record SentFile
{
    /// <summary><c>photo</c>, <c>document</c>, <c>animation</c>, <c>audio</c>, <c>voice</c>, <c>video</c>, <c>video_note</c> or <c>sticker</c>.</summary>
    public string Type { get; init; } = "photo";

    /// <summary>Base64.</summary>
    public byte[] Content { get; init; } = [];

    public string? FileName { get; init; }

    public string? MimeType { get; init; }

    /// <summary>For a sticker.</summary>
    public string? Emoji { get; init; }

    /// <summary>Of its own, in an album.</summary>
    public string? Caption { get; init; }
}

/// <summary>A person changes a message of theirs.</summary>
internal sealed record EditAction : PersonAction
{
    public int MessageId { get; init; }

    public string Text { get; init; } = "";
}

/// <summary>A person presses an inline button.</summary>
internal sealed record CallbackAction : PersonAction
{
    public int MessageId { get; init; }

    public string Data { get; init; } = "";
}

/// <summary>A person reacts; an empty emoji takes the reaction back.</summary>
internal sealed record ReactionAction : PersonAction
{
    public int MessageId { get; init; }

    public string Emoji { get; init; } = "";
}

/// <summary>A person blocks or unblocks a bot.</summary>
internal sealed record BlockAction : PersonAction
{
    public bool Blocked { get; init; } = true;
}

/// <summary>An update that an action caused.</summary>
internal sealed record PushedUpdate(long BotId, int UpdateId);

/// <summary>What came of an action.</summary>
/// <param name="MessageId">The last message that it wrote or concerned.</param>
/// <param name="MessageIds">All of them: apps send a text beyond 4096 as several messages.</param>
/// <param name="UpdateId">The last update, or absent when no bot gets one.</param>
/// <param name="Updates">Every update of every bot.</param>
internal sealed record ActionResult(int MessageId, IReadOnlyList<int> MessageIds, int? UpdateId, IReadOnlyList<PushedUpdate> Updates)
{
    public string? CallbackQueryId { get; init; }
}
