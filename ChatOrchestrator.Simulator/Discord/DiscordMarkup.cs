using System.Text;
using System.Text.RegularExpressions;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>
/// Reads Discord's Markdown as its client does: one rule after the other, each a regular expression that must match where
/// the reader stands. Written from https://support.discord.com/hc/en-us/articles/210298617 and the client's behaviour.
/// </summary>
internal sealed partial class DiscordMarkup
{
    private const int MaxDepth = 50;

    private readonly StringBuilder _text = new();
    private readonly List<ChatEntity> _entities = [];

    private DiscordMarkup()
    {
    }

    /// <summary>The visible text with its formats; headings and lists are entities of these names.</summary>
    public static ChatText Read(string content)
    {
        var markup = new DiscordMarkup();
        markup.Read(content, inQuote: false, lineStart: true, depth: 0);
        return new ChatText(markup._text.ToString(), [.. markup._entities.OrderBy(e => e.Offset).ThenByDescending(e => e.Length)]);
    }

    private void Read(string source, bool inQuote, bool lineStart, int depth)
    {
        var position = 0;
        while (position < source.Length)
        {
            var length = depth < MaxDepth ? TryRule(source, position, inQuote, lineStart, depth) : 0;
            if (length == 0)
            {
                length = 1;
                while (position + length < source.Length && IsPlain(source[position + length]) && IsPlain(source[position + length - 1])
                    && !Scheme().IsMatch(source, position + length))
                {
                    length++;
                }
                _text.Append(source, position, length);
            }
            position += length;
            lineStart = source[position - 1] == '\n';
        }
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is ' ' or '\t' or >= '\u00c0';

    /// <summary>The length of what a rule took; 0: none did.</summary>
    private int TryRule(string source, int position, bool inQuote, bool lineStart, int depth)
    {
        if (lineStart && TryLine(source, position, inQuote, depth) is > 0 and var line)
        {
            return line;
        }
        switch (source[position])
        {
            case '`' when CodeBlock().Match(source, position) is { Success: true } block:
                Add("pre", block.Groups[2].Value, language: block.Groups[1].Success ? block.Groups[1].Value : null);
                return block.Length;
            case '`' when InlineCode().Match(source, position) is { Success: true } code:
                Add("code", code.Groups[2].Value);
                return code.Length;
            case '\\' when position + 1 < source.Length && char.IsAscii(source[position + 1]) && !char.IsAsciiLetterOrDigit(source[position + 1]) && !char.IsWhiteSpace(source[position + 1]):
                _text.Append(source[position + 1]);
                return 2;
            case '<' when AutoLink().Match(source, position) is { Success: true } link:
                Add("url", link.Groups[1].Value, url: link.Groups[1].Value);
                return link.Length;
            case '<' when Mention().Match(source, position) is { Success: true } mention:
                Add("mention", mention.Value);
                return mention.Length;
            case 'h' or 'H' when BareLink().Match(source, position) is { Success: true } link:
                Add("url", link.Value, url: link.Value);
                return link.Length;
            case '[' when MaskedLink().Match(source, position) is { Success: true } link && !link.Groups[1].Value.Contains("://", StringComparison.Ordinal):
                return Nested("text_link", link.Groups[1].Value, link.Length, inQuote, depth, link.Groups[2].Value);
            case '*' when Strong().Match(source, position) is { Success: true } strong:
                return Nested("bold", strong.Groups[1].Value, strong.Length, inQuote, depth);
            case '*' when Emphasis().Match(source, position) is { Success: true } emphasis:
                return Nested("italic", emphasis.Groups[1].Value, emphasis.Length, inQuote, depth);
            case '_' when Underline().Match(source, position) is { Success: true } underline:
                return Nested("underline", underline.Groups[1].Value, underline.Length, inQuote, depth);
            case '_' when UnderscoreEmphasis().Match(source, position) is { Success: true } emphasis:
                return Nested("italic", emphasis.Groups[1].Value, emphasis.Length, inQuote, depth);
            case '~' when Strikethrough().Match(source, position) is { Success: true } strike:
                return Nested("strikethrough", strike.Groups[1].Value, strike.Length, inQuote, depth);
            case '|' when Spoiler().Match(source, position) is { Success: true } spoiler:
                return Nested("spoiler", spoiler.Groups[1].Value, spoiler.Length, inQuote, depth);
            case ':' when Shortcode().Match(source, position) is { Success: true } emoji:
                Add("custom_emoji", emoji.Value);
                return emoji.Length;
            case '@' when Everyone().Match(source, position) is { Success: true } everyone:
                Add("mention", everyone.Value);
                return everyone.Length;
            default:
                return 0;
        }
    }

    private int TryLine(string source, int position, bool inQuote, int depth)
    {
        if (!inQuote && BlockQuote().Match(source, position) is { Success: true } quote)
        {
            var start = _text.Length;
            Read(QuoteMark().Replace(quote.Value, ""), inQuote: true, lineStart: true, depth + 1);
            AddSpan("blockquote", start, trimEnd: true);
            return quote.Length;
        }
        if (Heading().Match(source, position) is { Success: true } heading)
        {
            return Nested("heading", heading.Groups[1].Value, heading.Length, inQuote, depth);
        }
        if (ListItem().Match(source, position) is { Success: true } item)
        {
            _text.Append(item.Value);
            AddSpan("list", _text.Length - item.Length);
            return item.Length;
        }
        return 0;
    }

    private int Nested(string type, string inner, int length, bool inQuote, int depth, string? url = null)
    {
        var start = _text.Length;
        Read(inner, inQuote, lineStart: false, depth + 1);
        AddSpan(type, start, url: url);
        return length;
    }

    private void Add(string type, string text, string? url = null, string? language = null)
    {
        var start = _text.Length;
        _text.Append(text);
        AddSpan(type, start, url: url, language: language);
    }

    private void AddSpan(string type, int start, bool trimEnd = false, string? url = null, string? language = null)
    {
        var end = _text.Length;
        while (trimEnd && end > start && _text[end - 1] == '\n')
        {
            end--;
        }
        if (end > start)
        {
            _entities.Add(new ChatEntity(type, start, end - start, url, language));
        }
    }

    [GeneratedRegex("\\G(?:( *>>> ([\\s\\S]*))|( *> [^\\n]*(\\n *> [^\\n]*)*\\n?))")]
    private static partial Regex BlockQuote();

    [GeneratedRegex("^ *>(?:>>)? ?", RegexOptions.Multiline)]
    private static partial Regex QuoteMark();

    [GeneratedRegex("\\G *#{1,3}\\s+((?:\\\\.|[^\\\\\\n])+?)#*\\s*(?:\\n|\\z)")]
    private static partial Regex Heading();

    [GeneratedRegex("\\G *(?:[*-]|[0-9]+\\.) +(?=\\S)")]
    private static partial Regex ListItem();

    [GeneratedRegex("\\G```(?:([A-Za-z0-9_+\\-.#]+?)\\n)?\\n*([^\\n][\\s\\S]*?)\\n*```")]
    private static partial Regex CodeBlock();

    [GeneratedRegex("\\G(`+)([\\s\\S]*?[^`])\\1(?!`)")]
    private static partial Regex InlineCode();

    [GeneratedRegex("\\G<(https?://[^ >]+)>", RegexOptions.IgnoreCase)]
    private static partial Regex AutoLink();

    [GeneratedRegex("\\G(?:<@[!&]?[0-9]+>|<#[0-9]+>|<a?:\\w+:[0-9]+>|<t:-?[0-9]+(?::[tTdDfFR])?>|</[\\w -]+:[0-9]+>|<id:\\w+>)")]
    private static partial Regex Mention();

    [GeneratedRegex("\\Ghttps?://[^\\s<]+[^<.,:;\"')\\]\\s]", RegexOptions.IgnoreCase)]
    private static partial Regex BareLink();

    [GeneratedRegex("\\G\\[((?:\\[[^\\]]*\\]|[^\\[\\]]|\\](?=[^\\[]*\\]))*)\\]\\(\\s*<?((?:[^\\s\\\\]|\\\\.)*?)>?(?:\\s+['\"]([\\s\\S]*?)['\"])?\\s*\\)")]
    private static partial Regex MaskedLink();

    [GeneratedRegex("\\G\\*\\*((?:\\\\[\\s\\S]|[^\\\\])+?)\\*\\*(?!\\*)")]
    private static partial Regex Strong();

    [GeneratedRegex("\\G\\*(?=\\S)((?:\\*\\*|\\\\[\\s\\S]|\\s+(?:\\\\[\\s\\S]|[^\\s*\\\\]|\\*\\*)|[^\\s*\\\\])+?)\\*(?!\\*)")]
    private static partial Regex Emphasis();

    [GeneratedRegex("\\G__((?:\\\\[\\s\\S]|[^\\\\])+?)__(?!_)")]
    private static partial Regex Underline();

    [GeneratedRegex("\\G_((?:__|\\\\[\\s\\S]|[^\\\\_])+?)_\\b")]
    private static partial Regex UnderscoreEmphasis();

    [GeneratedRegex("\\G~~([\\s\\S]+?)~~(?!_)")]
    private static partial Regex Strikethrough();

    [GeneratedRegex("\\G\\|\\|([\\s\\S]+?)\\|\\|")]
    private static partial Regex Spoiler();

    [GeneratedRegex("\\G:[A-Za-z0-9_+-]+:")]
    private static partial Regex Shortcode();

    [GeneratedRegex("\\G[A-Za-z0-9_]+:\\S")]
    private static partial Regex Scheme();

    [GeneratedRegex("\\G@(?:everyone|here)")]
    private static partial Regex Everyone();
}
