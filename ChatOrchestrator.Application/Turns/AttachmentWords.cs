using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Words for attachments. A message that is nothing but an attachment has the word in brackets as its text.</summary>
public static class AttachmentWords
{
    public static string Of(AttachmentKind kind) => kind switch
    {
        AttachmentKind.Image => "photo",
        AttachmentKind.Audio => "audio file",
        AttachmentKind.Voice => "voice message",
        AttachmentKind.Video => "video",
        AttachmentKind.Document => "document",
        AttachmentKind.Sticker => "sticker",
        AttachmentKind.Location => "location",
        _ => "contact",
    };

    /// <summary>The text of a message that has none of its own.</summary>
    public static string Placeholder(AttachmentKind kind) => $"[{Of(kind)}]";

    /// <summary>Whether a text is no more than a word for an attachment.</summary>
    public static bool IsPlaceholder(string text) =>
        string.IsNullOrWhiteSpace(text) || text is ['[', .. var word, ']'] && !word.AsSpan().ContainsAny('[', ']', '\n') && word.Length <= 30;
}
