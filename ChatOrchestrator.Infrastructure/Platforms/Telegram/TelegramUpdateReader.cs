using System.Globalization;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Reads one <see href="https://core.telegram.org/bots/api#update">Update</see>, which is a whole webhook body. A message is
/// known by its chat and message id, so that it is the same message however often it is delivered; everything else by its update id.
/// </summary>
internal static class TelegramUpdateReader
{
    /// <exception cref="MalformedPayloadException">Not a JSON object with an <c>update_id</c>, or a field has another type than documented.</exception>
    public static InboundEvent Read(TelegramConnection connection, ReadOnlySpan<byte> body)
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
            { Message: { } message } => ReadMessage(connection, id, message, body),
            { EditedMessage: { } message } => ReadEdit(connection, id, message),
            { MyChatMember: { } change } => ReadMyChatMember(id, change),
            _ => Ignored(id, TelegramUpdateScan.UpdateType(body)),
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
        var isText = message.Text is not null;
        var (content, isMessage) = isText ? ("text", true) : TelegramUpdateScan.Content(body);
        if (!isMessage)
        {
            return Ignored(updateId, content);
        }
        var isGroup = IsGroup(message.Chat!);
        var text = message.Text ?? message.Caption ?? $"[{content.Replace('_', ' ')}]";
        var addressed = TelegramAddressing.Resolve(connection, message, text, isGroup);
        return new InboundMessage
        {
            PlatformId = MessageKey(chatId, messageId),
            Chat = new(Id(chatId), message is { IsTopicMessage: true, MessageThreadId: { } topic } ? Id(topic) : ""),
            IsGroup = isGroup,
            ChatTitle = message.Chat!.Title ?? NameOf(message.From),
            Author = AuthorOf(message),
            Kind = isText || addressed.Kind == MessageKind.Overheard ? addressed.Kind : MessageKind.Unsupported,
            Text = isText ? addressed.Text : text,
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
                Text = message.Text is null ? text : TelegramAddressing.Resolve(connection, message, text, IsGroup(message.Chat!)).Text,
            };
    }

    private static InboundEvent ReadMyChatMember(long updateId, ChatMemberUpdated change) =>
        change is { Chat: { Type: "private", Id: { } userId }, NewChatMember.Status: "kicked" or "member" }
            ? new ParticipantBlocked { PlatformId = EventKey(updateId), UserId = Id(userId), Blocked = change.NewChatMember.Status == "kicked" }
            : Ignored(updateId, "my_chat_member");

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

    private static string? NameOf(User? user) =>
        user is null ? null : string.IsNullOrEmpty(user.LastName) ? user.FirstName : $"{user.FirstName} {user.LastName}";

    private static (long ChatId, long MessageId) IdsOf(Message message) =>
        message is { Chat.Id: { } chatId, MessageId: { } messageId }
            ? (chatId, messageId)
            : throw new MalformedPayloadException("A message has no message_id or no chat.");

    private static bool IsGroup(Chat chat) => chat.Type is "group" or "supergroup";

    private static ChatMigrated Migrated(long updateId, long from, long to) =>
        new() { PlatformId = EventKey(updateId), FromChatId = Id(from), ToChatId = Id(to) };

    private static IgnoredEvent Ignored(long updateId, string type) => new() { PlatformId = EventKey(updateId), Type = type };

    private static DateTimeOffset? TimeOf(long unixSeconds) =>
        unixSeconds is > 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds) : null;

    /// <summary>How a message is known here, received or sent: <c>{chat}:{message}</c>, because Telegram counts per chat.</summary>
    public static string MessageKey(long chatId, long messageId) => string.Create(CultureInfo.InvariantCulture, $"{chatId}:{messageId}");

    private static string EventKey(long updateId) => string.Create(CultureInfo.InvariantCulture, $"u{updateId}");

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);
}
