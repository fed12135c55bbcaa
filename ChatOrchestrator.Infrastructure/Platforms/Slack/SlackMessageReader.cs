using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Reads <see href="https://docs.slack.dev/reference/events/message/">message</see> events with their subtypes, and <c>app_mention</c>.</summary>
internal sealed class SlackMessageReader(SlackConnection connection, EventWrapper wrapper)
{
    /// <summary>The <c>event_type</c> of the metadata that our own messages carry.</summary>
    public const string PartEventType = "chat_part";

    private const int LongestId = 30;

    /// <summary>The bot's user id: as kept with the connection, or as the event itself says for whom it is sent.</summary>
    private readonly string? _botUserId = connection.BotUserId ?? wrapper.Authorizations?.FirstOrDefault(a => a is { IsBot: true })?.UserId;

    /// <summary>How a message is known here, received or sent: <c>{channel}:{ts}</c>, because a <c>ts</c> is unique in its channel only.</summary>
    /// <exception cref="MalformedPayloadException">They are no ids of Slack's.</exception>
    public static string KeyOf(string? channel, string? ts) =>
        channel is { Length: > 0 and <= LongestId } && ts is { Length: > 0 and <= LongestId }
            ? $"{channel}:{ts}"
            : throw new MalformedPayloadException("A message has no channel or no ts.");

    public static bool IsDirect(string? channel) => channel is ['D', ..];

    /// <param name="id">The event's id.</param>
    /// <param name="isMention">It is an <c>app_mention</c>.</param>
    /// <exception cref="MalformedPayloadException">A field is missing that every such message has.</exception>
    public InboundEvent Read(string id, MessageEvent message, bool isMention) => message.Subtype switch
    {
        null or "" or "file_share" or "thread_broadcast" or "bot_message" or "me_message" => ReadMessage(id, message, isMention),
        "message_changed" => ReadChange(id, message),
        "message_deleted" => ReadDeletion(id, message),
        var other => SlackEventReader.Ignored(id, $"message.{other}"),
    };

    private InboundEvent ReadMessage(string id, MessageEvent message, bool isMention)
    {
        var key = KeyOf(message.Channel, message.Ts);
        var thread = message.ThreadTs is { Length: > LongestId } ? throw new MalformedPayloadException("A thread has no ts.") : message.ThreadTs;
        if (IsOwn(message))
        {
            return OwnMessage(id, message, key);
        }
        if ((message.User ?? message.BotId) is not { Length: > 0 } author)
        {
            return SlackEventReader.Ignored(id, "message_without_author");
        }
        var isGroup = !(message.ChannelType == "im" || (message.ChannelType is null && IsDirect(message.Channel)));
        var raw = string.IsNullOrWhiteSpace(message.Text) ? SharedText(message) : message.Text;
        var attachments = SlackFiles.Read(message.Files);
        if (raw.Length == 0 && attachments.Count == 0)
        {
            return SlackEventReader.Ignored(id, "empty_message");
        }
        var text = SlackText.Read(raw, _botUserId, connection.BotName);
        var mentioned = isMention || text.MentionsBot;
        if (isGroup && !mentioned && _botUserId is null && connection.Groups == ChannelAnswers.Mention && text.Mentions.Count > 0)
        {
            // It may be the bot that is mentioned: then app_mention tells of the same message, and would come too late.
            return SlackEventReader.Ignored(id, "bot_unknown");
        }
        var addressed = !isGroup || connection.Groups switch
        {
            ChannelAnswers.All => true,
            ChannelAnswers.None => false,
            _ => mentioned || (message.ParentUserId is { } parent && parent == _botUserId),
        };
        var said = text.Text.Length > 0 ? text.Text : AttachmentWords.Placeholder(attachments.Count > 0 ? attachments[0].Kind : AttachmentKind.Document);
        return new InboundMessage
        {
            PlatformId = key,
            // In a channel the bot answers in a thread: in the one it was asked in, else in one below the question.
            Chat = new(message.Channel!, thread ?? (isGroup && addressed ? message.Ts! : "")),
            IsGroup = isGroup,
            Author = new(author, message.Username ?? message.BotProfile?.Name, IsBot: message.BotId is not null || message.Subtype == "bot_message"),
            Kind = !addressed ? MessageKind.Overheard : SlackText.IsCommand(said) ? MessageKind.Command : MessageKind.Text,
            Text = said,
            Content = attachments.Count == 0 && text.Mentions.Count == 0 ? null : new MessageContent { Attachments = attachments, Mentions = text.Mentions },
            SentAt = TimeOf(message.Ts),
        };
    }

    private InboundEvent ReadChange(string id, MessageEvent change)
    {
        var (now, before) = (change.Message, change.PreviousMessage);
        if (now is null)
        {
            throw new MalformedPayloadException("There is no changed message.");
        }
        var key = KeyOf(change.Channel, now.Ts ?? before?.Ts);
        if (now.Subtype == "tombstone")
        {
            // Deleted, but answers hang below it.
            return new InboundDeletion { PlatformId = id, DeletedPlatformId = key };
        }
        if (IsOwn(now))
        {
            return SlackEventReader.Ignored(id, "own_message");
        }
        // A preview of a link and a thread's counters are changes too.
        if (now.Edited is null || string.IsNullOrWhiteSpace(now.Text) || (before is not null && before.Text == now.Text))
        {
            return SlackEventReader.Ignored(id, "message_changed");
        }
        return new InboundEdit { PlatformId = id, EditedPlatformId = key, Text = SlackText.Read(now.Text, _botUserId, connection.BotName).Text };
    }

    private InboundEvent ReadDeletion(string id, MessageEvent deletion) =>
        deletion.PreviousMessage is { } before && IsOwn(before)
            ? SlackEventReader.Ignored(id, "own_message")
            : new InboundDeletion { PlatformId = id, DeletedPlatformId = KeyOf(deletion.Channel, deletion.DeletedTs ?? deletion.PreviousMessage?.Ts) };

    /// <summary>What the bot posted comes back; where it carries what it was sent with, that settles the part.</summary>
    private static InboundEvent OwnMessage(string id, MessageEvent message, string key) =>
        message.Metadata?.Reference is { } text && PartReference.TryParse(text, out var reference)
            ? new DeliveryReceipt
            {
                PlatformId = id,
                Chat = new(message.Channel!, message.ThreadTs ?? ""),
                PartPlatformId = key,
                State = PartState.Sent,
                Reference = reference,
            }
            : SlackEventReader.Ignored(id, "own_message");

    private bool IsOwn(SlackMessage message) =>
        (message.User is { } user && user == _botUserId)
        || (message.BotId is { } bot && bot == connection.BotId)
        || (wrapper.ApiAppId is { } app && (message.AppId == app || message.BotProfile?.AppId == app));

    /// <summary>A message that was shared into the chat without a word beside it.</summary>
    private static string SharedText(SlackMessage message) =>
        string.Join('\n', (message.Attachments ?? []).Select(a => a?.Text ?? a?.Fallback).Where(t => !string.IsNullOrWhiteSpace(t)));

    /// <summary>A <c>ts</c> is Unix time in seconds with a fraction that makes it unique.</summary>
    private static DateTimeOffset? TimeOf(string? ts) =>
        decimal.TryParse(ts, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 253_402_300_799
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;
}
