using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>A key that nobody reads, with the known one that is most like it.</summary>
public sealed record UnknownSetting(string Key, string? Nearest)
{
    public override string ToString() => Nearest is null
        ? $"{Key} is not known and has no effect."
        : $"{Key} is not known and has no effect; did you mean {Nearest}?";
}

/// <summary>
/// Finds keys that nobody reads. The environment is full of other programs' variables: a name counts as meant for us when it
/// is in one of our sections, is written like a section, or is almost a known key.
/// </summary>
public static partial class UnknownSettings
{
    public static IReadOnlyList<UnknownSetting> Find(IConfiguration configuration, SettingsCatalogue catalogue) =>
    [
        .. configuration.AsEnumerable().Where(pair => pair.Value is not null && catalogue.Find(pair.Key) is null)
            .Select(pair => Judge(pair.Key, catalogue)).OfType<UnknownSetting>().DistinctBy(u => u.Key).OrderBy(u => u.Key, StringComparer.Ordinal),
    ];

    private static UnknownSetting? Judge(string key, SettingsCatalogue catalogue)
    {
        var section = key.Split(':')[0];
        var nearest = Nearest(key, catalogue);
        if (key.Contains(':', StringComparison.Ordinal) && catalogue.HasSection(section) && !IsOpen(section, catalogue))
        {
            return new UnknownSetting(key, nearest.Key);
        }
        if (IsOpen(section, catalogue))
        {
            return null;
        }
        if (!key.Contains(':', StringComparison.Ordinal))
        {
            return nearest is { Key: not null, Distance: <= 1 } ? new UnknownSetting(key, nearest.Key) : null;
        }
        return SectionLike().IsMatch(section) || nearest is { Key: not null, Distance: <= 2 } ? new UnknownSetting(key, nearest.Key) : null;
    }

    private static bool IsOpen(string section, SettingsCatalogue catalogue) =>
        OtherSettings.OpenSections.Contains(section, StringComparer.OrdinalIgnoreCase)
        && catalogue.Options.All(o => !SettingsCatalogue.SectionOf(o)!.Split(':')[0].Equals(section, StringComparison.OrdinalIgnoreCase));

    /// <summary>The distance is counted without what parts words: <c>Public_Url</c> is <c>PublicUrl</c>.</summary>
    private static (string? Key, int Distance) Nearest(string key, SettingsCatalogue catalogue)
    {
        var plain = Plain(key);
        var (best, distance) = (default(string), int.MaxValue);
        foreach (var setting in catalogue.Settings)
        {
            // An entry of a list or dictionary is like the key when all but its own name is.
            var other = Plain(setting.Key);
            var here = Math.Min(Distance(plain, other), setting.Key.EndsWith($":{Setting.Entry}", StringComparison.Ordinal) ? Distance(plain, other[..^1]) : int.MaxValue);
            if (here < distance)
            {
                (best, distance) = (setting.Key, here);
            }
        }
        return distance <= Math.Max(2, plain.Length / 3) ? (best, distance) : (null, distance);
    }

    private static string Plain(string key) => Separators().Replace(key, "").ToUpperInvariant();

    /// <summary>How many characters must be added, removed or replaced (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }

    [GeneratedRegex("^[A-Z]+[a-z][A-Za-z]*$")]
    private static partial Regex SectionLike();

    [GeneratedRegex("[:_.<>-]")]
    private static partial Regex Separators();
}
