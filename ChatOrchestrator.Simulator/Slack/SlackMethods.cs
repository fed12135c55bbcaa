using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>The methods of the Web API, by their documented names.</summary>
internal sealed class SlackMethods(SlackNetwork network, SlackChatMethods chat, SlackConversationMethods conversations, SlackFileMethods files)
{
    /// <exception cref="SlackApiException">The method refuses.</exception>
    public JsonObject Call(SlackApp? app, string method, SlackArguments arguments)
    {
        lock (network.Sync)
        {
            return method switch
            {
                "api.test" => new JsonObject { ["args"] = new JsonObject() },
                "auth.test" => new JsonObject
                {
                    ["url"] = $"{network.BaseUrl}/",
                    ["team"] = "Simulated workspace",
                    ["user"] = app!.Key,
                    ["team_id"] = app.TeamId,
                    ["user_id"] = app.BotUserId,
                    ["bot_id"] = app.BotId,
                    ["is_enterprise_install"] = false,
                },
                "apps.connections.open" => new JsonObject { ["url"] = $"{network.BaseUrl.Replace("http", "ws", StringComparison.Ordinal)}/slack/socket?app={app!.Id}&ticket={Guid.NewGuid():N}" },
                "chat.postMessage" => chat.PostMessage(app!, arguments),
                "chat.postEphemeral" => chat.PostEphemeral(app!, arguments),
                "chat.update" => chat.Update(app!, arguments),
                "chat.delete" => chat.Delete(app!, arguments),
                "reactions.add" => chat.React(app!, arguments, add: true),
                "reactions.remove" => chat.React(app!, arguments, add: false),
                "conversations.open" => conversations.Open(app!, arguments),
                "conversations.info" => new JsonObject { ["channel"] = conversations.Find(arguments).ToJson() },
                "conversations.list" => conversations.List(arguments),
                "conversations.members" => conversations.Members(arguments),
                "conversations.join" => conversations.Join(app!, arguments),
                "conversations.history" => conversations.History(app!, arguments),
                "conversations.replies" => conversations.Replies(app!, arguments),
                "users.info" => new JsonObject { ["user"] = (network.FindUser(arguments.Required("user", "user_not_found")) ?? throw new SlackApiException("user_not_found")).ToJson(SlackNetwork.TeamId) },
                "users.list" => new JsonObject { ["members"] = new JsonArray([.. network.Users.Select(u => (JsonNode)u.ToJson(SlackNetwork.TeamId))]), ["response_metadata"] = new JsonObject { ["next_cursor"] = "" } },
                "files.getUploadURLExternal" => files.GetUploadUrl(app!, arguments),
                "files.completeUploadExternal" => files.CompleteUpload(app!, arguments),
                "files.info" => new JsonObject { ["file"] = (network.FindFile(arguments.Required("file", "file_not_found")) ?? throw new SlackApiException("file_not_found")).ToJson(network) },
                _ => throw new SlackApiException("unknown_method"),
            };
        }
    }
}
