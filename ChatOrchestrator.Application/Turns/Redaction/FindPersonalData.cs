using System.Globalization;
using System.Text.RegularExpressions;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Turns.Redaction;

/// <summary>Finds personal data in a text, by form and, where there are any, by check digits.</summary>
internal static partial class FindPersonalData
{
    /// <summary>The places of one kind, in order; none overlaps another.</summary>
    public static IEnumerable<(int Index, int Length)> Of(string kind, string text)
    {
        var (pattern, isOne) = kind switch
        {
            PersonalDataKinds.Email => (Email(), (Func<string, bool>)(_ => true)),
            PersonalDataKinds.Iban => (Iban(), IsIban),
            PersonalDataKinds.Card => (Card(), IsCard),
            PersonalDataKinds.Ip => (Ip(), IsIp),
            PersonalDataKinds.Phone => (Phone(), IsPhone),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        foreach (var match in pattern.EnumerateMatches(text).ToList())
        {
            if (isOne(text.Substring(match.Index, match.Length)))
            {
                yield return match;
            }
        }
    }

    private static List<(int Index, int Length)> ToList(this Regex.ValueMatchEnumerator matches)
    {
        var list = new List<(int, int)>();
        foreach (var match in matches)
        {
            list.Add((match.Index, match.Length));
        }
        return list;
    }

    /// <summary>ISO 13616: the letters are numbers from 10, the first four characters stand at the end, and the whole is 1 modulo 97.</summary>
    internal static bool IsIban(string text)
    {
        var remainder = 0;
        var compact = text.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (compact.Length is < 15 or > 34)
        {
            return false;
        }
        foreach (var c in compact[4..] + compact[..4])
        {
            remainder = char.IsAsciiDigit(c) ? ((remainder * 10) + c - '0') % 97 : ((remainder * 100) + c - 'A' + 10) % 97;
        }
        return remainder == 1;
    }

    /// <summary>ISO/IEC 7812-1, the algorithm of Luhn.</summary>
    internal static bool IsCard(string text)
    {
        var (sum, digits) = (0, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                var digit = text[i] - '0';
                digit *= digits++ % 2 == 1 ? 2 : 1;
                sum += digit > 9 ? digit - 9 : digit;
            }
        }
        return digits is >= 13 and <= 19 && sum % 10 == 0;
    }

    /// <summary>Of letters and colons only there are words of programming languages (<c>a::b</c>).</summary>
    private static bool IsIp(string text) => System.Net.IPAddress.TryParse(text, out _) && text.Any(char.IsAsciiDigit);

    /// <summary>E.164: at most 15 digits. A date is none.</summary>
    private static bool IsPhone(string text) =>
        text.Count(char.IsAsciiDigit) is >= 7 and <= 15
        && !DateOnly.TryParseExact(text, ["yyyy-MM-dd", "dd.MM.yyyy", "dd-MM-yyyy", "dd/MM/yyyy", "yyyy.MM.dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    // RFC 5321's limits, and what people write: no quoted local parts. Letters of every script (RFC 6531).
    [GeneratedRegex(@"(?<![\p{L}\p{N}._%+\-])[\p{L}\p{N}][\p{L}\p{N}._%+\-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])", RegexOptions.CultureInvariant)]
    private static partial Regex Email();

    [GeneratedRegex(@"(?<![\p{L}\p{N}])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![\p{L}\p{N}])", RegexOptions.CultureInvariant)]
    private static partial Regex Iban();

    [GeneratedRegex(@"(?<![\d.\-])\d(?:[ \-]?\d){12,18}(?![\d]|[.\-]\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Card();

    [GeneratedRegex(@"(?<![\p{L}\p{N}.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\p{L}\p{N}:]|\.\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Ip();

    // +49 170 1234567, 0049…, 0170/1234567, (030) 123-4567, 555-123-4567; not a bare run of digits, which may be anything.
    [GeneratedRegex(@"(?<![\p{L}\p{N}+.\-])(?:\+|00)\d(?:[ ./\-]{0,2}\(?\d\)?){6,14}(?!\d)|(?<![\p{L}\p{N}+.\-])\(?0\d{1,5}\)?[ ./\-]{0,2}\d(?:[ ./\-]?\d){4,11}(?!\d)|(?<![\p{L}\p{N}+.\-])\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}(?![\d\-])", RegexOptions.CultureInvariant)]
    private static partial Regex Phone();
}
