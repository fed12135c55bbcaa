namespace ChatOrchestrator.Simulator.Chat;

/// <summary>
/// A simulated platform as the chat page shows it: who can be written to, what was said, and what a person does. Each
/// platform translates its own objects and markup; the page knows nothing of any platform.
/// </summary>
internal interface IChatPlatform
{
    /// <summary>The platform's slug: <c>telegram</c>, <c>slack</c>…</summary>
    string Name { get; }

    /// <summary>The bots (apps, pages, numbers) that have shown themselves, by a call or a registration.</summary>
    IReadOnlyList<ChatBot> Bots();

    /// <summary>What the person sees in the chat with the bot, oldest first.</summary>
    IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person);

    /// <summary>The person writes. Throws <see cref="ArgumentException"/> with a sentence for the person when that cannot be done.</summary>
    void Send(string botId, ChatPerson person, ChatInput input);

    /// <summary>The person presses a button of a message.</summary>
    void Press(string botId, ChatPerson person, string messageId, string buttonId);

    /// <summary>Raised when something changed in what a person of the bot can see; null: in all of them, or the bots did.</summary>
    event Action<string?>? Changed;
}

/// <param name="Detail">A few words on how it is connected (webhook, polling, gateway).</param>
internal sealed record ChatBot(string Id, string Name, string Detail);

/// <param name="Id">A positive number; each platform makes its own kind of user id of it.</param>
internal sealed record ChatPerson(long Id, string Name);

/// <summary>What a person sends: a text, files, or both (a caption).</summary>
internal sealed record ChatInput(string Text, IReadOnlyList<ChatFile> Files);

internal sealed record ChatFile(string Name, string MimeType, byte[] Bytes);

/// <summary>A message as the person sees it.</summary>
internal sealed record ChatEntry(string Id, bool FromBot, ChatText Text)
{
    public DateTimeOffset At { get; init; }

    public IReadOnlyList<ChatMedia> Media { get; init; } = [];

    /// <summary>Buttons under the message, in rows.</summary>
    public IReadOnlyList<IReadOnlyList<ChatButton>> Buttons { get; init; } = [];

    public bool Edited { get; init; }

    /// <summary>For the person's own message: <c>sent</c>, <c>read</c>; for the bot's nothing.</summary>
    public string? State { get; init; }

    /// <summary>A name in small print above the text, where several speak.</summary>
    public string? Author { get; init; }

    /// <summary>The emoji with which people reacted to it, in small print beside its time.</summary>
    public string? Reactions { get; init; }

    /// <summary>The text that the message replies to, in small print above it.</summary>
    public string? Quote { get; init; }

    /// <summary>Typing, and nothing else.</summary>
    public bool IsTyping { get; init; }
}

/// <summary>A formatted text: what is seen, and where it is formatted.</summary>
/// <param name="Entities">Types as in Telegram's <see href="https://core.telegram.org/bots/api#messageentity">MessageEntity</see>; offsets in UTF-16 units.</param>
internal sealed record ChatText(string Text, IReadOnlyList<ChatEntity> Entities)
{
    public static ChatText Plain(string text) => new(text, []);
}

internal sealed record ChatEntity(string Type, int Offset, int Length, string? Url = null, string? Language = null);

/// <param name="Kind"><c>image</c>, <c>audio</c>, <c>video</c> or <c>document</c>.</param>
/// <param name="Url">Where the page gets it, on this server or elsewhere.</param>
internal sealed record ChatMedia(string Kind, string Url, string? Name);

/// <param name="Url">For a button that opens a page; such a button is not pressed.</param>
internal sealed record ChatButton(string Id, string Label, string? Url = null);
