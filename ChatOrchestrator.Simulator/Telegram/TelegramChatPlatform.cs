using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>The simulated Telegram on the chat page: a person's private chats with bots.</summary>
internal sealed class TelegramChatPlatform : IChatPlatform
{
    /// <summary>As in Telegram's apps: after so long without another one the typing is over.</summary>
    private static readonly TimeSpan TypingFor = TimeSpan.FromSeconds(6);

    private readonly TelegramNetwork _network;
    private readonly TelegramPeople _people;
    private readonly TimeProvider _time;
    private readonly BoundedMap<(long Bot, long Chat), long> _typing = new(1_000);

    public TelegramChatPlatform(TelegramNetwork network, TelegramPeople people, TimeProvider time)
    {
        (_network, _people, _time) = (network, people, time);
        network.Feed.Published += Heard;
    }

    public event Action<string?>? Changed;

    public string Name => "telegram";

    public IReadOnlyList<ChatBot> Bots()
    {
        lock (_network.Sync)
        {
            return _network.Bots.Select(static bot => new ChatBot(
                bot.Id.ToString(CultureInfo.InvariantCulture), bot.FirstName, bot.Webhook is not null ? "webhook" : bot.Poll is not null ? "polling" : "idle")).ToList();
        }
    }

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (_network.Sync)
        {
            if (Chat(botId, person) is not { } chat)
            {
                return [];
            }

            var entries = chat.Messages.Select(message => Entry(chat, message)).ToList();
            if (IsTyping(IdOf(botId), person.Id))
            {
                entries.Add(new ChatEntry("typing", FromBot: true, ChatText.Plain("")) { IsTyping = true });
            }

            return entries;
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input) => Act(() => _people.Send(new SendAction
    {
        BotId = IdOf(botId),
        UserId = person.Id,
        FirstName = person.Name,
        Text = input.Text,
        Media = input.Files.Select(static file => new SentFile
        {
            Type = file.MimeType switch
            {
                "image/png" or "image/jpeg" or "image/webp" => "photo",
                "image/gif" => "animation",
                "audio/ogg" or "audio/webm" => "voice",
                _ when file.MimeType.StartsWith("audio/", StringComparison.Ordinal) => "audio",
                _ when file.MimeType.StartsWith("video/", StringComparison.Ordinal) => "video",
                _ => "document",
            },
            Content = file.Bytes,
            FileName = file.Name,
            MimeType = file.MimeType,
        }).ToList(),
    }));

    public void Press(string botId, ChatPerson person, string messageId, string buttonId) => Act(() => _people.PressButton(new CallbackAction
    {
        BotId = IdOf(botId),
        UserId = person.Id,
        FirstName = person.Name,
        MessageId = int.TryParse(messageId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0,
        Data = buttonId,
    }));

    private static void Act(Func<ActionResult> action)
    {
        try
        {
            action();
        }
        catch (ControlException error)
        {
            throw new ArgumentException(error.Message, error);
        }
    }

    private static long IdOf(string botId) =>
        long.TryParse(botId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new ArgumentException("There is no such bot.");

    private static ChatEntry Entry(SimulatedChat chat, Message message)
    {
        var text = message.Text is null ? new ChatText(message.Caption ?? Words(message), Entities(message.CaptionEntities)) : new ChatText(message.Text, Entities(message.Entities));
        var reactions = string.Concat(chat.ReactionsTo(message.MessageId));
        return new ChatEntry(message.MessageId.ToString(CultureInfo.InvariantCulture), message.From?.IsBot == true, text)
        {
            At = DateTimeOffset.FromUnixTimeSeconds(message.Date),
            Edited = message.EditDate is not null,
            Media = Media(message),
            Buttons = Buttons(message.ReplyMarkup),
            Author = reactions.Length > 0 ? reactions : null,
        };
    }

    private static string Words(Message message) => message switch
    {
        { Venue: { } venue } => $"📍 {venue.Title}, {venue.Address}",
        { Location: { } place } => string.Create(CultureInfo.InvariantCulture, $"📍 {place.Latitude}, {place.Longitude}"),
        { Contact: { } contact } => $"👤 {contact.FirstName} {contact.PhoneNumber}",
        _ => "",
    };

    private static List<ChatEntity> Entities(IReadOnlyList<MessageEntity>? entities) =>
        (entities ?? []).Select(static e => new ChatEntity(e.Type, e.Offset, e.Length, e.Url, e.Language)).ToList();

    private static IReadOnlyList<ChatMedia> Media(Message message)
    {
        if (MessageMedia.FileOf(message) is not var (kind, fileId))
        {
            return [];
        }

        var shown = kind switch
        {
            "photo" or "sticker" => "image",
            "voice" or "audio" => "audio",
            "video" or "video_note" or "animation" => "video",
            _ => "document",
        };
        return [new ChatMedia(shown, $"/simulator/telegram/files/{fileId}", message.Document?.FileName ?? message.Audio?.FileName)];
    }

    private static List<IReadOnlyList<ChatButton>> Buttons(JsonNode? markup) =>
        (markup?["inline_keyboard"] as JsonArray ?? []).OfType<JsonArray>()
            .Select(static row => (IReadOnlyList<ChatButton>)row.OfType<JsonObject>().Select(static button =>
                new ChatButton(button["callback_data"]?.ToString() ?? "", button["text"]?.ToString() ?? "", button["url"]?.ToString())).ToList())
            .ToList();

    private SimulatedChat? Chat(string botId, ChatPerson person) => _network.FindChat(IdOf(botId), person.Id);

    private bool IsTyping(long botId, long chatId) => _typing.TryGetValue((botId, chatId), out var since) && _time.GetElapsedTime(since) < TypingFor;

    private void Heard(FeedEvent heard)
    {
        if (heard is { BotId: { } bot, ChatId: { } chat })
        {
            // The feed is written to under the network's lock.
            if (heard.Type == "action")
            {
                _typing.Set((bot, chat), _time.GetTimestamp());
            }
            else
            {
                _typing.Remove((bot, chat));
            }
        }

        Changed?.Invoke(heard.BotId?.ToString(CultureInfo.InvariantCulture));
    }
}
