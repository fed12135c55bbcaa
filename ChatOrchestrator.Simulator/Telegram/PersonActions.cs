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
