using System.Text.RegularExpressions;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>
/// Reads Telegram's HTML, written from https://core.telegram.org/bots/api#html-style and stricter than the server: only tags
/// that are documented, properly nested, never empty, nothing inside code, every special character escaped.
/// </summary>
internal static partial class TelegramHtmlParser
{
    public static StyledText Parse(string html)
    {
        StyledText text = new();
        List<(string Tag, SpanKind Kind, string? Argument, int Start)> open = [];
        int i = 0;
        while (i < html.Length)
        {
            char c = html[i];
            if (c == '>')
            {
                throw new FormatException($"unescaped > at {i}");
            }

            if (c == '<')
            {
                Match tag = Tag().Match(html, i);
                if (!tag.Success)
                {
                    throw new FormatException($"unsupported tag at {i}: {html[i..Math.Min(html.Length, i + 30)]}");
                }

                i += tag.Length;
                if (tag.Groups["close"].Success)
                {
                    Close(tag.Groups["close"].Value);
                }
                else
                {
                    Open(tag);
                }

                continue;
            }

            (char value, int length) = Character(html, i);
            text.Append(value, open.Select(item => (item.Kind, item.Argument)));
            i += length;
        }

        return open.Count == 0 ? text : throw new FormatException($"unclosed {open[^1].Tag}");

        void Open(Match tag)
        {
            string name = tag.Groups["name"].Value;
            string? argument = null;
            if (name == "code" && tag.Groups["language"].Success)
            {
                // The language of the <pre> right before.
                if (open.Count == 0 || open[^1].Tag != "pre" || open[^1].Start != text.Text.Length)
                {
                    throw new FormatException("a language outside of pre");
                }

                open[^1] = open[^1] with { Tag = "pre+code", Argument = Unescape(tag.Groups["language"].Value) };
                return;
            }

            if (open.Any(item => item.Kind == SpanKind.Pre || item.Kind == SpanKind.Code))
            {
                throw new FormatException("a tag in code");
            }

            SpanKind kind = name switch
            {
                "b" => SpanKind.Bold,
                "i" => SpanKind.Italic,
                "s" => SpanKind.Strikethrough,
                "code" => SpanKind.Code,
                "pre" => SpanKind.Pre,
                "blockquote" => SpanKind.BlockQuote,
                _ => SpanKind.Link,
            };
            if (open.Any(item => item.Kind == kind)
                || (kind is SpanKind.Pre && open.Count > 0)
                || (kind is SpanKind.Code && open.Any(item => item.Kind != SpanKind.BlockQuote)))
            {
                throw new FormatException($"{name} may not nest here");
            }

            if (kind == SpanKind.Link)
            {
                argument = Unescape(tag.Groups["url"].Value);
            }

            open.Add((name, kind, argument, text.Text.Length));
        }

        void Close(string name)
        {
            if (open.Count == 0)
            {
                throw new FormatException($"</{name}> without its start");
            }

            (string tag, SpanKind kind, string? argument, int start) = open[^1];
            if (tag == "pre+code" && name == "code")
            {
                open[^1] = ("pre", kind, argument, start);
                return;
            }

            if (tag != name || start == text.Text.Length)
            {
                throw new FormatException($"</{name}> closes {tag} of {text.Text.Length - start} characters");
            }

            open.RemoveAt(open.Count - 1);
        }
    }

    private static string Unescape(string value)
    {
        StyledText text = new();
        for (int i = 0; i < value.Length;)
        {
            (char c, int length) = Character(value, i);
            text.Append(c, []);
            i += length;
        }

        return text.Text;
    }

    private static (char Value, int Length) Character(string html, int i)
    {
        if (html[i] != '&')
        {
            return html[i] is '<' or '>' ? throw new FormatException($"unescaped at {i}") : (html[i], 1);
        }

        foreach ((string name, char value) in new[] { ("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"') })
        {
            if (html.AsSpan(i).StartsWith(name))
            {
                return (value, name.Length);
            }
        }

        throw new FormatException($"unescaped & at {i}");
    }

    [GeneratedRegex("""\G<(?:/(?<close>b|i|s|code|pre|blockquote|a)|(?<name>b|i|s|code|pre|blockquote)|(?<name>a) href="(?<url>[^"<>]+)"|(?<name>code) class="language-(?<language>[^"<>]+)")>""")]
    private static partial Regex Tag();
}
