using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Reads the updates that are no messages: buttons, reactions, comings and goings.</summary>
internal static class TelegramEvents
{
    /// <summary>What the id of a button press begins with: behind it is the id by which the press is answered.</summary>
    public const string CallbackPrefix = "callback:";

    private const int LongestCallbackId = 50;

    /// <summary><see href="https://core.telegram.org/bots/api#callbackquery">CallbackQuery</see>: a button of a message of the bot's.</summary>
    public static InboundEvent ReadButton(TelegramConnection connection, long updateId, CallbackQuery query)
    {
        if (query is not { Id: { Length: > 0 and <= LongestCallbackId } id, From: { } from, Data: { Length: > 0 } data, Message: { Chat: { Id: { } chatId } chat } message })
        {
            // Of a game, or of a message that was sent through the bot into a chat that it is not in.
            return TelegramUpdateReader.Ignored(updateId, "callback_query");
        }
        var isGroup = TelegramUpdateReader.IsGroup(chat);
        var label = TelegramButtons.LabelOf(message.ReplyMarkup, data);
        var payload = TelegramButtons.IsDigest(data) ? label ?? data : data;
        return new InboundMessage
        {
            PlatformId = CallbackPrefix + id,
            Chat = TelegramUpdateReader.AddressOf(message, chatId),
            IsGroup = isGroup,
            ChatTitle = chat.Title ?? TelegramUpdateReader.NameOf(from),
            Author = new(TelegramUpdateReader.Id(from.Id), TelegramUpdateReader.NameOf(from), from.Username, from.LanguageCode, from.IsBot),
            Kind = isGroup && connection.Groups == GroupAnswers.None ? MessageKind.Overheard : MessageKind.ButtonPress,
            Text = label ?? payload,
            Content = new MessageContent { Button = new ButtonPress(payload, label) },
        };
    }

    /// <summary>One event for every reaction that was added or taken back.</summary>
    public static IReadOnlyList<InboundEvent> ReadReactions(long updateId, MessageReactionUpdated change)
    {
        if (change is not { Chat.Id: { } chatId, MessageId: { } messageId })
        {
            return [TelegramUpdateReader.Ignored(updateId, "message_reaction")];
        }
        var before = NamesOf(change.OldReaction);
        var after = NamesOf(change.NewReaction);
        var events = new List<InboundEvent>();
        Add(after.Except(before), removed: false);
        Add(before.Except(after), removed: true);
        return events.Count > 0 ? events : [TelegramUpdateReader.Ignored(updateId, "message_reaction")];

        void Add(IEnumerable<string> reactions, bool removed)
        {
            foreach (var reaction in reactions)
            {
                events.Add(new InboundReaction
                {
                    PlatformId = TelegramUpdateReader.EventKey(updateId, events.Count),
                    Chat = new(TelegramUpdateReader.Id(chatId)),
                    ReactedPlatformId = TelegramUpdateReader.MessageKey(chatId, messageId),
                    Reaction = reaction,
                    Removed = removed,
                });
            }
        }
    }

    /// <summary>In a private chat the participant blocked or unblocked the bot, elsewhere it came or went.</summary>
    public static InboundEvent ReadMyChatMember(long updateId, ChatMemberUpdated change) => change switch
    {
        { Chat: { Type: "private", Id: { } userId }, NewChatMember.Status: "kicked" or "member" } => new ParticipantBlocked
        {
            PlatformId = TelegramUpdateReader.EventKey(updateId),
            UserId = TelegramUpdateReader.Id(userId),
            Blocked = change.NewChatMember.Status == "kicked",
        },
        { Chat: { Type: not "private", Id: { } chatId }, NewChatMember: { User: { } bot } now } when now.IsThere != (change.OldChatMember?.IsThere ?? false) =>
            Membership(updateId, 0, chatId, bot, now.IsThere),
        _ => TelegramUpdateReader.Ignored(updateId, "my_chat_member"),
    };

    /// <summary>A report of a group's. That the bot itself came or went is told by <c>my_chat_member</c> too.</summary>
    public static IReadOnlyList<InboundEvent> ReadMembers(TelegramConnection connection, long updateId, Message message)
    {
        var joined = message.NewChatMembers is not null;
        var type = joined ? "new_chat_members" : "left_chat_member";
        if (message.Chat?.Id is not { } chatId)
        {
            throw new MalformedPayloadException("A message has no chat.");
        }
        var events = new List<InboundEvent>();
        foreach (var user in message.NewChatMembers ?? [message.LeftChatMember])
        {
            if (user is not null && user.Id != connection.BotId)
            {
                events.Add(Membership(updateId, events.Count, chatId, user, joined));
            }
        }
        return events.Count > 0 ? events : [TelegramUpdateReader.Ignored(updateId, type)];
    }

    private static MembershipChanged Membership(long updateId, int index, long chatId, User user, bool joined) => new()
    {
        PlatformId = TelegramUpdateReader.EventKey(updateId, index),
        Chat = new(TelegramUpdateReader.Id(chatId)),
        UserId = TelegramUpdateReader.Id(user.Id),
        Joined = joined,
    };

    private static List<string> NamesOf(ReactionType?[]? reactions)
    {
        List<string> names = [];
        foreach (var reaction in reactions ?? [])
        {
            if (reaction is not null && !names.Contains(reaction.Name))
            {
                names.Add(reaction.Name);
            }
        }
        return names;
    }
}
