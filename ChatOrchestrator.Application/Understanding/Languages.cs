using System.Collections.Frozen;

namespace ChatOrchestrator.Application.Understanding;

/// <summary>Which language a text is in: by its script, and where many share one, by the commonest words.</summary>
internal static class Languages
{
    private static readonly (string Code, FrozenSet<string> Words)[] Common =
    [
        ("en", Set("the a an is are was i you my your me it to of and in for on with this that have has do does can could would please what where when how not we they be will from at need want")),
        ("de", Set("der die das ein eine einen ist sind war ich du sie mein meine mir mich es zu von und in fur auf mit dies dass habe hat haben kann konnte bitte was wo wann wie nicht wir wird werden aus bei brauche mochte noch auch")),
        ("fr", Set("le la les un une est sont je tu vous mon ma mes il elle de du des et en pour sur avec ce cette que qui ai avez peut pouvez voudrais quoi ou quand comment pas nous dans au aux c j l d n")),
        ("es", Set("el la los las un una es son yo tu usted mi mis me lo de del y en para sobre con este esta que quien he ha tengo tiene puede puedo quiero por favor donde cuando como no nosotros al se su")),
        ("it", Set("il lo la i gli le un una e sono io tu lei mio mia mi di del della ed in per su con questo questa che chi ho ha puo posso vorrei dove quando come non noi al alla si")),
        ("pt", Set("o a os as um uma e sao eu voce meu minha me de do da em no na para sobre com este esta que quem tenho tem pode posso quero por favor onde quando como nao nos ao se")),
        ("nl", Set("de het een is zijn was ik jij u mijn me van en in voor op met dit dat heb heeft kan kunt graag wat waar wanneer hoe niet wij we worden uit bij nodig wil")),
    ];

    public static bool IsCommon(string word) => Array.Exists(Common, language => language.Words.Contains(word));

    /// <summary>ISO 639-1; null: it cannot be told.</summary>
    public static string? Guess(string text, List<string> words) => ByScript(text) ?? ByWords(words);

    private static string? ByScript(string text)
    {
        (int Han, int Kana, int Hangul, int Cyrillic, int Greek, int Hebrew, int Arabic, int Thai, int Devanagari, int Latin) seen = default;
        var isUkrainian = false;
        foreach (var c in text)
        {
            switch (c)
            {
                case >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '\u00c0' and <= '\u024f':
                    seen.Latin++;
                    break;
                case >= '\u3040' and <= '\u30ff':
                    seen.Kana++;
                    break;
                case >= '\u3400' and <= '\u9fff':
                    seen.Han++;
                    break;
                case >= '\uac00' and <= '\ud7af':
                    seen.Hangul++;
                    break;
                case >= '\u0400' and <= '\u04ff':
                    seen.Cyrillic++;
                    isUkrainian |= c is 'і' or 'ї' or 'є' or 'ґ' or 'І' or 'Ї' or 'Є' or 'Ґ';
                    break;
                case >= '\u0370' and <= '\u03ff':
                    seen.Greek++;
                    break;
                case >= '\u0590' and <= '\u05ff':
                    seen.Hebrew++;
                    break;
                case >= '\u0600' and <= '\u06ff':
                    seen.Arabic++;
                    break;
                case >= '\u0e00' and <= '\u0e7f':
                    seen.Thai++;
                    break;
                case >= '\u0900' and <= '\u097f':
                    seen.Devanagari++;
                    break;
            }
        }
        var (most, code) = ((int, string?))(seen.Latin, null);
        foreach (var (count, language) in ((int, string)[])
        [
            (seen.Han + seen.Kana, seen.Kana > 0 ? "ja" : "zh"), (seen.Hangul, "ko"), (seen.Cyrillic, isUkrainian ? "uk" : "ru"), (seen.Greek, "el"), (seen.Hebrew, "he"),
            (seen.Arabic, "ar"), (seen.Thai, "th"), (seen.Devanagari, "hi"),
        ])
        {
            if (count > most)
            {
                (most, code) = (count, language);
            }
        }
        return code;
    }

    /// <summary>The language with the most of its common words; null when two have as many, or none has any.</summary>
    private static string? ByWords(List<string> words)
    {
        (string? code, int most, bool isTied) = (null, 0, false);
        foreach (var (language, common) in Common)
        {
            var count = words.Count(common.Contains);
            if (count > most)
            {
                (code, most, isTied) = (language, count, false);
            }
            else if (count == most)
            {
                isTied = true;
            }
        }
        return isTied ? null : code;
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
