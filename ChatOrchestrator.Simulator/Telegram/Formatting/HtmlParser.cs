using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Telegram's HTML subset, with the error messages of the real server.</summary>
/// <remarks>https://core.telegram.org/bots/api#html-style</remarks>
internal sealed class HtmlParser
{
    private static readonly HashSet<string> Tags =
    [
        "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time", "span", "pre", "code", "blockquote",
    ];

    private readonly string _source;
    private readonly StringBuilder _text = new();
    private readonly List<(MessageEntity Entity, string? CodeLanguage)> _entities = [];
    private readonly Stack<Open> _open = new();
    private int _at;

    private HtmlParser(string source) => _source = source;

    private char Current => _at < _source.Length ? _source[_at] : '\0';

    /// <exception cref="FormattingException">A tag is unknown, malformed or not closed.</exception>
    public static FormattedText Parse(string source) => new HtmlParser(source).Run();

    private FormattedText Run()
    {
        while (_at < _source.Length)
        {
            if (_source[_at] == '&' && ReadCharacterReference(_text))
            {
                continue;
            }

            if (_source[_at] != '<')
            {
                _text.Append(_source[_at++]);
            }
            else if (_at + 1 < _source.Length && _source[_at + 1] == '/')
            {
                ReadEndTag();
            }
            else
            {
                ReadStartTag();
            }
        }

        if (_open.TryPeek(out var open))
        {
            throw Error($"Can't find end tag corresponding to start tag \"{open.Tag}\"");
        }

        var text = _text.ToString();
        if (HasLoneSurrogate(text))
        {
            throw Error("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units");
        }

        return new FormattedText(text, _entities.Select(static pair => pair.Entity).Order(EntityRules.Order).ToList());
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Decodes <c>&amp;lt;</c>, <c>&amp;#60;</c> and the like; the semicolon is optional, unknown names stay as they are.</summary>
    private bool ReadCharacterReference(StringBuilder target)
    {
        var end = _at + 1;
        long code = 0;
        if (end < _source.Length && _source[end] == '#')
        {
            var hex = end + 1 < _source.Length && _source[end + 1] == 'x';
            end += hex ? 2 : 1;
            while (end < _source.Length && (hex ? char.IsAsciiHexDigit(_source[end]) : char.IsAsciiDigit(_source[end])))
            {
                code = Math.Min((code * (hex ? 16 : 10)) + Convert.ToInt32(_source[end].ToString(), 16), int.MaxValue);
                end++;
            }

            if (code is 0 or >= 0x10FFFF || end - _at >= 10)
            {
                return false;
            }
        }
        else
        {
            while (end < _source.Length && char.IsAsciiLetter(_source[end]))
            {
                end++;
            }

            code = _source[(_at + 1)..end] switch { "lt" => '<', "gt" => '>', "amp" => '&', "quot" => '"', _ => 0 };
            if (code == 0)
            {
                return false;
            }
        }

        _at = end < _source.Length && _source[end] == ';' ? end + 1 : end;
        if (code is >= 0xD800 and <= 0xDFFF or <= 0xFFFF)
        {
            target.Append((char)code);
        }
        else
        {
            target.Append(char.ConvertFromUtf32((int)code));
        }

        return true;
    }

    private void ReadStartTag()
    {
        var begin = _at++;
        var name = ReadUntil(static c => IsSpace(c) || c == '>').ToLowerInvariant();
        if (_at >= _source.Length)
        {
            throw Error($"Unclosed start tag at byte offset {Bytes(begin)}");
        }

        if (!Tags.Contains(name))
        {
            throw Error($"Unsupported start tag \"{name}\" at byte offset {Bytes(begin)}");
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        while (Current != '>')
        {
            SkipSpace();
            if (Current == '>')
            {
                break;
            }

            ReadAttribute(name, begin, attributes);
        }

        _at++;
        if (name == "span" && attributes.GetValueOrDefault("class") != "tg-spoiler")
        {
            throw Error($"Tag \"span\" must have class \"tg-spoiler\" at byte offset {Bytes(begin)}");
        }

        _open.Push(new Open(name, attributes, _text.Length));
    }

    private void ReadAttribute(string tag, int begin, Dictionary<string, string> attributes)
    {
        var name = ReadUntil(static c => IsSpace(c) || c is '=' or '>' or '/' or '"' or '\'');
        if (name.Length == 0)
        {
            throw Error($"Empty attribute name in the tag \"{tag}\" at byte offset {Bytes(begin)}");
        }

        SkipSpace();
        if (Current != '=')
        {
            if (_at >= _source.Length)
            {
                throw Error($"Unclosed start tag \"{tag}\" at byte offset {Bytes(begin)}");
            }

            attributes[name] = "";
            return;
        }

        _at++;
        SkipSpace();
        if (_at >= _source.Length)
        {
            throw Error($"Unclosed start tag \"{tag}\" at byte offset {Bytes(begin)}");
        }

        string value;
        if (Current is '"' or '\'')
        {
            var quote = _source[_at++];
            var builder = new StringBuilder();
            while (_at < _source.Length && _source[_at] != quote)
            {
                if (_source[_at] != '&' || !ReadCharacterReference(builder))
                {
                    builder.Append(_source[_at++]);
                }
            }

            _at++;
            value = builder.ToString();
        }
        else
        {
            var start = _at;
            value = ReadUntil(static c => !(char.IsAsciiLetterOrDigit(c) || c is '.' or '-')).ToLowerInvariant();
            if (_at < _source.Length && !IsSpace(Current) && Current != '>')
            {
                throw Error($"Unexpected end of name token at byte offset {Bytes(start)}");
            }
        }

        if (_at >= _source.Length)
        {
            throw Error($"Unclosed start tag at byte offset {Bytes(begin)}");
        }

        attributes[name] = value;
    }

    private void ReadEndTag()
    {
        var begin = _at;
        if (!_open.TryPeek(out var open))
        {
            throw Error($"Unexpected end tag at byte offset {Bytes(begin)}");
        }

        _at += 2;
        var name = ReadUntil(static c => IsSpace(c) || c == '>').ToLowerInvariant();
        SkipSpace();
        if (Current != '>')
        {
            throw Error($"Unclosed end tag at byte offset {Bytes(begin)}");
        }

        _at++;
        if (name.Length > 0 && name != open.Tag)
        {
            throw Error($"Unmatched end tag at byte offset {Bytes(begin)}, expected \"</{open.Tag}>\", found \"</{name}>\"");
        }

        _open.Pop();
        if (_text.Length > open.Offset)
        {
            AddEntity(open, _text.Length - open.Offset);
        }
    }

    private void AddEntity(Open open, int length)
    {
        var last = _entities.Count > 0 ? _entities[^1] : default;
        var sameRange = last.Entity is not null && last.Entity.Offset == open.Offset && last.Entity.Length == length;
        var language = open.Attributes.GetValueOrDefault("class") is { } css && css.StartsWith("language-", StringComparison.Ordinal) && css.Length > 9
            ? css[9..]
            : null;
        switch (open.Tag)
        {
            case "a":
                var url = open.Attributes.GetValueOrDefault("href") is { Length: > 0 } href ? href : _text.ToString(open.Offset, length);
                Add(CheckedLink.ToEntity(url, open.Offset, length));
                break;
            // <pre><code class="language-…"> around the same text, in either order, is one block with a language.
            case "pre" when sameRange && last.Entity!.Type == "code" && last.CodeLanguage is not null:
                _entities[^1] = (last.Entity with { Type = "pre", Language = last.CodeLanguage }, null);
                break;
            case "code" when sameRange && last.Entity!.Type == "pre" && last.Entity.Language is null && language is not null:
                _entities[^1] = (last.Entity with { Language = language }, null);
                break;
            case "code":
                _entities.Add((new MessageEntity("code", open.Offset, length), language));
                break;
            case "tg-emoji":
                var id = open.Attributes.GetValueOrDefault("emoji-id", "");
                Add(long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var emoji) && emoji != 0
                    ? new MessageEntity("custom_emoji", open.Offset, length) { CustomEmojiId = id }
                    : throw Error("Invalid custom emoji identifier specified"));
                break;
            case "tg-time":
                _ = int.TryParse(open.Attributes.GetValueOrDefault("unix", ""), NumberStyles.None, CultureInfo.InvariantCulture, out var unix);
                var date = SpecialEntity.Date(unix, open.Attributes.GetValueOrDefault("format", ""), open.Offset, length);
                Add(unix > 0 ? date : null);
                break;
            case "blockquote":
                Add(new MessageEntity(open.Attributes.ContainsKey("expandable") ? "expandable_blockquote" : "blockquote", open.Offset, length));
                break;
            default:
                Add(new MessageEntity(TypeOf(open.Tag), open.Offset, length));
                break;
        }
    }

    private void Add(MessageEntity? entity)
    {
        if (entity is not null)
        {
            _entities.Add((entity, null));
        }
    }

    private static string TypeOf(string tag) => tag switch
    {
        "b" or "strong" => "bold",
        "i" or "em" => "italic",
        "u" or "ins" => "underline",
        "s" or "strike" or "del" => "strikethrough",
        "pre" => "pre",
        _ => "spoiler",
    };

    private string ReadUntil(Func<char, bool> isEnd)
    {
        var start = _at;
        while (_at < _source.Length && !isEnd(_source[_at]))
        {
            _at++;
        }

        return _source[start.._at];
    }

    private void SkipSpace()
    {
        while (_at < _source.Length && IsSpace(_source[_at]))
        {
            _at++;
        }
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n' or '\v' or '\0';

    private int Bytes(int index) => MessageText.ByteOffset(_source, index);

    private static FormattingException Error(string message) => new("can't parse entities: " + message);

    private sealed record Open(string Tag, Dictionary<string, string> Attributes, int Offset);
}
