using System.Text;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Discord's own Markdown (https://support.discord.com/hc/en-us/articles/210298617). Its client reads one rule after the
/// other with regular expressions, so that what would be unambiguous elsewhere is not here: delimiters that would touch
/// are kept apart with a zero-width space.
/// </summary>
public sealed partial class DiscordMarkdown : MarkupRenderer
{
    /// <summary>
    /// The longest content of a message (https://discord.com/developers/docs/resources/message#create-message). Discord
    /// counts characters with their markup; we count UTF-16 units, which are never fewer.
    /// </summary>
    public const int MaxLength = 2000;

    private const char Apart = '\u200B';

    private readonly FormattedText _part;
    private bool _bareAddress;

    /// <summary>Emphasis has just begun.</summary>
    private bool _opened;

    private DiscordMarkdown(FormattedText part) => _part = part;

    protected override string QuotePrefix => "> ";

    public static string Render(FormattedText part) => new DiscordMarkdown(part).Write(part);

    public static int Measure(FormattedText part) => Render(part).Length;

    protected override void Open(StringBuilder markup, FormatSpan span)
    {
        switch (span.Kind)
        {
            case SpanKind.Pre when IsBlank(span):
                break;
            case SpanKind.Pre:
                _ = markup.Append("```").Append(IsLanguage(span.Argument) ? span.Argument : null).Append('\n');
                break;
            case SpanKind.Code:
                KeepApart(markup, '`');
                _ = markup.Append(CodeFence(span));
                break;
            case SpanKind.Link when FormOf(span) is var form:
                _bareAddress = form is LinkForm.Bare or LinkForm.Bracketed;
                _ = form switch
                {
                    LinkForm.Bracketed => markup.Append('<'),
                    LinkForm.Masked => markup.Append('['),
                    _ => markup,
                };
                break;
            default:
                KeepApart(markup, Delimiter(span.Kind)[0]);
                _ = markup.Append(Delimiter(span.Kind));
                _opened = true;
                break;
        }
    }

    protected override void Close(StringBuilder markup, FormatSpan span)
    {
        switch (span.Kind)
        {
            case SpanKind.Pre when IsBlank(span):
                break;
            case SpanKind.Pre:
                _ = markup.Append("\n```");
                break;
            case SpanKind.Code:
                KeepApart(markup, '`');
                _ = markup.Append(CodeFence(span));
                break;
            case SpanKind.Link when FormOf(span) is var form:
                _bareAddress = false;
                _ = form switch
                {
                    LinkForm.Bracketed => markup.Append('>'),
                    LinkForm.Masked => markup.Append("](<").Append(Encode(span.Argument!)).Append(">)"),
                    LinkForm.Beside when IsWeb(span.Argument!) => markup.Append(" (<").Append(Encode(span.Argument!)).Append(">)"),
                    LinkForm.Beside => Beside(markup, span.Argument!),
                    _ => markup,
                };
                break;
            default:
                // Emphasis may not end in a blank.
                if (markup.Length > 0 && char.IsWhiteSpace(markup[^1]))
                {
                    _ = markup.Append(Apart);
                }
                KeepApart(markup, Delimiter(span.Kind)[0]);
                _ = markup.Append(Delimiter(span.Kind));
                break;
        }
    }

