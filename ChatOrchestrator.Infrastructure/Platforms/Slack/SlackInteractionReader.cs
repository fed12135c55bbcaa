using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Reads <see href="https://docs.slack.dev/reference/interaction-payloads">interaction payloads</see>: a button or an option of a message is a press; modals and shortcuts are not ours.</summary>
internal static class SlackInteractionReader
{
    /// <summary>What the <c>action_id</c> of our buttons begins with.</summary>
    public const string ReplyAction = "reply:";

    /// <summary>What the <c>action_id</c> of our links begins with: Slack tells of those too.</summary>
    public const string LinkAction = "link:";

    private const int LongestTrigger = 52;

    /// <exception cref="MalformedPayloadException">Not a JSON object with a type.</exception>
    public static IReadOnlyList<InboundEvent> Read(SlackConnection connection, ReadOnlySpan<byte> json)
    {
        var head = SlackEventReader.Deserialize(json, SlackJson.Default.InteractionHead);
        if (head?.Type is not { Length: > 0 } type)
        {
            throw new MalformedPayloadException("An interaction has no type.");
        }
        var id = head.TriggerId is { Length: > 0 and <= LongestTrigger } trigger ? $"act:{trigger}" : SlackBody.IdOf(json);
        if (type != "block_actions")
        {
            return [SlackEventReader.Ignored(id, type)];
        }
        try
        {
            return ReadPresses(connection, SlackEventReader.Deserialize(json, SlackJson.Default.BlockActions), id);
        }
        catch (MalformedPayloadException)
        {
            return [SlackEventReader.Ignored(id, "unreadable")];
        }
    }

    private static List<InboundEvent> ReadPresses(SlackConnection connection, BlockActions? payload, string id)
    {
        var channel = payload?.Channel?.Id ?? payload?.Container?.ChannelId;
        var thread = payload?.Message?.ThreadTs ?? payload?.Container?.ThreadTs ?? "";
        if (payload is not { User.Id: { Length: > 0 and <= 30 } user } || channel is not { Length: > 0 and <= 30 } || thread.Length > 30)
        {
            throw new MalformedPayloadException("A press has no user or no channel.");
        }
        List<InboundEvent> events = [];
        foreach (var action in payload.Actions ?? [])
        {
            var own = events.Count == 0 ? id : $"{id}.{events.Count % 1000}";
            events.Add(action is not null && PressOf(action) is { } press
                ? ReadPress(connection, payload, own, new ChatAddress(channel, thread), user, press)
                : SlackEventReader.Ignored(own, action?.ActionId?.StartsWith(LinkAction, StringComparison.Ordinal) == true ? "link_button" : "block_actions"));
        }
        return events.Count > 0 ? events : [SlackEventReader.Ignored(id, "block_actions")];
    }

    private static InboundMessage ReadPress(SlackConnection connection, BlockActions payload, string id, ChatAddress chat, string user, ButtonPress press)
    {
        var isDirect = SlackMessageReader.IsDirect(chat.ChatId) || payload.Channel?.Name == "directmessage";
        var isEphemeral = payload.Container?.IsEphemeral == true;
        return new InboundMessage
        {
            PlatformId = id,
            // Where the message with the button was sent: in its thread, or in the channel itself.
            Chat = chat,
            IsGroup = !isDirect,
            Author = new(user, Username: payload.User!.Username ?? payload.User.Name),
            Kind = MessageKind.ButtonPress,
            Text = press.Label ?? press.Payload,
            Content = new MessageContent
            {
                Button = press,
                // Nobody else saw the question.
                AnswerVia = isEphemeral ? AnswerVia.Of(payload.ResponseUrl, user, connection.AnswersSlashInChannel) : null,
            },
        };
    }

    /// <summary>Null: it says nothing (a link, a date).</summary>
    private static ButtonPress? PressOf(BlockAction action)
    {
        var value = action.SelectedOption?.Value ?? action.Value;
        var label = action.SelectedOption?.Text?.Text ?? action.Text?.Text;
        return string.IsNullOrEmpty(value) || action.ActionId?.StartsWith(LinkAction, StringComparison.Ordinal) == true
            ? null
            : new ButtonPress(value, string.IsNullOrEmpty(label) ? null : label);
    }
}
