using System.Text;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Telegram's MarkdownV2, with the error messages of the real server.</summary>
/// <remarks>https://core.telegram.org/bots/api#markdownv2-style</remarks>
internal sealed class MarkdownV2Parser
{
    private const string Reserved = "_*[]()~`>#+-=|{}.!\n";
    private readonly string _source;
    private readonly StringBuilder _text = new();
    private readonly List<MessageEntity> _entities = [];
    private readonly Stack<Open> _open = new();
    private int _at;
    private bool _inQuote;
    private bool _lineStart = true;

    private MarkdownV2Parser(string source) => _source = source;

    private enum Kind
    {
        Bold,
        Italic,
        Underline,
        Strikethrough,
        Spoiler,
        Code,
        Pre,
        PreCode,
        TextUrl,
        CustomEmoji,
        BlockQuote,
    }

    /// <exception cref="FormattingException">A reserved character is not escaped or an entity has no end.</exception>
    public static FormattedText Parse(string source) => new MarkdownV2Parser(source).Run();

    private FormattedText Run()
    {
        while (_at < _source.Length)
        {
            var c = _source[_at];
            if (c == '\\' && IsEscapable(Peek(1)))
            {
                Append(Peek(1), 2);
            }
            else if (_open.TryPeek(out var top) && IsVerbatim(top.Kind) ? c != '`' : !Reserved.Contains(c, StringComparison.Ordinal))
            {
                Append(c, 1);
            }
            else if (Ends(c))
            {
                Close(c);
            }
            else
            {
                Begin(c);
            }
        }

        CloseLastQuote();
        if (_open.TryPeek(out var unclosed))
        {
            throw Unclosed(unclosed);
        }

        return new FormattedText(_text.ToString(), _entities.Order(EntityRules.Order).ToList());
    }

    private char Peek(int ahead) => _at + ahead < _source.Length ? _source[_at + ahead] : '\0';

    private bool Follows(string mark) => string.CompareOrdinal(_source, _at, mark, 0, mark.Length) == 0;

    // Any ASCII character may be escaped, reserved or not.
    private static bool IsEscapable(char c) => c is > '\0' and <= '~';

    private static bool IsVerbatim(Kind kind) => kind is Kind.Code or Kind.Pre or Kind.PreCode;

    private void Append(char c, int consumed)
    {
        _text.Append(c);
        _at += consumed;
        if (c != '\r')
        {
            _lineStart = c == '\n';
        }
    }

    private bool Ends(char c)
    {
        if (!_open.TryPeek(out var top))
        {
            return false;
        }

        if (_inQuote && c == '\n' && Peek(1) != '>')
        {
            return true;
        }

        return top.Kind switch
        {
            Kind.Bold => c == '*',
            Kind.Italic => c == '_' && Peek(1) != '_',
            Kind.Underline => Follows("__"),
            Kind.Strikethrough => c == '~',
            Kind.Spoiler => Follows("||"),
            Kind.Code => c == '`',
            Kind.Pre or Kind.PreCode => Follows("```"),
            Kind.TextUrl or Kind.CustomEmoji => c == ']',
            _ => false,
        };
    }

    private void Begin(char c)
    {
        switch (c)
        {
            case '\n':
                Append(c, 1);
                break;
            case '>' when _lineStart:
                if (_inQuote)
                {
                    _at++;
                }
                else
                {
                    _inQuote = true;
                    Push(Kind.BlockQuote, 1);
                }

                break;
            case '_' when Peek(1) == '_':
                Push(Kind.Underline, 2);
                break;
            case '_':
                Push(Kind.Italic, 1);
                break;
            case '*':
                Push(Kind.Bold, 1);
                break;
            case '~':
                Push(Kind.Strikethrough, 1);
                break;
            case '|' when Peek(1) == '|':
                Push(Kind.Spoiler, 2);
                break;
            case '[':
                Push(Kind.TextUrl, 1);
                break;
            case '!' when Peek(1) == '[':
                Push(Kind.CustomEmoji, 2);
                break;
            case '`' when Follows("```"):
                BeginPre();
                break;
            case '`':
                Push(Kind.Code, 1);
                break;
            default:
                throw Error($"Character '{c}' is reserved and must be escaped with the preceding '\\'");
        }
    }