    protected override void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode)
    {
        if (_bareAddress)
        {
            _ = markup.Append(Encode(text.ToString()));
            return;
        }
        if (inCode)
        {
            EscapeInCode(markup, text);
            return;
        }
        // Emphasis may not begin with a blank.
        if (_opened && char.IsWhiteSpace(text[0]))
        {
            _ = markup.Append(Apart);
        }
        _opened = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is 'h' or 'H' && SchemeLength(text[i..]) is > 0 and var scheme)
            {
                i += AppendAddress(markup, text[i..], scheme, isWord: markup.Length == 0 || !char.IsLetterOrDigit(markup[^1])) - 1;
                continue;
            }
            if (c == '~' || c == '*')
            {
                KeepApart(markup, c);
            }
            if (IsReserved(c) || (c is '#' or '-' or '+' or '>' && StartsLine(markup)) || (c == '.' && EndsNumber(markup)) || (c == ':' && (IsShortcode(text[i..]) || (i + 1 == text.Length && !_part.Spans.IsEmpty)))
                || (c == '@' && (text[i..].StartsWith("@everyone") || text[i..].StartsWith("@here"))))
            {
                _ = markup.Append('\\');
            }
            _ = markup.Append(c);
        }
    }

    private StringBuilder Beside(StringBuilder markup, string address)
    {
        _ = markup.Append(" (");
        Escape(markup, address, inCode: false);
        return markup.Append(')');
    }

    /// <summary>The length of <c>https://</c> or <c>http://</c> if the text begins with it, else 0.</summary>
    private static int SchemeLength(ReadOnlySpan<char> text) =>
        text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;

    /// <summary>
    /// Appends a web address so that exactly it becomes a link: as it is where it stands by itself, else in brackets; where
    /// that cannot be, only its scheme, so that it becomes none. Discord takes all up to the next blank for the address.
    /// </summary>
    /// <returns>How much of the text was appended.</returns>
    private int AppendAddress(StringBuilder markup, ReadOnlySpan<char> text, int scheme, bool isWord)
    {
        var end = scheme;
        while (end < text.Length && AddressCharacters.Contains(text[end]))
        {
            end++;
        }
        while (end > scheme && IsPunctuation(text[end - 1]))
        {
            end--;
        }
        if (!isWord || end == scheme)
        {
            // The colon is the last character but two.
            _ = markup.Append(text[..(scheme - 3)]).Append("\\://");
            return scheme;
        }
        var rest = text[end..];
        while (!rest.IsEmpty && IsPunctuation(rest[0]))
        {
            rest = rest[1..];
        }
        // Behind the text may come a delimiter, which would be taken for a part of the address.
        var standsAlone = rest.IsEmpty ? _part.Spans.IsEmpty : char.IsWhiteSpace(rest[0]);
        _ = standsAlone ? markup.Append(text[..end]) : markup.Append('<').Append(text[..end]).Append('>');
        return end;
    }

    /// <summary>What Discord does not count to an address when it stands at its end.</summary>
    private static bool IsPunctuation(char c) => c is '.' or ',' or ':' or ';' or '"' or '\'' or ')' or ']';

    private static bool IsReserved(char c) => c is '\\' or '*' or '_' or '~' or '`' or '|' or '<' or '[';

    /// <summary>Backticks would end the code: never two together in inline code, never three in a block.</summary>
    private static void EscapeInCode(StringBuilder markup, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            KeepApart(markup, c == '`' ? '`' : '\0');
            _ = markup.Append(c);
        }
    }

    /// <summary>The character may not touch another one like it.</summary>
    private static void KeepApart(StringBuilder markup, char next)
    {
        if (markup.Length > 0 && markup[^1] == next)
        {
            _ = markup.Append(Apart);
        }
    }

    /// <summary>Of code that shows nothing Discord would show the fences, and the language.</summary>
    private bool IsBlank(FormatSpan span) => VisibleText.IsBlank(_part.Text.AsSpan(span.Offset, span.Length));

    private string CodeFence(FormatSpan span) => _part.Text.AsSpan(span.Offset, span.Length).Contains('`') ? "``" : "`";

    /// <summary>Only blanks, or the mark of a quotation, since the line began.</summary>
    private static bool StartsLine(StringBuilder markup)
    {
        for (var i = markup.Length - 1; i >= 0; i--)
        {
            if (markup[i] == '\n' || (markup[i] == '>' && (i == 0 || markup[i - 1] == '\n')))
            {
                return true;
            }
            if (!char.IsWhiteSpace(markup[i]))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Digits and nothing else since the line began: with a dot a list would begin.</summary>
    private static bool EndsNumber(StringBuilder markup)
    {
        var i = markup.Length - 1;
        while (i >= 0 && char.IsAsciiDigit(markup[i]))
        {
            i--;
        }
        while (i >= 0 && markup[i] == ' ')
        {
            i--;
        }
        return markup.Length > 0 && char.IsAsciiDigit(markup[^1]) && (i < 0 || markup[i] == '\n' || (markup[i] == '>' && (i == 0 || markup[i - 1] == '\n')));
    }

    /// <summary><c>:name:</c> would become an emoji.</summary>
    private static bool IsShortcode(ReadOnlySpan<char> text)
    {
        var end = text[1..].IndexOf(':');
        return end > 0 && !text.Slice(1, end).ContainsAnyExcept(ShortcodeCharacters);
    }

    private LinkForm FormOf(FormatSpan span)
    {
        var label = _part.Text.AsSpan(span.Offset, span.Length);
        if (label.SequenceEqual(span.Argument))
        {
            return IsWeb(span.Argument!) && IsBare(span) ? LinkForm.Bare : IsWeb(span.Argument!) ? LinkForm.Bracketed : LinkForm.Text;
        }
        // A label that looks like an address is not made a link by Discord, and one with brackets is not read as one. A
        // label is read on to the last "](" before the next bracket opens.
        return IsWeb(span.Argument!) && !label.ContainsAny("[]\n") && !label.Contains("://", StringComparison.Ordinal) && !label.Contains("discord.gg", StringComparison.OrdinalIgnoreCase)
            && !VisibleText.IsBlank(label.ToString()) && !EndsALabel(_part.Text.AsSpan(span.End))
            ? LinkForm.Masked
            : LinkForm.Beside;
    }

    private static bool EndsALabel(ReadOnlySpan<char> text)
    {
        var opening = text.IndexOf('[');
        return text[..(opening < 0 ? text.Length : opening)].Contains("](", StringComparison.Ordinal);
    }

    /// <summary>Whether the address needs nothing around it to be read to its end, and not further.</summary>
    private bool IsBare(FormatSpan span)
    {
        var before = span.Offset == 0 || char.IsWhiteSpace(_part.Text[span.Offset - 1]);
        var after = span.End == _part.Text.Length || char.IsWhiteSpace(_part.Text[span.End]);
        return before && after && BareForm().IsMatch(span.Argument!);
    }

    private static bool IsWeb(string address) =>
        address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || address.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static bool IsLanguage(string? language) => language is { Length: > 0 and <= 40 } && LanguageForm().IsMatch(language);

    /// <summary>The same address without characters that mean something to Discord.</summary>
    private static string Encode(string address)
    {
        StringBuilder? encoded = null;
        for (var i = 0; i < address.Length; i++)
        {
            if (address[i] is '*' or '~' or '|' or '`' or '\\' or '<' or '>' or '(' or ')' or ' ' or '[' or ']' or '"' or '\'')
            {
                encoded ??= new StringBuilder(address, 0, i, address.Length + 16);
                _ = encoded.Append('%').Append(((int)address[i]).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                _ = encoded?.Append(address[i]);
            }
        }
        return encoded?.ToString() ?? address;
    }

    private static string Delimiter(SpanKind kind) => kind switch
    {
        SpanKind.Bold => "**",
        SpanKind.Italic => "*",
        SpanKind.Strikethrough => "~~",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    private enum LinkForm
    {
        /// <summary>The address by itself: Discord makes it a link, and shows what is behind it.</summary>
        Bare,

        /// <summary><c>&lt;address&gt;</c>.</summary>
        Bracketed,

        /// <summary><c>[label](&lt;address&gt;)</c>.</summary>
        Masked,

        /// <summary><c>label (address)</c>.</summary>
        Beside,

        /// <summary>Not a web address: text.</summary>
        Text,
    }

    private static readonly System.Buffers.SearchValues<char> ShortcodeCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+");

    private static readonly System.Buffers.SearchValues<char> AddressCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./?=&%_#+:@!,;-");

    [GeneratedRegex("^https?://[A-Za-z0-9./?=&%_#+:@!,;-]*[A-Za-z0-9/=&%_#+-]\\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex BareForm();

    [GeneratedRegex("^[A-Za-z0-9_+\\-.#]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex LanguageForm();
}
