using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Tells the apps in a channel what happens there: https://docs.slack.dev/reference/events. The caller holds the lock.</summary>
internal sealed class SlackEvents(SlackNetwork network, SlackDeliveries deliveries)
{
    /// <summary>A message and, where it mentions a bot, an <c>app_mention</c> of the same message.</summary>
    public void Posted(SlackChannel channel, SlackMessage message)
    {
        foreach (var app in AppsIn(channel))
        {
            var json = message.ToJson(network, channel);
            Place(json, channel, message.Ts);
            Tell(app, channel, json);
            if (!channel.IsIm && message.App is null && message.Text.Contains($"<@{app.BotUserId}>", StringComparison.Ordinal))
            {
                var mention = new JsonObject { ["type"] = "app_mention", ["user"] = message.User, ["ts"] = message.Ts, ["text"] = message.Text, ["team"] = SlackNetwork.TeamId };
                if (message.ThreadTs is not null)
                {
                    mention["thread_ts"] = message.ThreadTs;
                }

                mention["channel"] = channel.Id;
                mention["event_ts"] = message.Ts;
                Tell(app, channel, mention);
            }
        }

        network.Show(null);
    }

    public void Edited(SlackChannel channel, SlackMessage message, JsonObject before) => Changed(channel, new JsonObject
    {
        ["type"] = "message",
        ["subtype"] = "message_changed",
        ["message"] = message.ToJson(network, channel),
        ["previous_message"] = before,
        ["hidden"] = true,
        ["ts"] = network.TakeTs(),
    });

    public void Deleted(SlackChannel channel, SlackMessage message) => Changed(channel, new JsonObject
    {
        ["type"] = "message",
        ["subtype"] = "message_deleted",
        ["previous_message"] = message.ToJson(network, channel),
        ["deleted_ts"] = message.Ts,
        ["hidden"] = true,
        ["ts"] = network.TakeTs(),
    });

    /// <exception cref="SlackApiException">It is there already, or not there.</exception>
    public void React(SlackChannel channel, SlackMessage message, string user, string name, bool add)
    {
        if (add)
        {
            if (!message.Reactions.TryGetValue(name, out var users))
            {
                message.Reactions[name] = users = [];
            }

            if (!users.Add(user))
            {
                throw new SlackApiException("already_reacted");
            }
        }
        else if (!message.Reactions.TryGetValue(name, out var users) || !users.Remove(user))
        {
            throw new SlackApiException("no_reaction");
        }

        foreach (var app in AppsIn(channel))
        {
            Tell(app, channel, new JsonObject
            {
                ["type"] = add ? "reaction_added" : "reaction_removed",
                ["user"] = user,
                ["reaction"] = name,
                ["item_user"] = message.User,
                ["item"] = new JsonObject { ["type"] = "message", ["channel"] = channel.Id, ["ts"] = message.Ts },
                ["event_ts"] = network.TakeTs(),
            });
        }

        network.Show(null);
    }

    public void Join(SlackChannel channel, string user) => Member(channel, user, channel.Members.Add(user), "member_joined_channel");

    public void Leave(SlackChannel channel, string user)
    {
        // Who leaves is told of it, too.
        var apps = AppsIn(channel);
        if (channel.Members.Remove(user))
        {
            apps.ForEach(app => Tell(app, channel, Membership(channel, user, "member_left_channel")));
        }
    }

    /// <summary>An event that is about the app and no channel.</summary>
    public void TellApp(SlackApp app, JsonObject happened) => deliveries.Event(app, app.Id, happened);

    private void Member(SlackChannel channel, string user, bool changed, string type)
    {
        foreach (var app in changed ? AppsIn(channel) : [])
        {
            Tell(app, channel, Membership(channel, user, type));
        }

        network.Show(null);
    }

    private JsonObject Membership(SlackChannel channel, string user, string type) => new()
    {
        ["type"] = type,
        ["user"] = user,
        ["channel"] = channel.Id,
        ["channel_type"] = "C",
        ["team"] = SlackNetwork.TeamId,
        ["event_ts"] = network.TakeTs(),
    };

    private void Changed(SlackChannel channel, JsonObject happened)
    {
        foreach (var app in AppsIn(channel))
        {
            var json = happened.DeepClone().AsObject();
            Place(json, channel, BlockRules.Text(json["ts"])!);
            Tell(app, channel, json);
        }

        network.Show(null);
    }

    private static void Place(JsonObject json, SlackChannel channel, string ts)
    {
        json["channel"] = channel.Id;
        json["event_ts"] = ts;
        json["channel_type"] = channel.IsIm ? "im" : "channel";
    }

    private void Tell(SlackApp app, SlackChannel channel, JsonObject happened) => deliveries.Event(app, channel.Id, happened);

    private List<SlackApp> AppsIn(SlackChannel channel) => network.Apps.Where(a => channel.Members.Contains(a.BotUserId)).ToList();
}
