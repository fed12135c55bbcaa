using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Private chats on the chat page.</summary>
internal sealed class TelegramChat : IChatPlatform, IClearsChats, ISuggestsCommands, ITellsPeople
{
    /// <summary>https://core.telegram.org/bots/api#sendchataction: "for 5 seconds or less".</summary>
    private static readonly TimeSpan TypingTime = TimeSpan.FromSeconds(5);

    private readonly TelegramNetwork _network;
    private readonly TelegramPeople _people;
    private readonly TimeProvider _time;

    /// <summary>Since when a bot types in a chat. Guarded by <see cref="TelegramNetwork.Sync"/>, as what is published is.</summary>
    private readonly BoundedMap<(long Bot, long Chat), long> _typing = new(1000);

    public TelegramChat(TelegramNetwork network, TelegramPeople people, TimeProvider time)
    {
        (_network, _people, _time) = (network, people, time);
        network.Feed.Published += Follow;
    }

    public event Action<string?>? Changed;

    public event Action<string, string>? Told;

    public string Name => "telegram";

    public IReadOnlyList<ChatBot> Bots()
    {
        lock (_network.Sync)
        {
            return [.. _network.Bots.Select(static bot => new ChatBot(
                IdOf(bot.Id),
                bot.FirstName,
                $"@{bot.Username} · {(bot.Webhook is not null ? "webhook" : bot.Poll is not null ? "polling" : "idle")}"))];
        }
    }

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (_network.Sync)
        {
            if (!TryParse(botId, out var id) || _network.FindChat(id, person.Id) is not { } chat)
            {
                return [];
            }

            var entries = chat.Messages.Select(message => Entry(chat, message)).ToList();
            if (_typing.TryGetValue((id, person.Id), out var since) && _time.GetElapsedTime(since) < TypingTime)
            {
                entries.Add(new ChatEntry("typing", true, ChatText.Plain("")) { At = _time.GetUtcNow(), IsTyping = true });
            }

            return entries;
        }
    }

    public IReadOnlyList<ChatCommand> Commands(string botId)
    {
        lock (_network.Sync)
        {
            return TryParse(botId, out var id) && _network.FindBot(id)?.Commands.GetValueOrDefault("") is JsonArray commands
                ? [.. commands.Select(static c => new ChatCommand(c!["command"]!.ToString().TrimStart('/'), c["description"]?.ToString() ?? ""))]
                : [];
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input) => Guarded(() =>
    {
        _people.Send(new SendAction { BotId = Parse(botId), UserId = person.Id, FirstName = person.Name, Text = input.Text, Media = [.. input.Files.Select(Sent)] });
    });

    public void Press(string botId, ChatPerson person, string messageId, string buttonId) => Guarded(() =>
    {
        var (bot, message) = (Parse(botId), int.TryParse(messageId, CultureInfo.InvariantCulture, out var id) ? id : 0);
        if (Find(bot, person, message, buttonId) is not { } button)
        {
            throw new ArgumentException("The button is not there any more.");
        }

        if (button["callback_data"]?.ToString() is { } data)
        {
            _people.PressButton(new CallbackAction { BotId = bot, UserId = person.Id, FirstName = person.Name, MessageId = message, Data = data });
        }
        else
        {
            // A key of a reply keyboard writes what stands on it.
            _people.Send(new SendAction { BotId = bot, UserId = person.Id, FirstName = person.Name, Text = LabelOf(button) });
        }
    });

    public void Clear(string botId, ChatPerson person)
    {
        lock (_network.Sync)
        {
            var id = Parse(botId);
            _network.FindChat(id, person.Id)?.Clear();
            _network.Feed.Publish(new FeedEvent("clear", id, person.Id, null));
        }
    }

    /// <summary>A button's id says where it stands: two may have the same data.</summary>
    private JsonNode? Find(long bot, ChatPerson person, int messageId, string buttonId)
    {
        lock (_network.Sync)
        {
            var rows = RowsOf(_network.FindChat(bot, person.Id)?.Find(messageId)?.ReplyMarkup);
            return buttonId.Split('.') is [var first, var second]
                && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var row) && row < rows.Count
                && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var column) && column < rows[row].Count
                    ? rows[row][column]
                    : null;
        }
    }

    private static SentFile Sent(ChatFile file) => new()
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
    };

    private static ChatEntry Entry(SimulatedChat chat, Message message)
    {
        var reactions = string.Concat(chat.ReactionsTo(message.MessageId));
        var fromBot = message.From?.IsBot == true;
        return new ChatEntry(
            IdOf(message.MessageId),
            fromBot,
            new ChatText(message.Text ?? message.Caption ?? Words(message), [.. ((message.Text is null ? message.CaptionEntities : message.Entities) ?? []).Select(static e => new ChatEntity(e.Type, e.Offset, e.Length, e.Url, e.Language))]))
        {
            At = DateTimeOffset.FromUnixTimeSeconds(message.Date),
            Edited = message.EditDate is not null,
            Quote = message.ReplyToMessage?.Text,
            Media = Media(message),
            Reactions = reactions.Length > 0 ? reactions : null,
            Buttons =
            [
                .. RowsOf(message.ReplyMarkup).Select(static (row, y) => row.Select((button, x) => new ChatButton(
                    string.Create(CultureInfo.InvariantCulture, $"{y}.{x}"), LabelOf(button), (button as JsonObject)?["url"]?.ToString())).ToArray()),
            ],
        };
    }

    private static string Words(Message message) => message switch
    {
        { Venue: { } venue } => $"📍 {venue.Title}, {venue.Address}",
        { Location: { } place } => string.Create(CultureInfo.InvariantCulture, $"📍 {place.Latitude}, {place.Longitude}"),
        { Contact: { } contact } => $"👤 {contact.FirstName} {contact.PhoneNumber}",
        _ => "",
    };

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

    private static List<IReadOnlyList<JsonNode>> RowsOf(JsonNode? markup) =>
        ((markup?["inline_keyboard"] ?? markup?["keyboard"]) as JsonArray ?? []).OfType<JsonArray>()
            .Select(static row => (IReadOnlyList<JsonNode>)row.OfType<JsonNode>().ToList()).ToList();

    private static string LabelOf(JsonNode button) => (button is JsonObject key ? key["text"] : button)?.ToString() ?? "";

    private void Follow(FeedEvent news)
    {
        if (news is { BotId: { } bot, ChatId: { } chat })
        {
            if (news.Type == "action")
            {
                _typing.Set((bot, chat), _time.GetTimestamp());
            }
            else if (news is { Type: "message", Data: Message { From.IsBot: true } })
            {
                _typing.Remove((bot, chat));
            }
        }

        if (news is { Type: "callback_answer", BotId: { } teller, Data: JsonObject answer } && answer["text"]?.ToString() is { Length: > 0 } text)
        {
            Told?.Invoke(IdOf(teller), text);
        }

        // A group's events carry no bot, and groups are not on the page.
        if (news.BotId is not null || news.ChatId is null)
        {
            Changed?.Invoke(news.BotId is { } id ? IdOf(id) : null);
        }
    }

    private static string IdOf(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static bool TryParse(string botId, out long id) => long.TryParse(botId, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    private static long Parse(string botId) => TryParse(botId, out var id) ? id : throw new ArgumentException("The bot is unknown.");

    private static void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (ControlException error)
        {
            throw new ArgumentException(error.Message, error);
        }
    }
}
