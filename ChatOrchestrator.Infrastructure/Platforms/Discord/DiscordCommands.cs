namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>The application's slash commands.</summary>
internal static class DiscordCommands
{
    /// <summary>The one command whose argument is simply a message.</summary>
    public const string Ask = "ask";

    /// <summary>
    /// What is registered, as JSON
    /// (https://discord.com/developers/docs/interactions/application-commands#application-command-object): type 1 is
    /// CHAT_INPUT, option type 3 a text; contexts are guilds, the bot's own DM, other private channels.
    /// </summary>
    public static byte[] Json { get; } =
        """
        [
          {"name":"ask","type":1,"description":"Ask me something","contexts":[0,1,2],"options":[{"name":"question","type":3,"description":"What you want to know","required":true,"max_length":2000}]},
          {"name":"help","type":1,"description":"What I can do","contexts":[0,1,2]},
          {"name":"reset","type":1,"description":"Forget our conversation","contexts":[0,1,2]},
          {"name":"stop","type":1,"description":"Stop the current answer","contexts":[0,1,2]}
        ]
        """u8.ToArray();

    /// <summary>Whether the engine has a rule of its own for the command.</summary>
    public static bool IsOwnName(string name) => name is "start" or "help" or "reset" or "stop";

    /// <summary>Whether a written text is one of our commands.</summary>
    public static bool IsOurs(string text)
    {
        if (text.Length < 2 || text[0] != '/')
        {
            return false;
        }
        var end = text.AsSpan().IndexOfAny(' ', '\n', '\t');
        return IsOwnName((end < 0 ? text[1..] : text[1..end]).ToLowerInvariant());
    }
}
