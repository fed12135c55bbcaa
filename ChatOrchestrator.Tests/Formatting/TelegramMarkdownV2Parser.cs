using System.Text;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>
/// Reads MarkdownV2, written from https://core.telegram.org/bots/api#markdownv2-style and stricter than the server: reserved
/// characters must be escaped, entities nest properly and are never empty.
/// </summary>
internal sealed class TelegramMarkdownV2Parser
{
    private const string Reserved = "_*[]()~`>#+-=|{}.!\\";

    private readonly string _markup;
    private readonly StyledText _text = new();
    private readonly List<(SpanKind Kind, string? Argument, int Start)> _open = [];
    private int _position;

    private TelegramMarkdownV2Parser(string markup) => _markup = markup;

    private bool InQuote => _open.Count > 0 && _open[0].Kind == SpanKind.BlockQuote;

    public static StyledText Parse(string markup)
    {
        TelegramMarkdownV2Parser parser = new(markup);
        parser.Parse();
        return parser._text;
    }

    private void Parse()
    {
        bool lineStart = true;
        while (_position < _markup.Length)
        {
            char c = _markup[_position];
            if (c == '>' && lineStart)
            {
                if (!InQuote)
                {
                    Require(_open.Count == 0, "a quotation inside an entity");
                    _open.Add((SpanKind.BlockQuote, null, _text.Text.Length));
                }

                _position++;
                lineStart = false;
                continue;
            }

            if (lineStart && InQuote)
            {
                Require(_open.Count == 1, "an entity over the end of a quotation");
                _open.RemoveAt(0);
            }

            lineStart = c == '\n';
            Require(!lineStart || !InQuote || _open.Count == 1, "an entity over a line of a quotation");
            ParseOne(c);
        }

        Require(_open.Count == (InQuote ? 1 : 0), "an entity without its end");
    }

    private void ParseOne(char c)
    {
        switch (c)
        {
            case '\\':
                Require(_position + 1 < _markup.Length && Reserved.Contains(_markup[_position + 1]), "escaped without need");
                Append(_markup[_position + 1]);
                _position += 2;
                break;
            case '`':
                ParseCode();
                break;
            case '*':
                Toggle(SpanKind.Bold);
                break;
            case '~':
                Toggle(SpanKind.Strikethrough);
                break;
            case '_':
                Require(!_markup.AsSpan(_position).StartsWith("__"), "an underline");
                Toggle(SpanKind.Italic);
                break;
            case '[':
                int labelStart = _position++;
                Require(_open.All(item => item.Kind != SpanKind.Link), "a link in a link");
                _open.Add((SpanKind.Link, UrlOf(labelStart), _text.Text.Length));
                break;
            case ']':
                Require(_open.Count > 0 && _open[^1].Kind == SpanKind.Link && _open[^1].Start < _text.Text.Length, "] without [");
                _open.RemoveAt(_open.Count - 1);
                _position = ReadUrl(_position + 1).End;
                break;
            default:
                Require(!Reserved.Contains(c), "not escaped");
                Append(c);
                _position++;
                break;
        }
    }

    private void Toggle(SpanKind kind)
    {
        _position++;
        if (_open.Count > 0 && _open[^1].Kind == kind)
        {
            Require(_open[^1].Start < _text.Text.Length, "an empty entity");
            _open.RemoveAt(_open.Count - 1);
            return;
        }

        Require(_open.All(item => item.Kind != kind), $"{kind} crosses another");
        _open.Add((kind, null, _text.Text.Length));
    }

    private void ParseCode()
    {
        Require(_open.Count == (InQuote ? 1 : 0), "code in an entity");
        bool pre = _markup.AsSpan(_position).StartsWith("```");
        Require(!pre || !InQuote, "a code block in a quotation");
        string end = pre ? "```" : "`";
        _position += end.Length;
        string? language = null;
        if (pre)
        {
            int line = _markup.IndexOf('\n', _position);
            Require(line >= 0, "no line after ```");
            language = line > _position ? _markup[_position..line] : null;
            Require(language is null || !language.AsSpan().ContainsAny(" `\\"), "not a language");
            _position = line + 1;
        }

        int start = _text.Text.Length;
        _open.Add((pre ? SpanKind.Pre : SpanKind.Code, language, start));
        while (!_markup.AsSpan(_position).StartsWith(end))
        {
            Require(_position < _markup.Length && _markup[_position] != '`', "code without its end");
            if (_markup[_position] == '\\')
            {
                _position++;
                Require(_markup[_position] is '`' or '\\', "escaped without need in code");
            }

            Append(_markup[_position++]);
        }

        Require(_text.Text.Length > start, "empty code");
        _position += end.Length;
        _open.RemoveAt(_open.Count - 1);
    }

    // The address stands after the label, whose characters are read first.
    private string UrlOf(int labelStart)
    {
        for (int i = labelStart + 1; i < _markup.Length; i++)
        {
            if (_markup[i] == '\\')
            {
                i++;
            }
            else if (_markup[i] == ']')
            {
                return ReadUrl(i + 1).Url;
            }
        }

        throw new FormatException("[ without ]");
    }

    private (string Url, int End) ReadUrl(int position)
    {
        Require(position < _markup.Length && _markup[position] == '(', "no ( after ]");
        StringBuilder url = new();
        for (int i = position + 1; i < _markup.Length; i++)
        {
            if (_markup[i] == ')')
            {
                return (url.ToString(), i + 1);
            }

            if (_markup[i] == '\\')
            {
                i++;
                Require(_markup[i] is ')' or '\\', "escaped without need in an address");
            }

            _ = url.Append(_markup[i]);
        }

        throw new FormatException("( without )");
    }

    private void Append(char c) => _text.Append(c, _open.Select(item => (item.Kind, item.Argument)));

    private void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException($"{message} at {_position} of {_markup}");
        }
    }
}
