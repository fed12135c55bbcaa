using System.Globalization;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Reads one <see href="https://core.telegram.org/bots/api#update">Update</see>, which is a whole webhook body. A message is
/// known by its chat and message id, so that it is the same message however often it is delivered; everything else by its update id.
/// </summary>
internal static class TelegramUpdateReader
{
    /// <exception cref="MalformedPayloadException">Not a JSON object with an <c>update_id</c>, or a field has another type than documented.</exception>
    public static IReadOnlyList<InboundEvent> Read(TelegramConnection connection, ReadOnlySpan<byte> body)
    {
        Update? update;
        try
        {
            update = JsonSerializer.Deserialize(body, TelegramJson.Default.Update);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // Without the exception: it can quote the body.
            throw new MalformedPayloadException("The body is not a Telegram update.");
        }
        if (update?.UpdateId is not { } id)
        {
            throw new MalformedPayloadException("The body has no update_id.");
        }
        return update switch
        {
            { Message: { NewChatMembers: not null } or { LeftChatMember: not null } } => TelegramEvents.ReadMembers(connection, id, update.Message),
            { Message: { } message } => [ReadMessage(connection, id, message, body)],
            { EditedMessage: { } message } => [ReadEdit(connection, id, message)],
            { CallbackQuery: { } query } => [TelegramEvents.ReadButton(connection, id, query)],
            { MessageReaction: { } change } => TelegramEvents.ReadReactions(id, change),
            { MyChatMember: { } change } => [TelegramEvents.ReadMyChatMember(id, change)],
            _ => [Ignored(id, TelegramUpdateScan.UpdateType(body))],
        };
    }

    /// <summary>An update of a batch that cannot be read, kept as an event so that the batch goes on without it; null: not even its id is known.</summary>
    public static IgnoredEvent? Unreadable(ReadOnlySpan<byte> body) =>
        TelegramUpdateScan.UpdateId(body) is { } id ? Ignored(id, "unreadable") : null;

    private static InboundEvent ReadMessage(TelegramConnection connection, long updateId, Message message, ReadOnlySpan<byte> body)
    {
        var (chatId, messageId) = IdsOf(message);
        if (message.MigrateToChatId is { } to)
        {
            return Migrated(updateId, chatId, to);
        }
        if (message.MigrateFromChatId is { } from)
        {
            return Migrated(updateId, from, chatId);
        }
        if (message.ReplyToMessage?.From is { } replied)
        {
            connection.Learn(replied.Id, replied.Username);
        }
        if (WhyIgnored(connection, message) is { } why)
        {
            return Ignored(updateId, why);
        }
        var content = TelegramContent.Read(connection, message);
        var placeholder = "";
        if (message.Text is null)
        {
            if (content is { Attachments: [var first, ..] })
            {
                placeholder = AttachmentWords.Placeholder(first.Kind);
            }
            else
            {
                var (name, isMessage) = TelegramUpdateScan.Content(body);
                if (!isMessage)
                {
                    return Ignored(updateId, name);
                }
                placeholder = $"[{name.Replace('_', ' ')}]";
            }
        }
        var isGroup = IsGroup(message.Chat!);
        var (kind, text) = TelegramAddressing.Resolve(connection, message, message.Text ?? message.Caption ?? placeholder, isGroup);
        return new InboundMessage
        {
            PlatformId = MessageKey(chatId, messageId),
            Chat = AddressOf(message, chatId),
            IsGroup = isGroup,
            ChatTitle = message.Chat!.Title ?? NameOf(message.From),
            Author = AuthorOf(message),
            Kind = kind != MessageKind.Overheard && message.Text is null && content is not { Attachments.Count: > 0 } ? MessageKind.Unsupported : kind,
            Text = text,
            // In a group that talks to the bot by name, everybody's question gets an answer of its own, which quotes it.
            Content = isGroup && kind == MessageKind.Text && connection.Groups == GroupAnswers.Mention && message.MediaGroupId is null
                ? (content ?? new MessageContent()) with { AnswerVia = Id(messageId) }
                : content,
            SentAt = TimeOf(message.Date),
        };
    }

    private static InboundEvent ReadEdit(TelegramConnection connection, long updateId, Message message)
    {
        var (chatId, messageId) = IdsOf(message);
        if (WhyIgnored(connection, message) is { } why)
        {
            return Ignored(updateId, why);
        }
        // A live location is "edited" with every step: no text, nothing to change.
        return (message.Text ?? message.Caption) is not { } text
            ? Ignored(updateId, "edited_message")
            : new InboundEdit
            {
                PlatformId = EventKey(updateId),
                EditedPlatformId = MessageKey(chatId, messageId),
                Text = TelegramAddressing.Resolve(connection, message, text, IsGroup(message.Chat!)).Text,
            };
    }

    private static string? WhyIgnored(TelegramConnection connection, Message message) =>
        message switch
        {
            { Chat.Type: "channel" } => "channel_post",
            // A channel's post that Telegram copies into the discussion group: nobody spoke.
            { IsAutomaticForward: true } => "automatic_forward",
            // Written in the name of the group or of a channel; "from" is then a bot that Telegram puts there.
            { SenderChat.Id: not null } => null,
            { From: null } => "message_without_author",
            { From: { } from } when from.Id == connection.BotId => "own_message",
            _ => null,
        };

    private static InboundAuthor AuthorOf(Message message) =>
        message.SenderChat is { Id: { } senderId } sender
            ? new(Id(senderId), sender.Title, sender.Username)
            : new(Id(message.From!.Id), NameOf(message.From), message.From.Username, message.From.LanguageCode, message.From.IsBot);

    public static string? NameOf(User? user) =>
        user is null ? null : string.IsNullOrEmpty(user.LastName) ? user.FirstName : $"{user.FirstName} {user.LastName}";

    private static (long ChatId, long MessageId) IdsOf(Message message) =>
        message is { Chat.Id: { } chatId, MessageId: { } messageId }
            ? (chatId, messageId)
            : throw new MalformedPayloadException("A message has no message_id or no chat.");

    public static ChatAddress AddressOf(Message message, long chatId) =>
        new(Id(chatId), message is { IsTopicMessage: true, MessageThreadId: { } topic } ? Id(topic) : "");

    public static bool IsGroup(Chat chat) => chat.Type is "group" or "supergroup";

    private static ChatMigrated Migrated(long updateId, long from, long to) =>
        new() { PlatformId = EventKey(updateId), FromChatId = Id(from), ToChatId = Id(to) };

    public static IgnoredEvent Ignored(long updateId, string type) => new() { PlatformId = EventKey(updateId), Type = type };

    private static DateTimeOffset? TimeOf(long unixSeconds) =>
        unixSeconds is > 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds) : null;

    /// <summary>How a message is known here, received or sent: <c>{chat}:{message}</c>, because Telegram counts per chat.</summary>
    public static string MessageKey(long chatId, long messageId) => string.Create(CultureInfo.InvariantCulture, $"{chatId}:{messageId}");

    /// <param name="index">Its place among the events of one update.</param>
    public static string EventKey(long updateId, int index = 0) =>
        index == 0 ? string.Create(CultureInfo.InvariantCulture, $"u{updateId}") : string.Create(CultureInfo.InvariantCulture, $"u{updateId}:{index}");

    public static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);
}
