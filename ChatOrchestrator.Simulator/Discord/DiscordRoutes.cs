using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>The HTTP API's routes (https://discord.com/developers/docs/reference), as far as bots that chat use them.</summary>
internal sealed class DiscordRoutes(DiscordNetwork network, DiscordApi api, DiscordMessages messages, DiscordInteractions interactions)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var v = routes.MapGroup("/api/v{version:int}");
        Add(v, "GET", "/gateway", "gateway", call => new JsonObject { ["url"] = GatewayUrl(call.Http) }, authorized: false);
        Add(v, "GET", "/gateway/bot", "gateway_bot", call => new JsonObject
        {
            ["url"] = GatewayUrl(call.Http),
            ["shards"] = 1,
            ["session_start_limit"] = new JsonObject
            {
                ["total"] = 1000,
                ["remaining"] = Math.Max(0, network.Settings.SessionStarts - call.Bot.Identifies),
                ["reset_after"] = 14_400_000,
                ["max_concurrency"] = 1,
            },
        });
        Add(v, "GET", "/users/@me", "me", call => DiscordWire.User(call.Bot.User));
        Add(v, "GET", "/users/{user}", "user", call => DiscordWire.User(network.FindUser(call.Route("user")) ?? throw DiscordException.NotFound(10013, "User")));
        Add(v, "GET", "/applications/@me", "application", Application);
        Add(v, "GET", "/oauth2/applications/@me", "application", Application);
        Add(v, "GET", "/applications/{application}/commands", "commands", call => call.Bot.Commands.DeepClone());
        Add(v, "PUT", "/applications/{application}/commands", "put_commands", PutCommands);
        Add(v, "POST", "/users/@me/channels", "open_dm", OpenDirectMessages);
        Add(v, "GET", "/guilds/{guild}", "guild", call => DiscordWire.Guild(network.FindGuild(call.Route("guild")) ?? throw DiscordException.NotFound(10004, "Guild"), call.Bot));
        MapChannels(v);
        MapInteractions(v);
        routes.MapGet("/discord/files/{id}/{name}", (string id) =>
        {
            lock (network.Sync)
            {
                return network.FindFile(id) is { } file ? Results.Bytes(file.Bytes, file.ContentType) : Results.NotFound();
            }
        });
    }

    private void MapChannels(RouteGroupBuilder v)
    {
        Add(v, "GET", "/channels/{channel}", "channel", call => DiscordWire.Channel(ChannelOf(call), call.Bot));
        Add(v, "GET", "/channels/{channel}/messages", "messages", call =>
        {
            var channel = ChannelOf(call);
            var limit = int.TryParse(call.Http.Request.Query["limit"], out var given) ? Math.Clamp(given, 1, 100) : 50;
            return new JsonArray([.. channel.Messages.AsEnumerable().Reverse().Take(limit).Select(m => network.Wire(m, channel))]);
        });
        Add(v, "GET", "/channels/{channel}/messages/{message}", "message", call => network.Wire(MessageOf(call), ChannelOf(call)));
        Add(v, "POST", "/channels/{channel}/messages", "create_message", call =>
        {
            var channel = ChannelOf(call);
            return network.Wire(messages.Create(call.Bot, channel, call.Body, Attachments(call)), channel);
        });
        Add(v, "PATCH", "/channels/{channel}/messages/{message}", "edit_message", call =>
        {
            var message = OwnMessageOf(call);
            messages.Edit(ChannelOf(call), message, call.Body);
            return network.Wire(message, ChannelOf(call));
        });
        Add(v, "DELETE", "/channels/{channel}/messages/{message}", "delete_message", call =>
        {
            messages.Delete(ChannelOf(call), OwnMessageOf(call));
            return null;
        });
        Add(v, "POST", "/channels/{channel}/typing", "typing", call =>
        {
            ChannelOf(call).TypingUntil = network.Now + TimeSpan.FromSeconds(10);
            network.Notify(call.Bot.Id);
            return null;
        });
        Add(v, "PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", "react", call => React(call, remove: false));
        Add(v, "DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", "unreact", call => React(call, remove: true));
    }

    private void MapInteractions(RouteGroupBuilder v)
    {
        Add(v, "POST", "/interactions/{id}/{token}/callback", "callback", call =>
        {
            interactions.Respond(Find(call), call.Body, Attachments(call));
            return null;
        }, authorized: false);
        Add(v, "POST", "/webhooks/{application}/{token}", "follow_up", call =>
        {
            var interaction = Find(call);
            if (interaction.Response is null)
            {
                throw DiscordException.NotFound(10015, "Webhook");
            }
            // The first follow-up of a deferred response takes its place.
            if (interaction is { Response: 5, Original: { Flags: 128 } waiting })
            {
                messages.Edit(interaction.Channel, waiting, call.Body);
                return network.Wire(waiting, interaction.Channel);
            }
            return network.Wire(messages.Create(interaction.Bot, interaction.Channel, call.Body, Attachments(call), interaction.Bot.ApplicationId), interaction.Channel);
        }, authorized: false);
        Add(v, "GET", "/webhooks/{application}/{token}/messages/{message}", "get_original", call => network.Wire(Original(call), Find(call).Channel), authorized: false);
        Add(v, "PATCH", "/webhooks/{application}/{token}/messages/{message}", "edit_original", call =>
        {
            messages.Edit(Find(call).Channel, Original(call), call.Body);
            return network.Wire(Original(call), Find(call).Channel);
        }, authorized: false);
        Add(v, "DELETE", "/webhooks/{application}/{token}/messages/{message}", "delete_original", call =>
        {
            messages.Delete(Find(call).Channel, Original(call));
            return null;
        }, authorized: false);
    }

    private void Add(RouteGroupBuilder v, string method, string path, string name, Func<DiscordCall, JsonNode?> work, bool authorized = true) =>
        v.MapMethods(path, [method], (HttpContext http) =>
            api.HandleAsync(http, name, (http.Request.RouteValues["channel"] ?? http.Request.RouteValues["token"]) as string ?? "", authorized, work));

    private static string GatewayUrl(HttpContext http) => $"{(http.Request.IsHttps ? "wss" : "ws")}://{http.Request.Host}/discord/gateway";

    private static JsonObject Application(DiscordCall call) => new()
    {
        ["id"] = call.Bot.ApplicationId,
        ["name"] = call.Bot.User.Username,
        ["icon"] = null,
        ["description"] = "",
        ["bot_public"] = true,
        ["bot_require_code_grant"] = false,
        ["verify_key"] = call.Bot.PublicKey,
        ["flags"] = 0,
        ["interactions_endpoint_url"] = call.Bot.InteractionsUrl,
        ["bot"] = DiscordWire.User(call.Bot.User),
    };

    private JsonArray PutCommands(DiscordCall call)
    {
        if (call.Route("application") != call.Bot.ApplicationId)
        {
            throw new DiscordException(403, 20012, "You are not authorized to perform this action on this application");
        }
        call.Bot.Commands = [];
        foreach (var command in (JsonArray)call.Body["list"]!)
        {
            var kept = (JsonObject)command!.DeepClone();
            kept["id"] = network.NewId();
            kept["application_id"] = call.Bot.ApplicationId;
            kept["version"] = network.NewId();
            kept["type"] ??= 1;
            call.Bot.Commands.Add((JsonNode)kept);
        }
        return (JsonArray)call.Bot.Commands.DeepClone();
    }

    private JsonObject OpenDirectMessages(DiscordCall call)
    {
        var user = network.FindUser(call.Body["recipient_id"]?.ToString() ?? "") is { Bot: false } known ? known
            : throw new DiscordException(400, 50033, "Invalid Recipient(s)");
        return DiscordWire.Channel(network.DirectMessages(call.Bot, user), call.Bot);
    }

    private JsonNode? React(DiscordCall call, bool remove)
    {
        messages.React(ChannelOf(call), MessageOf(call), call.Bot.User, Uri.UnescapeDataString(call.Route("emoji")), remove);
        return null;
    }

    private DiscordChannel ChannelOf(DiscordCall call) =>
        network.FindChannel(call.Route("channel")) is not { } channel ? throw DiscordException.NotFound(10003, "Channel")
        : call.Bot.Sees(channel) ? channel
        : throw new DiscordException(403, 50001, "Missing Access");

    private DiscordMessage MessageOf(DiscordCall call) =>
        ChannelOf(call).Find(call.Route("message")) ?? throw DiscordException.NotFound(10008, "Message");

    private DiscordMessage OwnMessageOf(DiscordCall call) =>
        MessageOf(call) is { } message && message.Author.Id == call.Bot.Id ? message
        : throw new DiscordException(403, 50005, "Cannot edit a message authored by another user");

    private DiscordInteraction Find(DiscordCall call) =>
        network.FindInteraction(call.Route("token")) ?? throw (call.Http.Request.Path.Value!.Contains("/interactions/", StringComparison.Ordinal)
            ? DiscordException.NotFound(10062, "interaction")
            : new DiscordException(401, 50027, "Invalid Webhook Token"));

    private DiscordMessage Original(DiscordCall call)
    {
        var interaction = Find(call);
        if (interaction.Response is null)
        {
            // Nothing is known of an answer before the interaction is responded to.
            throw DiscordException.NotFound(10015, "Webhook");
        }
        return (call.Route("message") == "@original" ? interaction.Original : interaction.Channel.Find(call.Route("message")))
            ?? throw DiscordException.NotFound(10008, "Message");
    }

    private JsonArray Attachments(DiscordCall call)
    {
        var attachments = new JsonArray();
        foreach (var file in call.Files)
        {
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            attachments.Add((JsonNode)Attachment(network, call.Http, file.FileName, file.ContentType ?? "application/octet-stream", bytes.ToArray()));
        }
        return attachments;
    }

    public static JsonObject Attachment(DiscordNetwork network, HttpContext? http, string name, string type, byte[] bytes)
    {
        var file = network.AddFile(name, type, bytes);
        var url = $"{(http is null ? network.PublicUrl : $"{http.Request.Scheme}://{http.Request.Host}")}/discord/files/{file.Id}/{Uri.EscapeDataString(name)}";
        return new JsonObject { ["id"] = file.Id, ["filename"] = name, ["content_type"] = type, ["size"] = bytes.Length, ["url"] = url, ["proxy_url"] = url };
    }
}
