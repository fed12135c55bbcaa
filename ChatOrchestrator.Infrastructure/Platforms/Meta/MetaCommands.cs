using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>Neither product knows commands: a text that is one of ours is meant as one.</summary>
internal static class MetaCommands
{
    private static readonly string[] Names = ["/start", "/help", "/reset", "/stop"];

    public static MessageKind KindOf(string text)
    {
        var word = text.AsSpan();
        var end = word.IndexOfAny(' ', '\n', '\t');
        word = end < 0 ? word : word[..end];
        foreach (var name in Names)
        {
            if (word.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return MessageKind.Command;
            }
        }
        return MessageKind.Text;
    }
}
