namespace ChatOrchestrator.Domain.Messages;

/// <summary>
/// What an inbound message carries beside its text. Stored with the message as one JSON document; a message of text only
/// has none.
/// </summary>
public sealed record MessageContent
{
    /// <summary>The most attachments that are kept of one message.</summary>
    public const int MaxAttachments = 30;

    /// <summary>What is attached, in the platform's order.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>The button or quick reply that was pressed: <see cref="MessageKind.ButtonPress"/>.</summary>
    public ButtonPress? Button { get; init; }

    /// <summary>The message that this one replies to.</summary>
    public Quote? Quote { get; init; }

    /// <summary>Who is mentioned, the bot left out.</summary>
    public IReadOnlyList<Mention> Mentions { get; init; } = [];

    /// <summary>Messages that the platform delivers one by one but shows as one (an album) have the same; they are answered together.</summary>
    public string? AlbumId { get; init; }

    /// <summary>The message's text holds what was said in its recording.</summary>
    public bool IsTranscribed { get; init; }

    /// <summary>
    /// How the platform wants the answer to this message addressed, beyond the chat (an interaction's token, a response
    /// URL): the adapter's own word, given back as <c>OutboundPart.AnswerVia</c>. Never shown to anybody. A message that
    /// has one is answered by itself.
    /// </summary>
    public string? AnswerVia { get; init; }
}

/// <summary>What kind of thing is attached.</summary>
public enum AttachmentKind
{
    Image = 0,
    Audio = 1,

    /// <summary>Speech that was recorded in the chat.</summary>
    Voice = 2,
    Video = 3,
    Document = 4,
    Sticker = 5,
    Location = 6,
    Contact = 7,
}

/// <summary>Something attached to a message: a reference, the bytes stay with the platform.</summary>
public sealed record Attachment
{
    public required AttachmentKind Kind { get; init; }

    /// <summary>The platform's id of the file, by which its adapter fetches it.</summary>
    public string? Id { get; init; }

    /// <summary>Where the platform keeps the file, if it has an address; it may need the connection's credentials.</summary>
    public string? Url { get; init; }

    /// <summary>The media type, as the platform says.</summary>
    public string? MimeType { get; init; }

    /// <summary>In bytes, as the platform says.</summary>
    public long? Size { get; init; }

    /// <summary>The file's name; a location's title; a contact's name.</summary>
    public string? Name { get; init; }

    /// <summary>For a location, in degrees.</summary>
    public double? Latitude { get; init; }

    /// <summary>For a location, in degrees.</summary>
    public double? Longitude { get; init; }

    /// <summary>For a contact.</summary>
    public string? PhoneNumber { get; init; }
}

/// <param name="Payload">What the button was made with.</param>
/// <param name="Label">What the participant saw on it.</param>
public sealed record ButtonPress(string Payload, string? Label = null);

/// <param name="PlatformId">The platform's id of the message that is quoted.</param>
/// <param name="Text">What was quoted, where the platform says it.</param>
/// <param name="IsBots">Whether the bot wrote it, where that is known.</param>
public sealed record Quote(string PlatformId, string? Text = null, bool? IsBots = null);

/// <param name="UserId">The platform's id of the user.</param>
/// <param name="Name">As it stands in the text, or the display name.</param>
public sealed record Mention(string UserId, string? Name = null);
