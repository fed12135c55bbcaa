using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary><c>chat.*</c> and <c>reactions.*</c>. The caller holds the lock.</summary>
internal sealed class SlackChatMethods(SlackNetwork network, SlackEvents events)
{
    /// <summary>What is longer is cut: https://docs.slack.dev/changelog/2018-truncating-really-long-messages.</summary>
    private const int MaxText = 40_000;

    /// <summary>What <c>chat.update</c> takes.</summary>
    private const int MaxUpdate = 4_000;

    public JsonObject PostMessage(SlackApp app, SlackArguments arguments)
    {
        var channel = Writable(app, arguments.Required("channel", "channel_not_found"));
        var message = Compose(app, channel, arguments, onlyFor: null);
        channel.Add(message);
        events.Posted(channel, message);
        return new JsonObject { ["channel"] = channel.Id, ["ts"] = message.Ts, ["message"] = message.ToJson(network, channel) };
    }

    public JsonObject PostEphemeral(SlackApp app, SlackArguments arguments)
    {
        var channel = Writable(app, arguments.Required("channel", "channel_not_found"));
        var user = arguments.Required("user", "user_not_in_channel");
        if (!channel.Members.Contains(user))
        {
            throw new SlackApiException("user_not_in_channel");
        }

        var message = Compose(app, channel, arguments, user);
        channel.Add(message);
        network.Show(app);
        return new JsonObject { ["message_ts"] = message.Ts };
    }

    public JsonObject Update(SlackApp app, SlackArguments arguments)
    {
        var channel = Writable(app, arguments.Required("channel", "channel_not_found"));
        var message = channel.Find(arguments.Required("ts", "message_not_found")) ?? throw new SlackApiException("message_not_found");
        if (message.App != app)
        {
            throw new SlackApiException("cant_update_message");
        }

        var text = arguments.Text("text");
        if (text?.Length > MaxUpdate)
        {
            throw new SlackApiException("msg_too_long");
        }

        var blocks = BlockRules.Check(arguments.Json("blocks", "invalid_blocks_format"));
        if (string.IsNullOrEmpty(text) && blocks is null)
        {
            throw new SlackApiException("no_text");
        }

        var before = message.ToJson(network, channel);
        message.Text = text ?? "";
        // Text without blocks takes the blocks away.
        message.Blocks = blocks;
        message.Metadata = arguments.Json("metadata", "invalid_metadata_format") as JsonObject ?? message.Metadata;
        message.EditedTs = network.TakeTs();
        events.Edited(channel, message, before);
        return new JsonObject { ["channel"] = channel.Id, ["ts"] = message.Ts, ["text"] = message.Text, ["message"] = message.ToJson(network, channel) };
    }

    public JsonObject Delete(SlackApp app, SlackArguments arguments)
    {
        var channel = Writable(app, arguments.Required("channel", "channel_not_found"));
        var message = channel.Find(arguments.Required("ts", "message_not_found")) ?? throw new SlackApiException("message_not_found");
        if (message.App != app)
        {
            throw new SlackApiException("cant_delete_message");
        }

        channel.Remove(message);
        events.Deleted(channel, message);
        return new JsonObject { ["channel"] = channel.Id, ["ts"] = message.Ts };
    }

    public JsonObject React(SlackApp app, SlackArguments arguments, bool add)
    {
        var channel = network.FindChannel(arguments.Required("channel", "no_item_specified")) ?? throw new SlackApiException("channel_not_found");
        var message = channel.Find(arguments.Required("timestamp", "no_item_specified")) ?? throw new SlackApiException("message_not_found");
        events.React(channel, message, app.BotUserId, arguments.Required("name", "invalid_name").Trim(':'), add);
        return [];
    }

    /// <summary>A channel that the bot may write to, by its id or name, or the direct message with a user.</summary>
    public SlackChannel Writable(SlackApp app, string id)
    {
        var channel = network.FindChannel(id) ?? network.FindChannelByName(id)
            ?? (id is ['U' or 'W', ..] && network.FindUser(id) is { IsBot: false } ? network.OpenIm(app, id) : null)
            ?? throw new SlackApiException("channel_not_found");
        return channel.IsArchived ? throw new SlackApiException("is_archived")
            : channel.Members.Contains(app.BotUserId) ? channel
            : throw new SlackApiException(channel.IsIm ? "channel_not_found" : "not_in_channel");
    }

    /// <exception cref="SlackApiException">There is nothing to say, or it cannot be said so.</exception>
    private SlackMessage Compose(SlackApp app, SlackChannel channel, SlackArguments arguments, string? onlyFor)
    {
        var text = arguments.Text("text") ?? arguments.Text("markdown_text") ?? "";
        var blocks = BlockRules.Check(arguments.Json("blocks", "invalid_blocks_format"));
        if (text.Length == 0 && blocks is null && arguments.Json("attachments", "invalid_attachments") is null)
        {
            throw new SlackApiException("no_text");
        }

        if (!network.TryPost(channel.Id))
        {
            throw new SlackApiException("ratelimited");
        }

        var thread = arguments.Text("thread_ts");
        var parent = string.IsNullOrEmpty(thread) ? null : channel.Find(thread) ?? throw new SlackApiException("thread_not_found");
        if (parent is not null)
        {
            parent.ThreadTs ??= parent.Ts;
        }

        return new SlackMessage
        {
            Ts = network.TakeTs(),
            ThreadTs = parent?.ThreadTs,
            User = app.BotUserId,
            App = app,
            Text = text.Length <= MaxText ? text : text[..MaxText],
            IsPlain = arguments.Flag("mrkdwn") == false,
            Blocks = blocks,
            Metadata = arguments.Json("metadata", "invalid_metadata_format") as JsonObject,
            OnlyFor = onlyFor,
        };
    }
}
