using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The commands that the bot answers itself; every other one is a text for the model.</summary>
internal static class Commands
{
    private const string DefaultHelp = """
        Write to me and I will answer. I also understand:

        /reset – forget our conversation and start afresh
        /stop – stop the answer I am working on
        /help – this text
        """;

    /// <summary>The command's name without the slash and its arguments, in lower case.</summary>
    public static string Name(string text)
    {
        var end = text.AsSpan().IndexOfAny(' ', '\n', '\t');
        var word = end < 0 ? text : text[..end];
        return word.TrimStart('/').ToLowerInvariant();
    }

    /// <summary>Whether the command does not wait its turn.</summary>
    public static bool Interrupts(string text) => Name(text) is "stop" or "reset";

    /// <summary>Whether the command makes the bot forget what was said.</summary>
    public static bool Forgets(string text) => Name(text) == "reset";

    /// <summary>Whether the message is a command and nothing else.</summary>
    public static bool IsBare(LaneMessage message) => message.Kind == MessageKind.Command && !message.Text.AsSpan().Trim().ContainsAny(' ', '\n', '\t');

    /// <summary>The answer, or null when the model should answer.</summary>
    public static string? Answer(string text, BotSnapshot bot) => Name(text) switch
    {
        "start" => Or(bot.Processing.Greeting, $"Hello! I am {bot.Name}. How can I help you?"),
        "help" => Or(bot.Processing.Help, DefaultHelp),
        "reset" => "All right, I have forgotten our conversation. What shall we talk about?",
        "stop" => "Stopped.",
        _ => null,
    };

    private static string Or(string? text, string otherwise) => string.IsNullOrWhiteSpace(text) ? otherwise : text;
}
