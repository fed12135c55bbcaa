using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>The methods that the simulator knows. https://core.telegram.org/bots/api#available-methods</summary>
internal sealed class BotApiMethods(TelegramNetwork network, BotApiMessages messages, BotApiMedia media, BotApiUpdates updates)
{
    // https://core.telegram.org/bots/api#sendchataction
    private static readonly string[] ChatActions =
    [
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    ];

    /// <summary>Carries out one call.</summary>
    /// <returns>The content of <c>result</c>.</returns>
    /// <exception cref="BotApiException">The call fails as it would on the real server.</exception>
    public async Task<object> CallAsync(SimulatedBot bot, string method, BotApiArguments arguments, CancellationToken cancellationToken)
    {
        var name = method.ToLowerInvariant();
        if (name == "getupdates")
        {
            return await updates.GetUpdatesAsync(bot, arguments, cancellationToken);
        }

        if (BotApiMedia.Handles(name))
        {
            return await media.SendAsync(bot, name, arguments, cancellationToken);
        }

        lock (network.Sync)
        {
            return name switch
            {
                "getme" => bot.Me,
                "setwebhook" => updates.SetWebhook(bot, arguments),
                "deletewebhook" => BotApiUpdates.DeleteWebhook(bot, arguments),
                "getwebhookinfo" => BotApiUpdates.GetWebhookInfo(bot),
                "sendmessage" => messages.Send(bot, arguments),
                "editmessagetext" => messages.EditText(bot, arguments),
                "sendlocation" or "sendvenue" or "sendcontact" => messages.SendPlaceOrContact(bot, arguments, name),
                "editmessagecaption" => messages.EditCaptionOrMarkup(bot, arguments, caption: true),
                "editmessagereplymarkup" => messages.EditCaptionOrMarkup(bot, arguments, caption: false),
                "getfile" => media.GetFile(arguments),
                "setmessagereaction" => SetMessageReaction(bot, arguments),
                "deletemessage" => messages.Delete(bot, arguments),
                "sendchataction" => SendChatAction(bot, arguments),
                "getchat" => messages.FindChat(bot, arguments).Info,
                "setmycommands" => SetMyCommands(bot, arguments),
                "getmycommands" => bot.Commands.GetValueOrDefault(CommandScope(arguments)) ?? new JsonArray(),
                "deletemycommands" => DeleteMyCommands(bot, arguments),
                "answercallbackquery" => AnswerCallbackQuery(bot, arguments),
                _ => throw new BotApiException(404, "Not Found: method not found"),
            };
        }
    }

    private bool SendChatAction(SimulatedBot bot, BotApiArguments arguments)
    {
        var action = arguments.Text("action").Trim().ToLowerInvariant();
        if (Array.IndexOf(ChatActions, action) < 0)
        {
            throw BotApiException.BadRequest("wrong parameter action in request");
        }

        var chat = messages.FindWritableChat(bot, arguments);
        network.Show("action", bot, chat, new { action, bot_id = bot.Id });
        return true;
    }

    /// <summary>https://core.telegram.org/bots/api#setmessagereaction</summary>
    private bool SetMessageReaction(SimulatedBot bot, BotApiArguments arguments)
    {
        var chat = messages.FindWritableChat(bot, arguments);
        var message = chat.Find(arguments.Number("message_id", 0)) ?? throw BotApiException.BadRequest("message to react not found");
        var reactions = arguments.Json("reaction", "reaction") as JsonArray ?? [];
        if (reactions.Count > 1)
        {
            throw BotApiException.BadRequest("REACTIONS_TOO_MANY");
        }

        var emoji = reactions.Count == 0 ? "" : reactions[0]?["emoji"]?.ToString() ?? "";
        chat.React(message.MessageId, bot.Id, emoji);
        network.Show("reaction", bot, chat, new { message_id = message.MessageId, user_id = bot.Id, emoji });
        return true;
    }

    private bool SetMyCommands(SimulatedBot bot, BotApiArguments arguments)
    {
        if (arguments.Json("commands", "commands") is not JsonArray commands)
        {
            throw BotApiException.BadRequest("can't parse commands JSON object");
        }

        // https://core.telegram.org/bots/api#botcommand
        if (commands.Count > 100)
        {
            throw BotApiException.BadRequest("BOT_COMMANDS_TOO_MUCH");
        }

        foreach (var command in commands)
        {
            var name = (command as JsonObject)?["command"]?.ToString().TrimStart('/') ?? "";
            var description = (command as JsonObject)?["description"]?.ToString() ?? "";
            if (name.Length is 0 or > 32 || name.Any(static c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')))
            {
                throw BotApiException.BadRequest("BOT_COMMAND_INVALID");
            }

            if (description.Length is 0 or > 256)
            {
                throw BotApiException.BadRequest("BOT_COMMAND_DESCRIPTION_INVALID");
            }
        }

        bot.Commands[CommandScope(arguments)] = commands;
        network.Feed.Publish(new FeedEvent("commands", bot.Id, null, commands));
        return true;
    }

    private bool DeleteMyCommands(SimulatedBot bot, BotApiArguments arguments)
    {
        bot.Commands.Remove(CommandScope(arguments));
        network.Feed.Publish(new FeedEvent("commands", bot.Id, null, new JsonArray()));
        return true;
    }

    /// <summary>The default scope without a language is the empty key; there are few others, and they are kept apart as text.</summary>
    private static string CommandScope(BotApiArguments arguments)
    {
        var scope = arguments.Json("scope", "bot command scope") as JsonObject;
        var type = scope?["type"]?.ToString() is { } given && given != "default" ? scope.ToJsonString() : "";
        var language = arguments.Text("language_code");
        if (type.Length > 200 || language.Length > 2)
        {
            throw BotApiException.BadRequest("invalid bot command scope or language code specified");
        }

        return language.Length == 0 ? type : type + "#" + language;
    }

    private bool AnswerCallbackQuery(SimulatedBot bot, BotApiArguments arguments)
    {
        var id = arguments.Text("callback_query_id");
        if (!network.TryGetCallback(id, out var known) || known is not null)
        {
            throw BotApiException.BadRequest("query is too old and response timeout expired or query ID is invalid");
        }

        var text = arguments.Text("text");
        if (text.Length > 200)
        {
            throw BotApiException.BadRequest("MESSAGE_TOO_LONG");
        }

        var answer = new JsonObject { ["id"] = id, ["text"] = text, ["show_alert"] = arguments.Flag("show_alert") };
        network.AnswerCallback(id, answer);
        network.Feed.Publish(new FeedEvent("callback_answer", bot.Id, null, answer));
        return true;
    }
}
