using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>The control API at <c>/simulator/discord</c>: what people do, what the platform does, and what goes wrong.</summary>
internal static class DiscordControl
{
    public static void MapDiscordControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/simulator/discord");
        control.AddEndpointFilter(static async (context, next) =>
        {
            try
            {
                context.HttpContext.RequestServices.GetRequiredService<DiscordNetwork>().PublicUrl = $"{context.HttpContext.Request.Scheme}://{context.HttpContext.Request.Host}";
                return await next(context);
            }
            catch (Exception e) when (e is ControlException or FormatException)
            {
                return TypedResults.Problem(e.Message, statusCode: 400);
            }
        });
        control.MapPost("/messages", (PersonMessage message, DiscordPeople people) => people.Write(message));
        control.MapGet("/messages", ListMessages);
        control.MapPost("/edits", (PersonEdit edit, DiscordPeople people) => people.Edit(edit.ChannelId, edit.MessageId, edit.Text ?? ""));
        control.MapPost("/deletions", (PersonEdit edit, DiscordPeople people) => people.Delete(edit.ChannelId, edit.MessageId));
        control.MapPost("/reactions", (PersonReaction reaction, DiscordPeople people) => people.React(reaction));
        control.MapPost("/commands", CommandAsync);
        control.MapPost("/presses", PressAsync);
        control.MapGet("/bots", (DiscordNetwork network) => Locked(network, () => new JsonArray([.. network.Bots.Select(State)])));
        control.MapPut("/bots/{id}", ConfigureBotAsync);
        control.MapPost("/bots/{id}/gateway", DisturbGateway);
        control.MapPost("/guilds", CreateGuild);
        control.MapPost("/channels/{id}/close", (string id, DiscordNetwork network) => Locked(network, () =>
            (network.FindChannel(id) ?? throw new ControlException("The channel is unknown.")).IsClosed = true));
        control.MapGet("/faults", (DiscordNetwork network) => network.Faults.Active);
        control.MapPost("/faults", (DiscordFault fault, DiscordNetwork network) => network.Faults.Add(fault));
        control.MapDelete("/faults", (DiscordNetwork network) => network.Faults.Clear());
        control.MapPut("/settings", (DiscordSettings settings, DiscordNetwork network) => Locked(network, () =>
            network.Settings = settings.IsValid ? settings : throw new ControlException("Limits must not be negative, and heartbeats are 100 ms apart at least.")));
        control.MapPost("/reset", (DiscordNetwork network) => Locked(network, () =>
        {
            network.Reset();
            return true;
        }));
    }

    private static T Locked<T>(DiscordNetwork network, Func<T> work)
    {
        lock (network.Sync)
        {
            return work();
        }
    }

    /// <summary>A channel's messages, or those of the DM of a bot and a person, oldest first.</summary>
    private static JsonArray ListMessages(DiscordNetwork network, DiscordPeople people, string? channelId, string? botId, string? userId) => Locked(network, () =>
    {
        var channel = channelId is not null ? network.FindChannel(channelId) ?? throw new ControlException("The channel is unknown.")
            : people.Place(botId ?? "", userId ?? "", null, null).Channel;
        return new JsonArray([.. channel.Messages.Select(m => network.Wire(m, channel))]);
    });

    private static async Task<JsonObject> CommandAsync(PersonCommand command, DiscordNetwork network, DiscordPeople people, DiscordInteractions interactions)
    {
        var (channel, user) = people.Place(command.BotId, command.UserId, null, command.ChannelId);
        return StateOf(await interactions.CommandAsync(network.GetBot(command.BotId), channel, user, command.Name, command.Options ?? new Dictionary<string, JsonNode?>()));
    }

    private static async Task<JsonObject> PressAsync(PersonPress press, DiscordNetwork network, DiscordPeople people, DiscordInteractions interactions)
    {
        var (channel, user) = people.Place(press.BotId, press.UserId, null, press.ChannelId);
        var (_, message) = people.Find(channel.Id, press.MessageId);
        return StateOf(await interactions.PressAsync(network.GetBot(press.BotId), channel, user, message, press.CustomId));
    }

    private static JsonObject StateOf(DiscordInteraction interaction) => new()
    {
        ["id"] = interaction.Id,
        ["token"] = interaction.Token,
        ["channel_id"] = interaction.Channel.Id,
        ["endpoint_status"] = interaction.EndpointStatus,
        ["response"] = interaction.Response,
    };

    private static JsonObject State(DiscordBot bot) => new()
    {
        ["id"] = bot.Id,
        ["username"] = bot.User.Username,
        ["public_key"] = bot.PublicKey,
        ["interactions_url"] = bot.InteractionsUrl,
        ["connected"] = bot.Sessions.Values.Any(s => s.IsConnected),
        ["sessions"] = bot.Sessions.Count,
        ["identifies"] = bot.Identifies,
        ["commands"] = bot.Commands.DeepClone(),
    };

    /// <summary>Makes a bot known before its first call, or changes it. An endpoint for interactions is asked first, as the Developer Portal does.</summary>
    private static async Task<JsonObject> ConfigureBotAsync(string id, BotChange change, DiscordNetwork network, DiscordInteractions interactions)
    {
        if (!DiscordPeople.IsId(id))
        {
            throw new ControlException("A bot's id has digits only.");
        }
        var bot = Locked(network, () => network.GetBot(id));
        if (change.InteractionsUrl is { Length: > 0 } url && !await interactions.VerifyAsync(bot, url))
        {
            throw new ControlException("The specified interactions endpoint url could not be verified.");
        }
        return Locked(network, () =>
        {
            bot.InteractionsUrl = change.InteractionsUrl is null ? bot.InteractionsUrl : change.InteractionsUrl.Length == 0 ? null : change.InteractionsUrl;
            bot.IsRevoked = change.IsRevoked ?? bot.IsRevoked;
            bot.AllowsMessageContent = change.AllowsMessageContent ?? bot.AllowsMessageContent;
            if (change.Username is not null)
            {
                network.Rename(bot, change.Username);
            }
            return State(bot);
        });
    }

    /// <summary>What the Gateway does to the bot's connections.</summary>
    private static void DisturbGateway(string id, GatewayDisturbance disturbance, DiscordNetwork network) => Locked(network, () =>
    {
        var bot = network.FindBot(id) ?? throw new ControlException("The bot is unknown.");
        foreach (var session in bot.Sessions.Values.ToList())
        {
            switch (disturbance.Action)
            {
                case "reconnect":
                    session.Send(7, null);
                    break;
                case "invalid_session":
                    session.Send(9, JsonValue.Create(disturbance.Resumable));
                    if (!disturbance.Resumable)
                    {
                        bot.Sessions.Remove(session.Id);
                    }
                    break;
                case "close":
                    session.Close(disturbance.Code);
                    break;
                case "drop":
                    session.Close(null);
                    break;
                case "forget":
                    bot.Sessions.Remove(session.Id);
                    session.Close(null);
                    break;
                case "withhold_acks":
                    session.WithholdsAcks = true;
                    break;
                case "hold_back":
                    session.HoldsBack = true;
                    break;
                case "heartbeat":
                    session.Send(1, null);
                    break;
                case "hold":
                    session.Hold();
                    break;
                case "release":
                    session.Release(disturbance.Reverse);
                    break;
                case "repeat":
                    session.Repeat(disturbance.Last);
                    break;
                default:
                    throw new ControlException("action is reconnect, invalid_session, close, drop, forget, withhold_acks, hold_back, heartbeat, hold, release or repeat.");
            }
        }
        return true;
    });

    private static JsonObject CreateGuild(NewGuild request, DiscordNetwork network) => Locked(network, () =>
    {
        var guild = network.PutGuild(request.Id, request.Name);
        foreach (var channel in request.Channels ?? [])
        {
            if (network.FindChannel(channel.Id) is null)
            {
                guild.Channels.Add(network.AddChannel(new DiscordChannel(
                    channel.Id, channel.ParentId is null ? DiscordChannel.GuildText : DiscordChannel.PublicThread, guild.Id, channel.Name, channel.ParentId)));
            }
        }
        foreach (var bot in (request.Bots ?? []).Select(network.GetBot))
        {
            guild.Members[bot.Id] = bot.User;
            bot.Guilds.Add(guild.Id);
        }
        foreach (var bot in (request.Bots ?? []).Select(network.GetBot))
        {
            foreach (var session in bot.Sessions.Values.Where(s => (s.Intents & DiscordIntents.Guilds) != 0))
            {
                session.Dispatch("GUILD_CREATE", DiscordWire.Guild(guild, bot));
            }
        }
        return new JsonObject { ["id"] = guild.Id, ["channels"] = new JsonArray([.. guild.Channels.Select(c => (JsonNode)c.Id)]) };
    });
}

internal sealed record PersonEdit(string ChannelId, string MessageId, string? Text = null);

internal sealed record PersonCommand(string BotId, string UserId, string Name, IReadOnlyDictionary<string, JsonNode?>? Options = null, string? ChannelId = null);

internal sealed record PersonPress(string BotId, string UserId, string MessageId, string CustomId, string? ChannelId = null);

/// <param name="InteractionsUrl">Empty: interactions go through the Gateway again.</param>
internal sealed record BotChange(string? Username = null, string? InteractionsUrl = null, bool? IsRevoked = null, bool? AllowsMessageContent = null);

/// <param name="Reverse">What is released comes in the other order.</param>
/// <param name="Last">How many dispatches are repeated.</param>
internal sealed record GatewayDisturbance(string Action, int Code = 4000, bool Resumable = true, bool Reverse = false, int Last = 1);

internal sealed record NewGuild(string Id, string Name, IReadOnlyList<string>? Bots = null, IReadOnlyList<NewChannel>? Channels = null);

/// <param name="ParentId">Set: it is a thread in that channel.</param>
internal sealed record NewChannel(string Id, string Name, string? ParentId = null);
