using ChatOrchestrator.Simulator.Telegram.Formatting;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>What people do in the simulated chats.</summary>
internal sealed class TelegramPeople(TelegramNetwork network)
{
    /// <exception cref="ControlException">The action is impossible: an unknown bot or chat, an empty text.</exception>
    public ActionResult Send(SendAction action)
    {
        lock (network.Sync)
        {
            var (user, bot, chat) = Locate(action);
            if (chat.MigratedTo is not null)
            {
                throw new ControlException("The group was upgraded to a supergroup.");
            }

            if (chat.IsBlocked)
            {
                throw new ControlException("The person has blocked this bot and must unblock it first.");
            }

            if (action.MessageThreadId is { } thread && thread != 1)
            {
                chat.Topics.Add(thread);
            }

            var replyTo = action.ReplyToMessageId is { } id ? chat.Find(id) ?? throw new ControlException("The message to reply to does not exist.") : null;
            var ids = new List<int>();
            var updates = new List<PushedUpdate>();
            foreach (var content in Compose(action))
            {
                var message = content with
                {
                    MessageId = TelegramNetwork.TakeMessageId(bot, chat),
                    Chat = chat.Info,
                    Date = network.Now,
                    From = user,
                    MessageThreadId = action.MessageThreadId,
                    IsTopicMessage = action.MessageThreadId is null ? null : true,
                    ReplyToMessage = replyTo is null ? null : replyTo with { ReplyToMessage = null },
                    Quote = replyTo is null || action.Quote is null ? null : new TextQuote(action.Quote, Math.Max(0, replyTo.Text?.IndexOf(action.Quote, StringComparison.Ordinal) ?? 0), true),
                };
                chat.Put(message);
                network.Show("message", bot, chat, message);
                ids.Add(message.MessageId);
                updates.AddRange(Push("message", message, bot, chat));
            }

            return Result(ids, updates);
        }
    }

    public ActionResult Edit(EditAction action)
    {
        lock (network.Sync)
        {
            var (user, bot, chat) = Locate(action);
            var message = FindMessage(chat, action.MessageId);
            if (message.From?.Id != user.Id)
            {
                throw new ControlException("Only the author can edit a message.");
            }

            var text = Finish(action.Text);
            var entities = text.Entities.Count == 0 ? null : text.Entities;
            var edited = message.Text is null
                ? message with { Caption = text.Text, CaptionEntities = entities, EditDate = network.Now }
                : message with { Text = text.Text, Entities = entities, EditDate = network.Now };
            chat.Put(edited);
            network.Show("edit", bot, chat, edited);
            return Result([edited.MessageId], Push("edited_message", edited, bot, chat));
        }
    }

    public ActionResult PressButton(CallbackAction action)
    {
        lock (network.Sync)
        {
            var (user, _, chat) = Locate(action);
            var message = FindMessage(chat, action.MessageId);
            var author = message.From is { IsBot: true } from ? network.FindBot(from.Id) : null;
            if (author is null)
            {
                throw new ControlException("The message is not a bot's.");
            }

            var id = network.TakeCallbackId();
            var query = new CallbackQuery(id, user, message, (chat.Info.Id ^ author.Id).ToString(System.Globalization.CultureInfo.InvariantCulture), action.Data);
            return Result([message.MessageId], Pushed(author, "callback_query", chat.Info.Id, query)) with { CallbackQueryId = id };
        }
    }

    public ActionResult React(ReactionAction action)
    {
        lock (network.Sync)
        {
            var (user, bot, chat) = Locate(action);
            var message = FindMessage(chat, action.MessageId);
            var before = chat.React(message.MessageId, user.Id, action.Emoji);
            network.Show("reaction", bot, chat, new { message_id = message.MessageId, user_id = user.Id, emoji = action.Emoji });
            var update = new MessageReactionUpdated(chat.Info, message.MessageId, user, network.Now, Reactions(before), Reactions(action.Emoji));
            return Result([message.MessageId], Members(bot, chat).SelectMany(member => Pushed(member, "message_reaction", chat.Info.Id, update)));
        }
    }

