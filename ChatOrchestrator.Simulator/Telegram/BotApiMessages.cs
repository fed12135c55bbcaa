using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram.Formatting;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Sending, editing and deleting messages. The caller holds <see cref="TelegramNetwork.Sync"/>.</summary>
internal sealed class BotApiMessages(TelegramNetwork network)
{
    private const int MaxCallbackData = 64;

    /// <summary>https://core.telegram.org/bots/api#sendmessage</summary>
    public Message Send(SimulatedBot bot, BotApiArguments arguments)
    {
        // The order of the checks is the real server's: markup first, then the chat, then what only the chat's server knows.
        var parsed = Parse(arguments);
        var markup = ReadReplyMarkup(arguments);
        var chat = FindWritableChat(bot, arguments);
        var thread = FindThread(chat, arguments);
        var replyTo = FindReplied(chat, arguments);
        var text = Finish(parsed);
        network.RateLimits.Take(network.Settings, bot.Id, chat.Info);

        var message = Begin(bot, chat, thread, replyTo) with
        {
            Text = text.Text,
            Entities = text.Entities.Count == 0 ? null : text.Entities,
            ReplyMarkup = markup,
        };
        chat.Put(message);
        network.Show("message", bot, chat, message);
        return Answer(message);
    }

    /// <summary>Sends files that are there already; several are an album.</summary>
    public List<Message> SendMedia(SimulatedBot bot, BotApiArguments arguments, IReadOnlyList<OutgoingMedia> media)
    {
        var captions = media.Select(m => ParseCaption(m.Caption, m.ParseMode, m.CaptionEntities)).ToList();
        var markup = ReadReplyMarkup(arguments);
        var chat = FindWritableChat(bot, arguments);
        var thread = FindThread(chat, arguments);
        var replyTo = FindReplied(chat, arguments);
        network.RateLimits.Take(network.Settings, bot.Id, chat.Info);
        var album = media.Count > 1 ? network.TakeMediaGroupId() : null;
        List<Message> sent = [];
        for (var i = 0; i < media.Count; i++)
        {
            var message = (Begin(bot, chat, thread, replyTo) with
            {
                MediaGroupId = album,
                Caption = captions[i]?.Text,
                CaptionEntities = captions[i] is { Entities.Count: > 0 } caption ? caption.Entities : null,
                ShowCaptionAboveMedia = arguments.Flag("show_caption_above_media") ? true : null,
                ReplyMarkup = markup,
            }).With(media[i].File);
            chat.Put(message);
            network.Show("message", bot, chat, message);
            sent.Add(Answer(message));
        }

        return sent;
    }

    /// <summary>https://core.telegram.org/bots/api#sendlocation, #sendvenue and #sendcontact</summary>
    public Message SendPlaceOrContact(SimulatedBot bot, BotApiArguments arguments, string method)
    {
        var markup = ReadReplyMarkup(arguments);
        var chat = FindWritableChat(bot, arguments);
        var message = Begin(bot, chat, FindThread(chat, arguments), FindReplied(chat, arguments)) with { ReplyMarkup = markup };
        if (method == "sendcontact")
        {
            if (arguments.Text("phone_number").Length == 0)
            {
                throw BotApiException.BadRequest("phone number is empty");
            }

            message = message with
            {
                Contact = new Contact(arguments.Text("phone_number"), arguments.Text("first_name")) { LastName = arguments.Text("last_name") is { Length: > 0 } last ? last : null },
            };
        }
        else
        {
            var location = new Location(Degrees(arguments, "latitude", 90), Degrees(arguments, "longitude", 180));
            message = message with
            {
                Location = location,
                Venue = method == "sendvenue" ? new Venue(location, arguments.Text("title"), arguments.Text("address")) : null,
            };
        }

        network.RateLimits.Take(network.Settings, bot.Id, chat.Info);
        chat.Put(message);
        network.Show("message", bot, chat, message);
        return Answer(message);
    }

    /// <summary>https://core.telegram.org/bots/api#editmessagecaption and #editmessagereplymarkup</summary>
    public object EditCaptionOrMarkup(SimulatedBot bot, BotApiArguments arguments, bool caption)
    {
        var markup = ReadReplyMarkup(arguments);
        var chat = FindWritableChat(bot, arguments);
        var message = FindMessage(chat, arguments, "message to edit not found");
        if (message.From?.Id != bot.Id || (caption && MessageMedia.FileOf(message) is null))
        {
            throw BotApiException.BadRequest(message.From?.Id != bot.Id ? "message can't be edited" : "there is no caption in the message to edit");
        }

        var parsed = caption ? ParseCaption(arguments.Text("caption"), arguments.Text("parse_mode"), arguments.Text("caption_entities")) : null;
        var edited = message with { EditDate = network.Now, ReplyMarkup = markup };
        if (caption)
        {
            edited = edited with { Caption = parsed?.Text, CaptionEntities = parsed is { Entities.Count: > 0 } ? parsed.Entities : null };
        }

