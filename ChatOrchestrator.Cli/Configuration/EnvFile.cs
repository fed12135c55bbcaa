namespace ChatOrchestrator.Cli.Configuration;

/// <summary>A file of environment variables, as compose reads them.</summary>
internal static class EnvFile
{
    /// <exception cref="InvalidDataException">A line is neither a comment nor <c>KEY=value</c>.</exception>
    public static void Load(string path)
    {
        foreach (var (key, value) in Read(File.ReadAllLines(path)))
        {
            Environment.SetEnvironmentVariable(key, value);
        }
    }

    internal static IEnumerable<(string Key, string Value)> Read(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            var text = line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..] : line;
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
            {
                // Not the line itself: it may be a secret that lost its key.
                throw new InvalidDataException($"Line {i + 1} of the file is not KEY=value.");
            }
            yield return (text[..at].Trim(), ValueOf(text[(at + 1)..]));
        }
    }

    /// <summary>Without its quotes, and without the comment behind it: <c>KEY=value # why</c>.</summary>
    private static string ValueOf(string given)
    {
        var text = given.Trim();
        if (text is ['"' or '\'', ..] && text.IndexOf(text[0], 1) is > 0 and var end && text[(end + 1)..].TrimStart() is "" or ['#', ..])
        {
            return text[1..end];
        }
        var comment = given.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? text : given[..comment].Trim();
    }
}
