using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Somebody in the workspace: a person or a bot.</summary>
internal sealed record SlackUser(string Id, string Name, string RealName, bool IsBot)
{
    public JsonObject ToJson(string team) => new()
    {
        ["id"] = Id,
        ["team_id"] = team,
        ["name"] = Name,
        ["deleted"] = false,
        ["real_name"] = RealName,
        ["tz"] = "Etc/UTC",
        ["is_bot"] = IsBot,
        ["profile"] = new JsonObject { ["real_name"] = RealName, ["display_name"] = Name, ["team"] = team },
    };
}

/// <summary>A conversation of the workspace. Guarded by <see cref="SlackNetwork.Sync"/>.</summary>
/// <param name="user">The person of a direct message; its bot is the only other member.</param>
internal sealed class SlackChannel(string id, string name, string? user = null)
{
    public const int MaxMessages = 2_000;

    private readonly List<SlackMessage> _messages = [];

    public string Id { get; } = id;

    public string Name { get; } = name;

    public string? User { get; } = user;

    public bool IsIm => User is not null;

    public bool IsArchived { get; set; }

    public HashSet<string> Members { get; } = [];

    public IReadOnlyList<SlackMessage> Messages => _messages;

    public SlackMessage? Find(string? ts) => ts is null ? null : _messages.Find(m => m.Ts == ts && m.OnlyFor is null);

    public void Add(SlackMessage message)
    {
        if (_messages.Count == MaxMessages)
        {
            _messages.RemoveAt(0);
        }

        _messages.Add(message);
    }

    public void Remove(SlackMessage message) => _messages.Remove(message);

    public JsonObject ToJson() => IsIm
        ? new JsonObject { ["id"] = Id, ["created"] = 1_449_252_889, ["is_im"] = true, ["is_archived"] = false, ["user"] = User, ["is_open"] = true }
        : new JsonObject
        {
            ["id"] = Id,
            ["name"] = Name,
            ["is_channel"] = true,
            ["is_group"] = false,
            ["is_im"] = false,
            ["is_mpim"] = false,
            ["is_private"] = false,
            ["is_archived"] = IsArchived,
            ["num_members"] = Members.Count,
        };
}

/// <summary>A message. Guarded by <see cref="SlackNetwork.Sync"/>.</summary>
internal sealed class SlackMessage
{
    public required string Ts { get; init; }

    public string? ThreadTs { get; set; }

    public required string User { get; init; }

    /// <summary>The app that posted it; null: a person did.</summary>
    public SlackApp? App { get; init; }

    public string Text { get; set; } = "";

    public JsonArray? Blocks { get; set; }

    public JsonObject? Metadata { get; set; }

    public IReadOnlyList<SlackFile> Files { get; init; } = [];

    /// <summary>Seen by this user alone, and in no history.</summary>
    public string? OnlyFor { get; init; }

    public string? Subtype { get; init; }

    public string? EditedTs { get; set; }

    /// <summary>The text is shown as it is.</summary>
    public bool IsPlain { get; set; }

    public Dictionary<string, HashSet<string>> Reactions { get; } = [];

    /// <summary>As the Web API and events show it.</summary>
    public JsonObject ToJson(SlackNetwork network, SlackChannel channel, bool metadata = true)
    {
        var json = new JsonObject { ["type"] = "message", ["user"] = User, ["ts"] = Ts, ["text"] = Text, ["team"] = SlackNetwork.TeamId };
        Set("subtype", Files.Count > 0 && Subtype is null ? "file_share" : Subtype);
        Set("thread_ts", ThreadTs);
        if (ThreadTs is not null && channel.Find(ThreadTs) is { } parent)
        {
            if (ThreadTs != Ts)
            {
                json["parent_user_id"] = parent.User;
            }
            else
            {
                json["reply_count"] = channel.Messages.Count(m => m.ThreadTs == Ts && m.Ts != Ts);
            }
        }
        if (App is not null)
        {
            json["bot_id"] = App.BotId;
            json["app_id"] = App.Whole.Id;
            json["bot_profile"] = new JsonObject { ["id"] = App.BotId, ["app_id"] = App.Whole.Id, ["name"] = App.Name, ["deleted"] = false, ["updated"] = 1_607_307_935, ["team_id"] = SlackNetwork.TeamId };
        }
        else
        {
            json["client_msg_id"] = new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(channel.Id + Ts)).AsSpan(0, 16)).ToString();
        }
        if (EditedTs is not null)
        {
            json["edited"] = new JsonObject { ["user"] = User, ["ts"] = EditedTs };
        }
        if (Blocks is not null)
        {
            json["blocks"] = Blocks.DeepClone();
        }
        if (metadata && Metadata is not null)
        {
            json["metadata"] = Metadata.DeepClone();
        }
        if (Files.Count > 0)
        {
            json["files"] = new JsonArray([.. Files.Select(f => (JsonNode)f.ToJson(network))]);
        }
        if (Reactions.Count > 0)
        {
            json["reactions"] = new JsonArray([.. Reactions.Select(r => (JsonNode)new JsonObject
            {
                ["name"] = r.Key,
                ["users"] = new JsonArray([.. r.Value.Select(u => (JsonNode)u)]),
                ["count"] = r.Value.Count,
            })]);
        }
        return json;

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                json[name] = value;
            }
        }
    }
}

/// <summary>A file of the workspace.</summary>
/// <param name="Key">Opens it for the page, which has no token.</param>
internal sealed record SlackFile(string Id, string Name, string MimeType, byte[] Bytes, string User, string Key)
{
    public JsonObject ToJson(SlackNetwork network) => new()
    {
        ["id"] = Id,
        ["created"] = network.Now.ToUnixTimeSeconds(),
        ["timestamp"] = network.Now.ToUnixTimeSeconds(),
        ["name"] = Name,
        ["title"] = Name,
        ["mimetype"] = MimeType,
        ["filetype"] = Path.GetExtension(Name).TrimStart('.'),
        ["user"] = User,
        ["size"] = Bytes.Length,
        ["mode"] = "hosted",
        ["is_external"] = false,
        ["url_private"] = $"{network.BaseUrl}/slack/files/{Id}/{Uri.EscapeDataString(Name)}",
        ["url_private_download"] = $"{network.BaseUrl}/slack/files/{Id}/download/{Uri.EscapeDataString(Name)}",
        ["permalink"] = $"{network.BaseUrl}/slack/files/{Id}/{Uri.EscapeDataString(Name)}",
    };
}
