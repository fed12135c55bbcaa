using System.Text;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Reads mrkdwn as clients show it: https://docs.slack.dev/messaging/formatting-message-text.</summary>
/// <param name="nameOf">The name of a user.</param>
internal sealed class SlackMarkup(Func<string, string> nameOf)
{
    private const string Fence = "```";

    private readonly StringBuilder _text = new();
    private readonly List<ChatEntity> _entities = [];

    public static ChatText Read(string mrkdwn, Func<string, string> nameOf)
    {
        var markup = new SlackMarkup(nameOf);
        markup.ReadBlocks(mrkdwn);
        return new ChatText(markup._text.ToString(), [.. markup._entities.OrderBy(e => e.Offset).ThenByDescending(e => e.Length)]);
    }

    /// <summary>Text in which only the three characters are escaped.</summary>
    public static string Unescape(string text) =>
        text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);

    private void ReadBlocks(string mrkdwn)
    {
        var at = 0;
        while (at < mrkdwn.Length)
        {
            var fence = mrkdwn.IndexOf(Fence, at, StringComparison.Ordinal);
            var end = fence < 0 ? -1 : mrkdwn.IndexOf(Fence, fence + Fence.Length, StringComparison.Ordinal);
            ReadLines(end < 0 ? mrkdwn[at..] : mrkdwn[at..fence]);
            if (end < 0)
            {
                return;
            }

            Entity("pre", () => _text.Append(Unescape(mrkdwn[(fence + Fence.Length)..end].Trim('\n'))));
            at = end + Fence.Length;
        }
    }

    private void ReadLines(string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0)
            {
                _text.Append('\n');
            }

            var line = lines[i];
            var quote = line.StartsWith('>') ? 1 : line.StartsWith("&gt;", StringComparison.Ordinal) ? 4 : 0;
            if (quote > 0)
            {
                Entity("blockquote", () => ReadLine(line[quote..], ""));
            }
            else
            {
                ReadLine(line, "");
            }
        }
    }

    private void ReadLine(string line, string open)
    {
        var at = 0;
        while (at < line.Length)
        {
            if (line[at] == '<' && line.IndexOf('>', at) is > 0 and var end)
            {
                ReadReference(line[(at + 1)..end]);
                at = end + 1;
            }
            else if (TypeOf(line[at]) is { } type && !open.Contains(line[at]) && Opens(line, at) && Closing(line, at) is > 0 and var close)
            {
                var (inner, delimiter) = (line[(at + 1)..close], line[at]);
                Entity(type, () =>
                {
                    if (type == "code")
                    {
                        _text.Append(Unescape(inner));
                    }
                    else
                    {
                        ReadLine(inner, open + delimiter);
                    }
                });
                at = close + 1;
            }
            else
            {
                var amp = line.IndexOf(';', at);
                var isEscape = line[at] == '&' && amp > 0 && line[at..(amp + 1)] is "&amp;" or "&lt;" or "&gt;";
                _text.Append(isEscape ? Unescape(line[at..(amp + 1)]) : line[at]);
                at = isEscape ? amp + 1 : at + 1;
            }
        }
    }

    private void ReadReference(string reference)
    {
        var bar = reference.IndexOf('|');
        var (target, label) = bar < 0 ? (reference, "") : (reference[..bar], Unescape(reference[(bar + 1)..]));
        switch (target)
        {
            case ['@', ..]:
                _text.Append('@').Append(label.Length > 0 ? label : nameOf(target[1..]));
                break;
            case ['#', ..]:
                _text.Append('#').Append(label.Length > 0 ? label : target[1..]);
                break;
            case ['!', ..]:
                _text.Append(label.Length > 0 ? label : "@" + target[1..]);
                break;
            default:
                var offset = _text.Length;
                _text.Append(label.Length > 0 ? label : Unescape(target));
                _entities.Add(new ChatEntity("text_link", offset, _text.Length - offset, Unescape(target)));
                break;
        }
    }

    private void Entity(string type, Action write)
    {
        var offset = _text.Length;
        write();
        if (_text.Length > offset)
        {
            _entities.Add(new ChatEntity(type, offset, _text.Length - offset));
        }
    }

    private static string? TypeOf(char c) => c switch { '*' => "bold", '_' => "italic", '~' => "strikethrough", '`' => "code", _ => null };

    private static bool Opens(string line, int at) => (at == 0 || IsEdge(line[at - 1])) && at + 1 < line.Length && !IsBlank(line[at + 1]);

    private static int Closing(string line, int at)
    {
        for (var i = at + 1; i < line.Length; i++)
        {
            if (line[i] == '<' && line[at] != '`' && line.IndexOf('>', i) is > 0 and var end)
            {
                i = end;
            }
            else if (i > at + 1 && line[i] == line[at] && !IsBlank(line[i - 1]) && (i + 1 == line.Length || IsEdge(line[i + 1])))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c == '\u200B';

    private static bool IsEdge(char c) => IsBlank(c) || ".,;:!?()\"'*_~`<>".Contains(c);
}
