using System.Text;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>Shows <see href="https://faq.whatsapp.com/539178204879377">WhatsApp's formatting</see> as the app does.</summary>
internal static class WhatsAppText
{
    private const string Fence = "```";

    public static ChatText Read(string text)
    {
        var shown = new StringBuilder(text.Length);
        var entities = new List<ChatEntity>();
        var pieces = text.Split(Fence);
        for (var i = 0; i < pieces.Length; i++)
        {
            if (i % 2 == 1 && i < pieces.Length - 1)
            {
                Add("pre", shown.Length, pieces[i].Length);
                shown.Append(pieces[i]);
                continue;
            }
            var piece = i % 2 == 1 ? Fence + pieces[i] : pieces[i];
            var lines = piece.Split('\n');
            for (var n = 0; n < lines.Length; n++)
            {
                if (n > 0)
                {
                    shown.Append('\n');
                }
                ReadLine(lines[n]);
            }
        }
        return new ChatText(shown.ToString(), entities);

        void ReadLine(string line)
        {
            var start = shown.Length;
            var isQuote = line.StartsWith("> ", StringComparison.Ordinal);
            ReadInline(isQuote ? line[2..] : line);
            if (isQuote)
            {
                Add("blockquote", start, shown.Length - start);
            }
        }

        void ReadInline(string line)
        {
            for (var at = 0; at < line.Length; at++)
            {
                var kind = KindOf(line[at]);
                if (kind is not null && IsEdge(line, at - 1) && at + 1 < line.Length && !char.IsWhiteSpace(line[at + 1]) && EndOf(line, at) is var end and > 0)
                {
                    var start = shown.Length;
                    if (kind == "code")
                    {
                        shown.Append(line, at + 1, end - at - 1);
                    }
                    else
                    {
                        ReadInline(line[(at + 1)..end]);
                    }
                    Add(kind, start, shown.Length - start);
                    at = end;
                    continue;
                }
                shown.Append(line[at]);
            }
        }

        void Add(string type, int offset, int length)
        {
            if (length > 0)
            {
                entities.Add(new ChatEntity(type, offset, length));
            }
        }
    }

    private static string? KindOf(char mark) => mark switch { '*' => "bold", '_' => "italic", '~' => "strikethrough", '`' => "code", _ => null };

    private static int EndOf(string line, int start)
    {
        for (var i = start + 2; i < line.Length; i++)
        {
            if (line[i] == line[start] && !char.IsWhiteSpace(line[i - 1]) && IsEdge(line, i + 1))
            {
                return i;
            }
        }
        return 0;
    }

    private static bool IsEdge(string line, int at) => at < 0 || at >= line.Length || char.IsWhiteSpace(line[at]) || char.IsPunctuation(line[at]) || line[at] is '~' or '`';
}
