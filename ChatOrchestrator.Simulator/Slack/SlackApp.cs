namespace ChatOrchestrator.Simulator.Slack;

/// <summary>An app that is installed in the workspace, with its bot. Guarded by <see cref="SlackNetwork.Sync"/>.</summary>
internal sealed class SlackApp(string key, string id)
{
    public const string DefaultSigningSecret = "simulated-signing-secret";

    /// <summary>The word between the dashes of its tokens.</summary>
    public string Key { get; } = key;

    public string Id { get; } = id;

    public string BotUserId { get; } = "U" + id;

    public string BotId { get; } = "B" + id;

    public string Name { get; set; } = key;

    /// <summary>The workspace that it is installed in.</summary>
    public string TeamId { get; set; } = SlackNetwork.TeamId;

    /// <summary>The app of which this is the installation in another workspace: what is told to it goes through that one's sockets.</summary>
    public SlackApp? InstallationOf { get; set; }

    /// <summary>What the settings page has: the id and the sockets are those of all installations.</summary>
    public SlackApp Whole => InstallationOf ?? this;

    public string SigningSecret { get; set; } = DefaultSigningSecret;

    /// <summary>Where events go; null: through Socket Mode.</summary>
    public Uri? RequestUrl { get; set; }

    /// <summary>Where interactions go; null: where events go.</summary>
    public Uri? InteractivityUrl { get; set; }

    /// <summary>Where slash commands go; null: where events go.</summary>
    public Uri? CommandUrl { get; set; }

    public bool IsRevoked { get; set; }

    public List<SlackSocket> Sockets { get; } = [];

    /// <summary>Completed when a socket says hello.</summary>
    public TaskCompletionSource SocketArrived { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first attempt of the last delivery of each lane.</summary>
    public Dictionary<string, Task> Lanes { get; } = [];

    /// <summary>What was sent last, to be sent again on request.</summary>
    public Queue<SlackDelivery> Sent { get; } = [];

    /// <summary>What is held back on request; null: nothing is.</summary>
    public List<SlackDelivery>? Held { get; set; }

    public SlackUser User => new(BotUserId, Key, Name, IsBot: true);
}
