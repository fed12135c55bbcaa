namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Who acts, and where: in a channel, or in the direct message with an app's bot.</summary>
internal record SlackAction
{
    public string UserId { get; init; } = "";

    /// <summary>The person's name; absent: as it is known.</summary>
    public string? Name { get; init; }

    /// <summary>The app, by its id or the word in its tokens; required without a channel, and for commands and presses.</summary>
    public string? App { get; init; }

    public string? Channel { get; init; }
}

/// <summary>A person writes, in the app's own markup: <c>&lt;@U…&gt;</c> mentions.</summary>
internal sealed record SlackSend : SlackAction
{
    public string Text { get; init; } = "";

    public string? ThreadTs { get; init; }

    public IReadOnlyList<SlackUpload> Files { get; init; } = [];
}

/// <param name="Base64">The bytes.</param>
internal sealed record SlackUpload(string Name, string Base64, string? MimeType = null);

/// <summary>A person changes, deletes or reacts to a message, or presses a button of it.</summary>
internal sealed record SlackOnMessage : SlackAction
{
    public string Ts { get; init; } = "";

    /// <summary>For an edit.</summary>
    public string Text { get; init; } = "";

    /// <summary>For a reaction, without colons.</summary>
    public string Reaction { get; init; } = "";

    public bool Remove { get; init; }

    /// <summary>For a press.</summary>
    public string ActionId { get; init; } = "";
}

/// <summary>A person gives a slash command.</summary>
internal sealed record SlackCommand : SlackAction
{
    public string Command { get; init; } = "";

    public string Text { get; init; } = "";
}

/// <summary>Where something was said.</summary>
internal sealed record SlackPlace(string Channel, string Ts);