    public ActionResult Block(BlockAction action)
    {
        lock (network.Sync)
        {
            var (user, bot, chat) = Locate(action);
            if (!chat.Info.IsPrivate)
            {
                throw new ControlException("A bot is blocked in its private chat.");
            }

            chat.IsBlocked = action.Blocked;
            var member = new ChatMember(bot!.User, "member");
            var kicked = new ChatMember(bot.User, "kicked") { UntilDate = 0 };
            var change = new ChatMemberUpdated(chat.Info, user, network.Now, action.Blocked ? member : kicked, action.Blocked ? kicked : member);
            return Result([], Pushed(bot, "my_chat_member", chat.Info.Id, change));
        }
    }

    /// <summary>Removes a bot from a group.</summary>
    public ActionResult Kick(long chatId, long botId)
    {
        lock (network.Sync)
        {
            var chat = FindGroup(chatId);
            var bot = network.FindBot(botId) ?? throw new ControlException("The bot is unknown.");
            chat.Bots.Remove(botId);
            chat.KickedBots.Add(botId);
            var admin = new User(1, false, "Admin");
            var kicked = new ChatMember(bot.User, "kicked") { UntilDate = 0 };
            return Result([], Pushed(bot, "my_chat_member", chatId, new ChatMemberUpdated(chat.Info, admin, network.Now, new ChatMember(bot.User, "member"), kicked)));
        }
    }

    /// <summary>Upgrades a group: the old id answers with <c>migrate_to_chat_id</c> from now on.</summary>
    /// <returns>The new supergroup.</returns>
    public ChatInfo Migrate(long chatId)
    {
        lock (network.Sync)
        {
            var old = FindGroup(chatId);
            if (old.Info.Type != "group" || old.MigratedTo is not null)
            {
                throw new ControlException("Only a group that was not upgraded yet can be.");
            }

            var upgraded = network.CreateGroup(null, "supergroup", old.Info.Title ?? "", isForum: false);
            upgraded.Bots.UnionWith(old.Bots);
            old.MigratedTo = upgraded.Info.Id;
            var leaving = new Message(old.TakeMessageId(), old.Info, network.Now) { MigrateToChatId = upgraded.Info.Id };
            var arriving = new Message(upgraded.TakeMessageId(), upgraded.Info, network.Now) { MigrateFromChatId = chatId };
            foreach (var bot in Members(null, old))
            {
                network.PushUpdate(bot, "message", chatId, leaving);
                network.PushUpdate(bot, "message", upgraded.Info.Id, arriving);
            }

            return upgraded.Info;
        }
    }

    private SimulatedChat FindGroup(long chatId) =>
        chatId < 0 && network.FindChat(0, chatId) is { } chat ? chat : throw new ControlException("The group is unknown.");

    private static Message FindMessage(SimulatedChat chat, int id) => chat.Find(id) ?? throw new ControlException("The message does not exist.");

    private (User User, SimulatedBot? Bot, SimulatedChat Chat) Locate(PersonAction action)
    {
        if (action.UserId is <= 0 or >= 1L << 52)
        {
            throw new ControlException("user_id must be a positive number below 2^52.");
        }

        var known = network.FindUser(action.UserId);
        var user = new User(action.UserId, false, action.FirstName ?? known?.FirstName ?? $"User {action.UserId}")
        {
            LastName = action.LastName ?? known?.LastName,
            Username = action.Username ?? known?.Username,
            LanguageCode = action.LanguageCode ?? known?.LanguageCode ?? "en",
        };
        network.PutUser(user);
        if (action.ChatId is { } chatId && chatId != action.UserId)
        {
            return (user, null, FindGroup(chatId));
        }

        var bot = action.BotId is { } botId
            ? network.FindBot(botId) ?? throw new ControlException("The bot is unknown: it has made no call yet.")
            : throw new ControlException("bot_id is required in a private chat.");
        return (user, bot, network.OpenPrivateChat(bot, user));
    }

    private static IReadOnlyList<ReactionType> Reactions(string emoji) => emoji.Length == 0 ? [] : [new ReactionType("emoji", emoji)];

