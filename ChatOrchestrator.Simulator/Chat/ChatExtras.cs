namespace ChatOrchestrator.Simulator.Chat;

// What a platform may offer the chat page beside IChatPlatform; the page shows it where it is there.

/// <summary>A platform whose chats a person can clear on their side.</summary>
internal interface IClearsChats
{
    /// <summary>Forgets what was said in the chat.</summary>
    void Clear(string botId, ChatPerson person);
}

/// <summary>A platform that shows a bot's commands while the person types one.</summary>
internal interface ISuggestsCommands
{
    IReadOnlyList<ChatCommand> Commands(string botId);
}

/// <summary>A platform that shows a person a few words of the bot for a moment, such as the answer to a pressed button.</summary>
internal interface ITellsPeople
{
    /// <summary>The bot's id and the words.</summary>
    event Action<string, string>? Told;
}

/// <param name="Name">Without the slash.</param>
internal sealed record ChatCommand(string Name, string Description);
