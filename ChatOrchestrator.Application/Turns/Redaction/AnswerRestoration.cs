using System.Text;

namespace ChatOrchestrator.Application.Turns.Redaction;

/// <summary>
/// Puts the originals back into an answer that arrives in pieces. What may be the beginning of a placeholder is held back
/// until the next piece says. Models that cannot write ⟨ write &lt; in its place; that is understood, too.
/// </summary>
internal sealed class AnswerRestoration(PromptRedaction redaction)
{
    public const char Open = '⟨';
    public const char Close = '⟩';

    /// <summary>The longest name of a placeholder that is waited for: <c>email-123456</c>.</summary>
    private const int MaxName = 16;

    private readonly StringBuilder _held = new();

    /// <summary>Takes a piece; what of it may be shown by now.</summary>
    public string Add(string piece)
    {
        if (_held.Length == 0 && piece.AsSpan().IndexOfAny(Open, '<') < 0)
        {
            return piece;
        }
        var result = new StringBuilder(piece.Length + _held.Length);
        foreach (var c in piece)
        {
            if (_held.Length == 0)
            {
                (c is Open or '<' ? _held : result).Append(c);
            }
            else if (c == (_held[0] == Open ? Close : '>'))
            {
                var original = redaction.OriginalOf(_held.ToString(1, _held.Length - 1));
                result.Append(original ?? _held.Append(c).ToString());
                _held.Clear();
            }
            else if (IsOfName(c) && _held.Length <= MaxName)
            {
                _held.Append(c);
            }
            else
            {
                // It was none; this character may begin one.
                result.Append(_held);
                _held.Clear();
                (c is Open or '<' ? _held : result).Append(c);
            }
        }
        return result.ToString();
    }

    /// <summary>The answer is over: what was still held back.</summary>
    public string End()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c == '-';
}
