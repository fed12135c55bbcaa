namespace ChatOrchestrator.Application.Moderation;

/// <summary>
/// Words and phrases that are looked for in a text. Case, accents, width, and characters that cannot be seen make no
/// difference; what lies between words does not either. An entry that ends in <c>*</c> stands for every word that begins so;
/// one in a script without spaces is found anywhere.
/// </summary>
internal sealed class WordList
{
    private readonly Dictionary<string, List<string[]>> _byFirst = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];
    private readonly List<string> _anywhere = [];

    public WordList(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            var text = entry.Trim();
            var isPrefix = text.EndsWith('*');
            var words = Words(FoldText.Of(text));
            if (words.Count == 0)
            {
                continue;
            }
            if (words.Exists(IsUnspaced))
            {
                _anywhere.Add(string.Concat(words));
            }
            else if (isPrefix && words.Count == 1)
            {
                _prefixes.Add(words[0]);
            }
            else if (_byFirst.TryGetValue(words[0], out var known))
            {
                known.Add([.. words]);
            }
            else
            {
                _byFirst.Add(words[0], [[.. words]]);
            }
        }
    }

    public bool IsEmpty => _byFirst.Count == 0 && _prefixes.Count == 0 && _anywhere.Count == 0;

    /// <summary>Whether anything of the list stands in the text.</summary>
    public bool Matches(string text)
    {
        if (IsEmpty || text.Length == 0)
        {
            return false;
        }
        var words = Words(FoldText.Of(text));
        for (var i = 0; i < words.Count; i++)
        {
            if ((_byFirst.TryGetValue(words[i], out var phrases) && phrases.Exists(p => Stands(p, words, i)))
                || _prefixes.Exists(p => words[i].StartsWith(p, StringComparison.Ordinal)))
            {
                return true;
            }
        }
        if (_anywhere.Count == 0)
        {
            return false;
        }
        var run = string.Concat(words);
        return _anywhere.Exists(a => run.Contains(a, StringComparison.Ordinal));
    }

    private static bool Stands(string[] phrase, List<string> words, int at)
    {
        if (at + phrase.Length > words.Count)
        {
            return false;
        }
        for (var i = 1; i < phrase.Length; i++)
        {
            if (phrase[i] != words[at + i])
            {
                return false;
            }
        }
        return true;
    }

    private static List<string> Words(string folded)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= folded.Length; i++)
        {
            var isPart = i < folded.Length && (char.IsLetterOrDigit(folded[i]) || char.IsSurrogate(folded[i]));
            if (isPart && start < 0)
            {
                start = i;
            }
            else if (!isPart && start >= 0)
            {
                words.Add(folded[start..i]);
                start = -1;
            }
        }
        return words;
    }

    /// <summary>Thai, Lao, Myanmar, Khmer, kana, Han: no spaces between words. (Hangul has them.)</summary>
    private static bool IsUnspaced(string word) => word.AsSpan().ContainsAnyInRange('\u0e00', '\u0eff')
        || word.AsSpan().ContainsAnyInRange('\u1000', '\u109f') || word.AsSpan().ContainsAnyInRange('\u1780', '\u17ff')
        || word.AsSpan().ContainsAnyInRange('\u3040', '\u30ff') || word.AsSpan().ContainsAnyInRange('\u3400', '\u9fff');
}
