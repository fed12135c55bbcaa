using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>What people do in the workspace.</summary>
internal sealed class SlackPeople(SlackNetwork network, SlackEvents events, SlackDeliveries deliveries, SlackResponses responses)
{
    /// <exception cref="SlackControlException">The action is impossible.</exception>
    public SlackPlace Send(SlackSend action)
    {
        lock (network.Sync)
        {
            var (user, _, channel) = Locate(action);
            if (action.Text.Length == 0 && action.Files.Count == 0)
            {
                throw new SlackControlException("There is nothing to send.");
            }

            if (action.ThreadTs is { } thread)
            {
                var parent = channel.Find(thread) ?? throw new SlackControlException("The thread does not exist.");
                parent.ThreadTs ??= parent.Ts;
            }

            var message = new SlackMessage
            {
                Ts = network.TakeTs(),
                ThreadTs = action.ThreadTs,
                User = user.Id,
                Text = action.Text,
                Files = [.. action.Files.Select(f => network.PutFile(null, f.Name, f.MimeType ?? SlackFileMethods.MimeTypeOf(f.Name), Convert.FromBase64String(f.Base64), user.Id))],
            };
            channel.Members.Add(user.Id);
            channel.Add(message);
            events.Posted(channel, message);
            return new SlackPlace(channel.Id, message.Ts);
        }
    }

    public void Edit(SlackOnMessage action) => OnMessage(action, (user, channel, message) =>
    {
        if (message.User != user.Id)
        {
            throw new SlackControlException("Only the author can edit a message.");
        }

        var before = message.ToJson(network, channel);
        message.Text = action.Text;
        message.EditedTs = network.TakeTs();
        events.Edited(channel, message, before);
    });

    public void Delete(SlackOnMessage action) => OnMessage(action, (_, channel, message) =>
    {
        channel.Remove(message);
        events.Deleted(channel, message);
    });

    public void React(SlackOnMessage action) => OnMessage(action, (user, channel, message) =>
    {
        try
        {
            events.React(channel, message, user.Id, action.Reaction, !action.Remove);
        }
        catch (SlackApiException refusal)
        {
            throw new SlackControlException(refusal.Message);
        }
    });

    /// <summary>Presses a button. A link opens a page, and the app is told of it too.</summary>
    public void Press(SlackOnMessage action)
    {
        lock (network.Sync)
        {
            var (user, _, channel) = Locate(action);
            var message = channel.Messages.FirstOrDefault(m => m.Ts == action.Ts) ?? throw new SlackControlException("The message does not exist.");
            var app = message.App ?? throw new SlackControlException("The message is not an app's.");
            var (block, element) = Buttons(message).FirstOrDefault(b => BlockRules.Text(b.Element["action_id"]) == action.ActionId);
            if (element is null)
            {
                throw new SlackControlException("The message has no such button.");
            }

            var pressed = element.DeepClone().AsObject();
            pressed.Remove("url");
            pressed["action_ts"] = network.TakeTs();
            pressed["block_id"] = BlockRules.Text(block["block_id"]) ?? "b";
            var container = new JsonObject { ["type"] = "message", ["message_ts"] = message.Ts, ["channel_id"] = channel.Id, ["is_ephemeral"] = message.OnlyFor is not null };
            if (message.ThreadTs is not null)
            {
                container["thread_ts"] = message.ThreadTs;
            }

            var payload = new JsonObject
            {
                ["type"] = "block_actions",
                ["user"] = new JsonObject { ["id"] = user.Id, ["username"] = user.Name, ["name"] = user.Name, ["team_id"] = app.TeamId },
                ["api_app_id"] = app.Whole.Id,
                ["token"] = "verification-token",
                ["container"] = container,
                ["trigger_id"] = network.TakeTriggerId(),
                ["team"] = new JsonObject { ["id"] = app.TeamId, ["domain"] = "simulated" },
                ["enterprise"] = null,
                ["is_enterprise_install"] = false,
                ["channel"] = new JsonObject { ["id"] = channel.Id, ["name"] = channel.Name },
                ["response_url"] = responses.Issue(app, channel, user.Id, message),
                ["actions"] = new JsonArray(pressed),
            };
            if (message.OnlyFor is null)
            {
                payload["message"] = message.ToJson(network, channel);
            }

            deliveries.Start(new SlackDelivery(app, SlackDeliveryKind.Interactive, channel.Id, payload));
        }
    }

