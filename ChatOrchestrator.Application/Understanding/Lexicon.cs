using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Understanding;

/// <summary>
/// Judges a message by word lists: at once, for nothing, and the same text always in the same way. It knows English, German,
/// French, Spanish, Italian, Portuguese and Dutch; of other languages it knows which they are.
/// </summary>
internal static class Lexicon
{
    /// <summary>How much of an example's words a message must have.</summary>
    private const double Likeness = 0.6;

    /// <summary>So many words around one decide whether it is denied.</summary>
    private const int Reach = 3;

    public static Judgement Judge(string text, IReadOnlyList<IntentDefinition> intents)
    {
        var folded = FoldText.Of(text);
        var words = Words(folded);
        return new Judgement(SentimentOf(text, folded), IntentOf(words, intents), Languages.Guess(text, words), UrgencyOf(words));
    }

    internal static List<string> Words(string folded) => [.. folded.Split(LexiconWords.Separators, StringSplitOptions.RemoveEmptyEntries)];

    private static double SentimentOf(string text, string folded)
    {
        double good = 0, bad = 0;
        foreach (var clause in folded.Split(LexiconWords.ClauseEnds))
        {
            var words = Words(clause);
            for (var i = 0; i < words.Count; i++)
            {
                var value = LexiconWords.Good.Contains(words[i]) ? 1 : LexiconWords.Bad.Contains(words[i]) ? -1 : 0;
                if (value == 0)
                {
                    continue;
                }
                var weight = i > 0 && LexiconWords.Stronger.Contains(words[i - 1]) ? 1.5 : 1;
                if (IsDenied(words, i))
                {
                    // "Not good" is bad; "not bad" is only half as good.
                    (value, weight) = (-value, value > 0 ? weight : weight / 2);
                }
                (good, bad) = value > 0 ? (good + weight, bad) : (good, bad + weight);
            }
        }
        foreach (var rune in text.EnumerateRunes())
        {
            good += LexiconWords.GoodSigns.Contains(rune) ? 1 : 0;
            bad += LexiconWords.BadSigns.Contains(rune) ? 1 : 0;
        }
        return good + bad == 0 ? 0 : Math.Round((good - bad) / (good + bad + 0.5), 2);
    }

    /// <summary>By a word before it, or, as German and Dutch have it, behind it: "das gefällt mir nicht".</summary>
    private static bool IsDenied(List<string> words, int at)
    {
        for (var i = Math.Max(0, at - Reach); i < at; i++)
        {
            if (LexiconWords.Denying.Contains(words[i]))
            {
                return true;
            }
        }
        for (var i = at + 1; i < words.Count && i < at + Reach; i++)
        {
            if (words[i] is "nicht" or "niet")
            {
                return true;
            }
        }
        return false;
    }

    private static Urgency UrgencyOf(List<string> words)
    {
        var line = ' ' + string.Join(' ', words) + ' ';
        if (Array.Exists(LexiconWords.Unhurried, phrase => line.Contains(phrase, StringComparison.Ordinal)))
        {
            return Urgency.Low;
        }
        for (var i = 0; i < words.Count; i++)
        {
            if (LexiconWords.Urgent.Contains(words[i]))
            {
                return IsDenied(words, i) ? Urgency.Low : Urgency.High;
            }
        }
        return Array.Exists(LexiconWords.UrgentPhrases, phrase => line.Contains(phrase, StringComparison.Ordinal)) ? Urgency.High : Urgency.Normal;
    }

    /// <summary>The intent with the example that is most like the message; of several that are, the first.</summary>
    private static string? IntentOf(List<string> words, IReadOnlyList<IntentDefinition> intents)
    {
        if (intents.Count == 0 || words.Count == 0)
        {
            return null;
        }
        var said = words.ToHashSet(StringComparer.Ordinal);
        (string? name, double best, int length) = (null, 0, 0);
        foreach (var intent in intents)
        {
            foreach (var example in intent.Examples)
            {
                var wanted = Words(FoldText.Of(example)).Where(w => !Languages.IsCommon(w)).Distinct().ToList();
                wanted = wanted.Count > 0 ? wanted : Words(FoldText.Of(example));
                var likeness = wanted.Count == 0 ? 0 : (double)wanted.Count(said.Contains) / wanted.Count;
                // Of examples that are as like, the longer one says more.
                if (likeness >= Likeness && (likeness > best || (likeness == best && wanted.Count > length)))
                {
                    (name, best, length) = (intent.Name, likeness, wanted.Count);
                }
            }
        }
        return name;
    }
}