    /// <summary>What the action says, as messages that are in no chat yet.</summary>
    private IEnumerable<Message> Compose(SendAction action)
    {
        var empty = new Message(0, new ChatInfo(0, ""), 0);
        if (action.Location is { } location)
        {
            return [empty with { Location = location, Venue = action.VenueTitle is { } title ? new Venue(location, title, action.VenueAddress ?? "") : null }];
        }

        if (action.Contact is { } contact)
        {
            return [empty with { Contact = contact }];
        }

        return action.Media.Count > 0 ? ComposeMedia(action, empty) : SplitLikeAnApp(action.Text).Select(part =>
        {
            var text = Finish(part);
            return empty with { Text = text.Text, Entities = text.Entities.Count == 0 ? null : text.Entities };
        });
    }

    private List<Message> ComposeMedia(SendAction action, Message empty)
    {
        var album = action.Media.Count > 1 ? network.TakeMediaGroupId() : null;
        List<Message> messages = [];
        foreach (var sent in action.Media)
        {
            if (Array.IndexOf(MessageMedia.Kinds, sent.Type) < 0 || sent.Content.Length == 0)
            {
                throw new ControlException($"A file has a type ({string.Join(", ", MessageMedia.Kinds)}) and content in base64.");
            }

            var caption = sent.Caption ?? (messages.Count == 0 ? action.Text : "");
            var text = caption.Length == 0 ? null : Finish(caption);
            var file = network.Files.Add(sent.Type, new IncomingFile(sent.FileName, sent.MimeType, sent.Content));
            messages.Add((empty with
            {
                MediaGroupId = album,
                Caption = text?.Text,
                CaptionEntities = text is { Entities.Count: > 0 } ? text.Entities : null,
            }).With(file, sent.Emoji));
        }

        return messages;
    }

    private static FormattedText Finish(string text)
    {
        try
        {
            return MessageText.Finish(new FormattedText(text, []));
        }
        catch (FormattingException error)
        {
            throw new ControlException(error.Message);
        }
    }

    /// <summary>Telegram's apps cut a long text at 4096 and send the pieces one after another.</summary>
    private static IEnumerable<string> SplitLikeAnApp(string text)
    {
        var start = 0;
        while (text.Length - start > MessageText.MaxLength)
        {
            var end = start + MessageText.MaxLength;
            end -= char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            if (!string.IsNullOrWhiteSpace(text[start..end]))
            {
                yield return text[start..end];
            }

            start = end;
        }

        yield return text[start..];
    }

    private List<PushedUpdate> Push(string type, Message message, SimulatedBot? bot, SimulatedChat chat) =>
        Members(bot, chat).Where(member => chat.Info.IsPrivate || Sees(member, message))
            .SelectMany(member => Pushed(member, type, chat.Info.Id, message)).ToList();

    private IEnumerable<PushedUpdate> Pushed(SimulatedBot bot, string type, long lane, object content) =>
        network.PushUpdate(bot, type, lane, content) is { } id ? [new PushedUpdate(bot.Id, id)] : [];

    private IEnumerable<SimulatedBot> Members(SimulatedBot? bot, SimulatedChat chat) =>
        chat.Info.IsPrivate ? [bot!] : chat.Bots.Order().Select(network.FindBot).OfType<SimulatedBot>();

    /// <summary>Privacy mode: commands, mentions and replies to the bot. https://core.telegram.org/bots/features#privacy-mode</summary>
    private static bool Sees(SimulatedBot bot, Message message)
    {
        if (bot.CanReadAllGroupMessages || message.ReplyToMessage?.From?.Id == bot.Id)
        {
            return true;
        }

        var text = message.Text ?? message.Caption;
        foreach (var entity in message.Entities ?? message.CaptionEntities ?? [])
        {
            var value = text.AsSpan(entity.Offset, entity.Length);
            var at = value.IndexOf('@');
            var isMine = at >= 0 && value[(at + 1)..].Equals(bot.Username, StringComparison.OrdinalIgnoreCase);
            if ((entity.Type == "bot_command" && (at < 0 || isMine)) || (entity.Type == "mention" && isMine))
            {
                return true;
            }
        }

        return false;
    }

    private static ActionResult Result(List<int> messageIds, IEnumerable<PushedUpdate> updates)
    {
        var list = updates.ToList();
        return new ActionResult(messageIds.Count == 0 ? 0 : messageIds[^1], messageIds, list.Count == 0 ? null : list[^1].UpdateId, list);
    }
}
