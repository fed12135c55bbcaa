using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>A turn's messages as the model can read them.</summary>
/// <param name="Messages">The messages, their texts completed by what their attachments say.</param>
/// <param name="Images">The pictures of each message, for a model that sees.</param>
/// <param name="Withheld">A limit of the budget is reached: what was said is not put into words, and nothing is answered.</param>
/// <param name="Unreadable">What could not be read of a turn in which nothing could, in words; null: there is something to answer.</param>
internal sealed record ReadableMessages(IReadOnlyList<LaneMessage> Messages, IReadOnlyDictionary<Guid, IReadOnlyList<DataContent>> Images, string? Unreadable, BudgetRefusal? Withheld = null);

/// <summary>
/// Reads what messages carry beside their text: pictures go to a model that sees, speech is transcribed where a
/// transcription model is configured, places and contacts become words. What cannot be read is named, to the model or, when
/// there is nothing else, to the participant.
/// </summary>
internal sealed partial class ReadAttachments(ILaneStore store, TranscribeSpeech speech, IChatClient model, LanePlaces places, ILogger<ReadAttachments> logger)
{
    /// <summary>The largest picture that is given to a model, in bytes: <see href="https://platform.openai.com/docs/guides/images-vision"/> takes 50 MB a request.</summary>
    public const int MaxImageBytes = 10 << 20;

    /// <summary>The largest recording that is transcribed, in bytes: <see href="https://platform.openai.com/docs/guides/speech-to-text"/>.</summary>
    public const int MaxSpeechBytes = 25 << 20;

    /// <summary>How many pictures of one turn the model is given; the first ones.</summary>
    private const int MaxImages = 10;

    private const int MaxQuoteLength = 500;

    private static readonly Dictionary<Guid, IReadOnlyList<DataContent>> NoImages = [];

    private static readonly HashSet<string> ImageTypes = new(StringComparer.OrdinalIgnoreCase) { "image/png", "image/jpeg", "image/gif", "image/webp" };

    /// <param name="insist">Whether a file that cannot be had now fails the turn, so that it is tried again.</param>
    /// <exception cref="MediaException">A file cannot be had now.</exception>
    /// <exception cref="ModelException">The transcription failed.</exception>
    public async Task<ReadableMessages> HandleAsync(HeldLane held, IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection, IPlatformAdapter platform, bool insist)
    {
        if (!HasContent(messages))
        {
            return new ReadableMessages(messages, NoImages, null);
        }
        using var waiting = places.BeginWait();
        var read = new LaneMessage[messages.Count];
        var images = new Dictionary<Guid, IReadOnlyList<DataContent>>();
        var sees = ModelsThatSee.Sees(connection.Bot.Ai, model);
        var left = MaxImages;
        List<string> unreadable = [];
        var isReadable = false;
        for (var i = 0; i < read.Length; i++)
        {
            var reading = await ReadAsync(held, messages[i], connection, platform, sees ? left : 0, insist);
            if (reading.Withheld is { } withheld)
            {
                return new ReadableMessages(messages, NoImages, null, withheld);
            }
            read[i] = messages[i] with { Text = reading.Text };
            isReadable |= reading.IsReadable;
            unreadable.AddRange(reading.Unreadable);
            if (reading.Images.Count > 0)
            {
                images[messages[i].Id] = reading.Images;
                left -= reading.Images.Count;
            }
        }
        return new ReadableMessages(read, images, isReadable ? null : string.Join(", ", unreadable.Distinct()));
    }