    private void BeginPre()
    {
        var start = _at;
        _at += 3;
        var end = _at;
        while (end < _source.Length && !char.IsWhiteSpace(_source[end]) && _source[end] != '`')
        {
            end++;
        }

        string? language = null;
        if (end > _at && end < _source.Length && _source[end] != '`')
        {
            language = _source[_at..end];
            _at = end;
        }

        // One line break after the opening belongs to the markup.
        if (Peek(0) is '\n' or '\r')
        {
            _at += Peek(1) is '\n' or '\r' && Peek(1) != Peek(0) ? 2 : 1;
        }

        _open.Push(new Open(language is null ? Kind.Pre : Kind.PreCode, start, _text.Length, language));
    }

    private void Push(Kind kind, int markLength)
    {
        _open.Push(new Open(kind, _at, _text.Length, null));
        _at += markLength;
    }

    private void Close(char c)
    {
        var top = _open.Pop();
        if (c == '\n')
        {
            CloseQuoteAtLineEnd(top);
            return;
        }

        var length = _text.Length - top.Offset;
        MessageEntity? entity;
        switch (top.Kind)
        {
            case Kind.TextUrl:
                var url = Peek(1) == '(' ? ReadUrl() : ReadNothing(_text.ToString(top.Offset, length));
                entity = CheckedLink.ToEntity(url, top.Offset, length);
                break;
            case Kind.CustomEmoji:
                entity = Peek(1) == '('
                    ? SpecialEntity.FromLink(ReadUrl(), top.Offset, length)
                    : throw Error("The entity must contain a tg://emoji or tg://time URL");
                break;
            default:
                _at += top.Kind switch { Kind.Underline or Kind.Spoiler => 2, Kind.Pre or Kind.PreCode => 3, _ => 1 };
                entity = new MessageEntity(TypeOf(top.Kind), top.Offset, length) { Language = top.Language };
                break;
        }

        if (entity is not null && length > 0)
        {
            _entities.Add(entity);
        }
    }

    /// <summary>A line that does not begin with <c>&gt;</c> ends the quotation; a dangling <c>||</c> makes it expandable.</summary>
    private void CloseQuoteAtLineEnd(Open top)
    {
        var type = "blockquote";
        if (top.Kind != Kind.BlockQuote)
        {
            var dangling = top.Kind == Kind.Spoiler
                && (top.SourceIndex == _at - 2 || (top.SourceIndex == _at - 3 && _source[_at - 1] == '\r'));
            if (!dangling)
            {
                throw Unclosed(top);
            }

            top = _open.Pop();
            if (top.Kind != Kind.BlockQuote)
            {
                throw Unclosed(top);
            }

            type = "expandable_blockquote";
        }

        _inQuote = false;
        Append('\n', 1);
        _entities.Add(new MessageEntity(type, top.Offset, _text.Length - top.Offset));
    }

    private void CloseLastQuote()
    {
        if (!_inQuote)
        {
            return;
        }

        var type = "blockquote";
        if (_open.Peek() is { Kind: Kind.Spoiler } spoiler && spoiler.SourceIndex == _source.Length - 2)
        {
            _open.Pop();
            type = "expandable_blockquote";
        }

        if (_open.TryPeek(out var top) && top.Kind == Kind.BlockQuote)
        {
            _open.Pop();
            if (_text.Length > top.Offset)
            {
                _entities.Add(new MessageEntity(type, top.Offset, _text.Length - top.Offset));
            }
        }
    }

    /// <summary>Without a <c>(…)</c> part the text itself is the address.</summary>
    private string ReadNothing(string text)
    {
        _at++;
        return text;
    }

    private string ReadUrl()
    {
        _at += 2;
        var start = _at;
        var url = new StringBuilder();
        while (_at < _source.Length && _source[_at] != ')')
        {
            if (_source[_at] == '\\' && IsEscapable(Peek(1)))
            {
                _at++;
            }

            url.Append(_source[_at++]);
        }

        if (_at >= _source.Length)
        {
            throw Error($"Can't find end of a URL at byte offset {MessageText.ByteOffset(_source, start)}");
        }

        _at++;
        return url.ToString();
    }

    private static string TypeOf(Kind kind) => kind switch
    {
        Kind.Bold => "bold",
        Kind.Italic => "italic",
        Kind.Underline => "underline",
        Kind.Strikethrough => "strikethrough",
        Kind.Spoiler => "spoiler",
        Kind.Code => "code",
        _ => "pre",
    };

    private FormattingException Unclosed(Open open) =>
        Error($"Can't find end of {open.Kind} entity at byte offset {MessageText.ByteOffset(_source, open.SourceIndex)}");

    private static FormattingException Error(string message) => new("can't parse entities: " + message);

    private sealed record Open(Kind Kind, int SourceIndex, int Offset, string? Language);
}
