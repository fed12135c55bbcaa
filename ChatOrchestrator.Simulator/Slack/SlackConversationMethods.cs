using System.Globalization;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary><c>conversations.*</c>. The caller holds the lock.</summary>
internal sealed class SlackConversationMethods(SlackNetwork network, SlackEvents events)
{
    public SlackChannel Find(SlackArguments arguments) =>
        network.FindChannel(arguments.Required("channel", "channel_not_found")) ?? throw new SlackApiException("channel_not_found");

    public JsonObject Open(SlackApp app, SlackArguments arguments)
    {
        var users = arguments.Required("users", "users_list_not_supplied").Split(',');
        if (users.Length > 1)
        {
            throw new SlackApiException("method_not_supported_for_channel_type");
        }

        var user = network.FindUser(users[0]) ?? throw new SlackApiException("user_not_found");
        if (user.IsBot)
        {
            throw new SlackApiException("cannot_dm_bot");
        }

        var channel = network.OpenIm(app, user.Id);
        return new JsonObject { ["channel"] = arguments.Flag("return_im") == true ? channel.ToJson() : new JsonObject { ["id"] = channel.Id } };
    }

    public JsonObject List(SlackArguments arguments) => new()
    {
        ["channels"] = new JsonArray([.. network.Channels
            .Where(c => arguments.Text("types") is { } types ? types.Split(',').Contains(c.IsIm ? "im" : "public_channel") : !c.IsIm)
            .Select(c => (JsonNode)c.ToJson())]),
        ["response_metadata"] = new JsonObject { ["next_cursor"] = "" },
    };

    public JsonObject Members(SlackArguments arguments) => new()
    {
        ["members"] = new JsonArray([.. Find(arguments).Members.Select(m => (JsonNode)m)]),
        ["response_metadata"] = new JsonObject { ["next_cursor"] = "" },
    };

    public JsonObject Join(SlackApp app, SlackArguments arguments)
    {
        var channel = Find(arguments);
        if (channel.IsIm)
        {
            throw new SlackApiException("method_not_supported_for_channel_type");
        }

        events.Join(channel, app.BotUserId);
        return new JsonObject { ["channel"] = channel.ToJson() };
    }

    /// <summary>Newest first, without the answers in threads.</summary>
    public JsonObject History(SlackApp app, SlackArguments arguments)
    {
        var channel = Readable(app, arguments);
        return Page(channel, arguments, channel.Messages.Where(m => m.OnlyFor is null && (m.ThreadTs is null || m.ThreadTs == m.Ts)).Reverse());
    }

    /// <summary>Oldest first, what began the thread always among them.</summary>
    public JsonObject Replies(SlackApp app, SlackArguments arguments)
    {
        var channel = Readable(app, arguments);
        var ts = arguments.Required("ts", "thread_not_found");
        return channel.Find(ts) is null
            ? throw new SlackApiException("thread_not_found")
            : Page(channel, arguments, channel.Messages.Where(m => m.OnlyFor is null && (m.Ts == ts || m.ThreadTs == ts)), always: ts);
    }

    private SlackChannel Readable(SlackApp app, SlackArguments arguments)
    {
        var channel = Find(arguments);
        return channel.Members.Contains(app.BotUserId) ? channel : throw new SlackApiException("not_in_channel");
    }

    private JsonObject Page(SlackChannel channel, SlackArguments arguments, IEnumerable<SlackMessage> messages, string? always = null)
    {
        var limit = Math.Clamp(arguments.Number("limit") ?? 100, 1, 999);
        var skip = int.TryParse(arguments.Text("cursor"), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0;
        var (oldest, latest) = (Time(arguments.Text("oldest")) ?? 0, Time(arguments.Text("latest")) ?? decimal.MaxValue);
        var inclusive = arguments.Flag("inclusive") == true;
        var all = messages.Where(m => m.Ts == always || (Time(m.Ts) is { } ts && (inclusive ? ts >= oldest && ts <= latest : ts > oldest && ts < latest))).ToList();
        var page = all.Skip(skip).Take(limit).ToList();
        var more = skip + page.Count < all.Count;
        var metadata = arguments.Flag("include_all_metadata") == true;
        return new JsonObject
        {
            ["messages"] = new JsonArray([.. page.Select(m => (JsonNode)m.ToJson(network, channel, metadata))]),
            ["has_more"] = more,
            ["response_metadata"] = new JsonObject { ["next_cursor"] = more ? (skip + page.Count).ToString(CultureInfo.InvariantCulture) : "" },
        };
    }

    private static decimal? Time(string? ts) => decimal.TryParse(ts, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time) ? time : null;
}