    private static bool HasContent(IReadOnlyList<LaneMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Content is not null)
            {
                return true;
            }
        }
        return false;
    }

    private async Task<Reading> ReadAsync(HeldLane held, LaneMessage message, ConnectionSnapshot connection, IPlatformAdapter platform, int maxImages, bool insist)
    {
        if (message.Content is not { } content)
        {
            return new Reading(message.Text, IsReadable: true, [], []);
        }
        var hasCaption = content.Attachments.Count == 0 || content.IsTranscribed || !AttachmentWords.IsPlaceholder(message.Text);
        List<string> words = hasCaption ? [message.Text] : [];
        List<DataContent> images = [];
        List<string> unreadable = [];
        var isReadable = hasCaption;
        for (var i = 0; i < content.Attachments.Count; i++)
        {
            var attachment = content.Attachments[i];
            try
            {
                switch (attachment.Kind)
                {
                    case AttachmentKind.Location:
                        words.Add(Place(attachment));
                        isReadable = true;
                        continue;
                    case AttachmentKind.Contact:
                        words.Add($"[contact: {string.Join(' ', new[] { attachment.Name, attachment.PhoneNumber }.Where(s => !string.IsNullOrWhiteSpace(s)))}]");
                        isReadable = true;
                        continue;
                    case AttachmentKind.Sticker when !string.IsNullOrEmpty(attachment.Name):
                        words.Add($"[sticker: {attachment.Name}]");
                        isReadable = true;
                        continue;
                    case AttachmentKind.Image when images.Count < maxImages && platform is IFetchesMedia source:
                        images.Add(await FetchImageAsync(source, connection, attachment, held.Generation));
                        isReadable = true;
                        continue;
                    case AttachmentKind.Voice or AttachmentKind.Audio when content.IsTranscribed:
                        continue;
                    case AttachmentKind.Voice or AttachmentKind.Audio when speech.IsConfigured && platform is IFetchesMedia source:
                        var transcribed = await TranscribeAsync(held, message, content, attachment, source, connection, hasCaption);
                        if (transcribed.Withheld is not null)
                        {
                            return new Reading("", IsReadable: false, [], []) { Withheld = transcribed.Withheld };
                        }
                        words.Add(transcribed.Text);
                        isReadable = true;
                        continue;
                }
                await RefuseAsync("not_supported");
            }
            catch (MediaException e) when (!e.Temporary || !insist)
            {
                await RefuseAsync(e.Message);
            }

            async Task RefuseAsync(string reason)
            {
                var name = AttachmentWords.Of(attachment.Kind);
                unreadable.Add(name);
                words.Add(attachment.Name is { Length: > 0 } file ? $"[{name} \"{file}\", which cannot be read here]" : $"[{name}, which cannot be read here]");
                NotRead(message.Id, name, reason);
                await store.AnnotateAsync(held.Lane.Lease, new MessageNote(message.Id, "attachment_not_read", $"{name}: {reason}"), held.Generation);
            }
        }
        if (content.Quote?.Text is { Length: > 0 } quoted)
        {
            var who = content.Quote.IsBots == true ? "your message" : "the message";
            words.Insert(0, $"[in reply to {who}: \"{(quoted.Length > MaxQuoteLength ? string.Concat(quoted.AsSpan(0, MaxQuoteLength), "…") : quoted)}\"]");
        }
        return new Reading(string.Join('\n', words), isReadable, images, unreadable);
    }

    private static async Task<DataContent> FetchImageAsync(IFetchesMedia source, ConnectionSnapshot connection, Attachment attachment, CancellationToken cancellationToken)
    {
        Refuse(attachment, MaxImageBytes);
        var media = await source.FetchAsync(connection, attachment, MaxImageBytes, cancellationToken);
        // What the bytes are, not what somebody says they are.
        var type = ImageSignature.TypeOf(media.Bytes.Span) ?? media.MimeType;
        return ImageTypes.Contains(type) ? new DataContent(media.Bytes, type) : throw new MediaException("forbidden_type");
    }

    /// <summary>The transcript is kept in the message's place of text before anything else is done with it: it is not paid twice.</summary>
    private async Task<TranscribedSpeech> TranscribeAsync(
        HeldLane held, LaneMessage message, MessageContent content, Attachment attachment, IFetchesMedia source, ConnectionSnapshot connection, bool hasCaption)
    {
        Refuse(attachment, MaxSpeechBytes);
        var media = await source.FetchAsync(connection, attachment, MaxSpeechBytes, held.Generation);
        var transcribed = await speech.HandleAsync(held, connection, message.Participant, media, attachment.Name);
        if (transcribed.Withheld is not null)
        {
            return transcribed;
        }
        var text = transcribed.Text.Replace('\0', '\uFFFD').Trim();
        if (text.Length == 0)
        {
            throw new MediaException("no_speech");
        }
        // There is no token: it is paid for, also when the process stops meanwhile.
        await store.AnnotateAsync(
            held.Lane.Lease,
            new MessageNote(message.Id, "transcribed", transcribed.Detail, hasCaption ? $"{message.Text}\n{text}" : text, content with { IsTranscribed = true }),
            CancellationToken.None);
        return transcribed with { Text = text };
    }

    private static void Refuse(Attachment attachment, int maxBytes)
    {
        if (attachment.Size > maxBytes)
        {
            throw new MediaException("too_large");
        }
    }

    private static string Place(Attachment attachment) => string.Create(
        CultureInfo.InvariantCulture,
        $"[location: {(attachment.Name is { Length: > 0 } name ? name + ", " : "")}latitude {attachment.Latitude:F6}, longitude {attachment.Longitude:F6}]");

    [LoggerMessage(Level = LogLevel.Information, Message = "An attachment ({Kind}) of message {MessageId} was not read ({Reason})")]
    private partial void NotRead(Guid messageId, string kind, string reason);

    private readonly record struct Reading(string Text, bool IsReadable, IReadOnlyList<DataContent> Images, IReadOnlyList<string> Unreadable)
    {
        public BudgetRefusal? Withheld { get; init; }
    }
}