        network.RateLimits.Take(network.Settings, bot.Id, chat.Info);
        chat.Put(edited);
        network.Show("edit", bot, chat, edited);
        return Answer(edited);
    }

    /// <summary>https://core.telegram.org/bots/api#editmessagetext</summary>
    public object EditText(SimulatedBot bot, BotApiArguments arguments)
    {
        var parsed = Parse(arguments);
        var markup = ReadReplyMarkup(arguments);
        var chat = FindWritableChat(bot, arguments);
        var message = FindMessage(chat, arguments, "message to edit not found");
        if (message.From?.Id != bot.Id)
        {
            throw BotApiException.BadRequest("message can't be edited");
        }

        if (message.Text is null)
        {
            throw BotApiException.BadRequest("there is no text in the message to edit");
        }

        FormattedText text;
        try
        {
            text = Finish(parsed);
        }
        catch (BotApiException error) when (error.Message == "Bad Request: message is too long")
        {
            throw BotApiException.BadRequest("MESSAGE_TOO_LONG");
        }

        if (text.Text == message.Text && text.Entities.SequenceEqual(message.Entities ?? []) && JsonNode.DeepEquals(markup, message.ReplyMarkup))
        {
            throw BotApiException.BadRequest(
                "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
        }

        network.RateLimits.Take(network.Settings, bot.Id, chat.Info);
        var edited = message with
        {
            EditDate = network.Now,
            Text = text.Text,
            Entities = text.Entities.Count == 0 ? null : text.Entities,
            ReplyMarkup = markup,
        };
        chat.Put(edited);
        network.Show("edit", bot, chat, edited);
        return Answer(edited);
    }

    /// <summary>https://core.telegram.org/bots/api#deletemessage</summary>
    public object Delete(SimulatedBot bot, BotApiArguments arguments)
    {
        if (arguments.Number("message_id", 0) == 0)
        {
            throw BotApiException.BadRequest("message identifier is not specified");
        }

        var chat = FindWritableChat(bot, arguments);
        var message = FindMessage(chat, arguments, "message to delete not found");
        chat.Delete(message.MessageId);
        network.Show("delete", bot, chat, new { message_id = message.MessageId });
        return true;
    }

    /// <exception cref="BotApiException">The chat is unknown to this bot.</exception>
    public SimulatedChat FindChat(SimulatedBot bot, BotApiArguments arguments)
    {
        var given = arguments.Text("chat_id").Trim();
        if (given.Length == 0)
        {
            throw BotApiException.BadRequest("chat_id is empty");
        }

        var chat = long.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            ? network.FindChat(bot.Id, id)
            : network.Groups.FirstOrDefault(group => given[0] == '@' && string.Equals(group.Info.Username, given[1..], StringComparison.OrdinalIgnoreCase));
        return chat ?? throw BotApiException.BadRequest("chat not found");
    }

    /// <exception cref="BotApiException">The chat is unknown, was upgraded, or the bot may not write there.</exception>
    public SimulatedChat FindWritableChat(SimulatedBot bot, BotApiArguments arguments)
    {
        var chat = FindChat(bot, arguments);
        if (chat.MigratedTo is { } newId)
        {
            throw new BotApiException(400, "Bad Request: group chat was upgraded to a supergroup chat", new ResponseParameters { MigrateToChatId = newId });
        }

        if (chat.Info.IsPrivate)
        {
            return chat.IsBlocked ? throw BotApiException.Forbidden("bot was blocked by the user") : chat;
        }

        if (chat.KickedBots.Contains(bot.Id))
        {
            throw BotApiException.Forbidden($"bot was kicked from the {chat.Info.Type} chat");
        }

        return chat.Bots.Contains(bot.Id) ? chat : throw BotApiException.Forbidden($"bot is not a member of the {chat.Info.Type} chat");
    }

    private Message Begin(SimulatedBot bot, SimulatedChat chat, int? thread, Message? replyTo) =>
        new(TelegramNetwork.TakeMessageId(bot, chat), chat.Info, network.Now)
        {
            From = bot.User,
            MessageThreadId = thread,
            IsTopicMessage = thread is null ? null : true,
            ReplyToMessage = replyTo is null ? null : replyTo with { ReplyToMessage = null },
        };