    public void Command(SlackCommand action)
    {
        lock (network.Sync)
        {
            if (action.Command is not ['/', _, ..])
            {
                throw new SlackControlException("A command begins with a slash.");
            }

            var (user, app, channel) = Locate(action);
            app ??= network.Apps.FirstOrDefault(a => channel.Members.Contains(a.BotUserId)) ?? throw new SlackControlException("No app has this command.");
            channel.Members.Add(user.Id);
            deliveries.Start(new SlackDelivery(app, SlackDeliveryKind.SlashCommands, channel.Id, new JsonObject
            {
                ["token"] = "verification-token",
                ["team_id"] = app.TeamId,
                ["team_domain"] = "simulated",
                ["channel_id"] = channel.Id,
                ["channel_name"] = channel.Name,
                ["user_id"] = user.Id,
                ["user_name"] = user.Name,
                ["command"] = action.Command,
                ["text"] = action.Text,
                ["api_app_id"] = app.Whole.Id,
                ["is_enterprise_install"] = "false",
                ["response_url"] = responses.Issue(app, channel, user.Id, null),
                ["trigger_id"] = network.TakeTriggerId(),
            })
            {
                Answered = answer => responses.Show(app, channel, user.Id, answer),
            });
        }
    }

    public void Member(SlackAction action, bool leave)
    {
        lock (network.Sync)
        {
            var channel = network.FindChannel(action.Channel) ?? throw new SlackControlException("The channel is unknown.");
            var user = action.App is { } key ? App(key).BotUserId : Person(action.UserId, action.Name).Id;
            if (leave)
            {
                events.Leave(channel, user);
            }
            else
            {
                events.Join(channel, user);
            }
        }
    }

    /// <summary>The buttons of a message.</summary>
    public static IEnumerable<(JsonObject Block, JsonObject Element)> Buttons(SlackMessage message) =>
        from block in message.Blocks?.OfType<JsonObject>() ?? []
        where BlockRules.Text(block["type"]) == "actions"
        from element in (block["elements"] as JsonArray)?.OfType<JsonObject>() ?? []
        where BlockRules.Text(element["type"]) == "button"
        select (block, element);

    /// <summary>The person of an id, made known if new.</summary>
    public SlackUser Person(string id, string? name)
    {
        if (id is not ['U' or 'W', ..] || id.Length is < 2 or > 20 || id.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c)))
        {
            throw new SlackControlException("user_id is a U and digits or capitals, such as U42.");
        }

        var known = network.FindUser(id);
        if (known is { IsBot: true })
        {
            throw new SlackControlException("A bot is no person.");
        }

        var user = new SlackUser(id, (name ?? known?.Name ?? id).ToLowerInvariant().Replace(' ', '.'), name ?? known?.RealName ?? id, IsBot: false);
        network.PutUser(user);
        return user;
    }

    private void OnMessage(SlackOnMessage action, Action<SlackUser, SlackChannel, SlackMessage> act)
    {
        lock (network.Sync)
        {
            var (user, _, channel) = Locate(action);
            act(user, channel, channel.Find(action.Ts) ?? throw new SlackControlException("The message does not exist."));
        }
    }

    private (SlackUser User, SlackApp? App, SlackChannel Channel) Locate(SlackAction action)
    {
        var user = Person(action.UserId, action.Name);
        var app = action.App is { } key ? App(key) : null;
        if (action.Channel is { } id)
        {
            return (user, app, network.FindChannel(id) ?? throw new SlackControlException("The channel is unknown."));
        }

        return (user, app, network.OpenIm(app ?? throw new SlackControlException("app is required in a direct message."), user.Id));
    }

    private SlackApp App(string key) => network.FindApp(key) ?? throw new SlackControlException("The app is unknown: it has made no call yet.");
}