    private static double Degrees(BotApiArguments arguments, string name, double limit) =>
        double.TryParse(arguments.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= limit
            ? value
            : throw BotApiException.BadRequest($"invalid {name} specified");

    private static FormattedText Parse(BotApiArguments arguments) =>
        Parse(arguments.Text("text"), arguments.Text("parse_mode"), arguments.Text("entities"));

    private static FormattedText Parse(string text, string parseMode, string entities)
    {
        try
        {
            return MessageText.Parse(text, parseMode, ReadEntities(parseMode, entities));
        }
        catch (FormattingException error)
        {
            throw BotApiException.Formatting(error);
        }
    }

    private FormattedText? ParseCaption(string caption, string parseMode, string entities)
    {
        if (string.IsNullOrWhiteSpace(caption))
        {
            return null;
        }

        var text = Finish(Parse(caption, parseMode, entities));
        return text.Text.Length <= MessageText.MaxCaptionLength ? text : throw BotApiException.BadRequest("message caption is too long");
    }

    private FormattedText Finish(FormattedText parsed)
    {
        try
        {
            var text = MessageText.Finish(parsed);
            // A mention by id links only to somebody whom the bot can know.
            var entities = text.Entities
                .Select(entity => entity.Type == "text_mention" ? entity with { User = network.FindUser(entity.User!.Id) } : entity)
                .Where(static entity => entity.Type != "text_mention" || entity.User is not null)
                .ToList();
            return text with { Entities = entities };
        }
        catch (FormattingException error)
        {
            throw BotApiException.Formatting(error);
        }
    }

    private static List<MessageEntity> ReadEntities(string parseMode, string json)
    {
        if (parseMode.Length > 0 || json.Length == 0)
        {
            return [];
        }

        List<MessageEntity> entities;
        try
        {
            entities = JsonSerializer.Deserialize<List<MessageEntity>>(json, SimulatorJson.Options) ?? [];
        }
        catch (JsonException)
        {
            throw BotApiException.BadRequest("can't parse MessageEntity: Object expected as MessageEntity");
        }

        foreach (var entity in entities)
        {
            if (entity.Offset is < 0 or > 1_000_000)
            {
                throw BotApiException.BadRequest($"receive an entity with incorrect offset {entity.Offset}");
            }

            if (entity.Length is < 0 or > 1_000_000)
            {
                throw BotApiException.BadRequest($"receive an entity with incorrect length {entity.Length}");
            }

            if (entity.Type == "text_link" && CheckedLink.Normalize(entity.Url ?? "") is null)
            {
                throw BotApiException.BadRequest($"entity URL '{entity.Url}' is invalid: Wrong HTTP URL");
            }
        }

        // Detected kinds are found again in the text; what the bot says of them is ignored.
        return entities.Where(static entity => entity.Type is "bold" or "italic" or "underline" or "strikethrough" or "spoiler" or "code" or "pre"
            or "blockquote" or "expandable_blockquote" or "text_link" or "text_mention" or "custom_emoji" or "date_time"
            && (entity.Type != "text_mention" || entity.User is not null)).ToList();
    }

    private static JsonObject? ReadReplyMarkup(BotApiArguments arguments)
    {
        var markup = arguments.Json("reply_markup", "reply keyboard markup");
        if (markup is null)
        {
            return null;
        }

        if (markup is not JsonObject keyboard)
        {
            throw BotApiException.BadRequest("object expected as reply markup");
        }

        foreach (var button in (keyboard["inline_keyboard"] as JsonArray ?? []).OfType<JsonArray>().SelectMany(static row => row).OfType<JsonObject>())
        {
            if (string.IsNullOrEmpty(button["text"]?.ToString()))
            {
                throw BotApiException.BadRequest("can't parse inline keyboard button: Can't find field \"text\"");
            }

            // https://core.telegram.org/bots/api#inlinekeyboardbutton
            if (button["callback_data"]?.ToString() is { } data && Encoding.UTF8.GetByteCount(data) is 0 or > MaxCallbackData)
            {
                throw BotApiException.BadRequest("BUTTON_DATA_INVALID");
            }
        }

        return keyboard;
    }

    private static int? FindThread(SimulatedChat chat, BotApiArguments arguments)
    {
        var thread = arguments.Number("message_thread_id", 0);
        if (thread == 0)
        {
            return null;
        }

        // 1 is the General topic, whose messages carry no thread; the real server refuses it, too.
        return chat.Topics.Contains(thread) ? thread : throw BotApiException.BadRequest("message thread not found");
    }

    private static Message? FindReplied(SimulatedChat chat, BotApiArguments arguments)
    {
        var parameters = arguments.Json("reply_parameters", "reply parameters") as JsonObject;
        var id = int.TryParse(parameters?["message_id"]?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var given)
            ? given
            : arguments.Number("reply_to_message_id", 0);
        if (id == 0)
        {
            return null;
        }

        var optional = parameters?["allow_sending_without_reply"]?.ToString() is "true" || arguments.Flag("allow_sending_without_reply");
        return chat.Find(id) ?? (optional ? null : throw BotApiException.BadRequest("message to be replied not found"));
    }

    private static Message FindMessage(SimulatedChat chat, BotApiArguments arguments, string error) =>
        chat.Find(arguments.Number("message_id", 0)) ?? throw BotApiException.BadRequest(error);

    /// <summary>A bot's own keyboard comes back only when it is inline.</summary>
    private static Message Answer(Message message) =>
        message.ReplyMarkup is JsonObject markup && !markup.ContainsKey("inline_keyboard") ? message with { ReplyMarkup = null } : message;
}
