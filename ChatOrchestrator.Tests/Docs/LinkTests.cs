using System.Text;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.Architecture;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Docs;

/// <summary>Every link in the documentation that leads to a file of the repository leads somewhere, anchors included.</summary>
public sealed partial class LinkTests
{
    private static IEnumerable<SourceFile> Pages => SourceTree.Texts(file => file.EndsWith(".md", StringComparison.Ordinal));

    [Fact]
    public void Every_link_leads_somewhere()
    {
        var pages = Pages.ToList();
        pages.ShouldContain(page => page.Path == "README.md");

        pages.SelectMany(page => Broken(page, Exists, Read)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_page_is_linked_from_the_readme_or_from_a_page_that_is()
    {
        var reached = new HashSet<string> { "README.md" };
        var waiting = new Queue<string>(reached);
        while (waiting.TryDequeue(out var path))
        {
            foreach (var target in Links(Read(path)).Where(IsLocal).Select(link => Resolve(path, link.Split('#')[0])).Where(t => t.EndsWith(".md", StringComparison.Ordinal) && Exists(t)))
            {
                if (reached.Add(target))
                {
                    waiting.Enqueue(target);
                }
            }
        }

        Pages.Select(page => page.Path).Where(path => path.StartsWith("docs/", StringComparison.Ordinal)).Except(reached).ShouldBeEmpty();
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_found()
    {
        var page = new SourceFile("docs/a.md", """
            # A page & more
            [file](b.md) [missing](c.md) [anchor](#a-page--more) [no anchor](#b) [elsewhere](b.md#here) [not there](b.md#there) [web](https://example.org/x)
            ![picture](gone.png) `[code](x.md)`
            ```
            [code](y.md)
            ```
            """);

        Broken(page, path => path == "docs/b.md", _ => "## Here\n").ShouldBe(
            ["docs/a.md: c.md", "docs/a.md: #b", "docs/a.md: b.md#there", "docs/a.md: gone.png"]);
    }

    private static IEnumerable<string> Broken(SourceFile page, Func<string, bool> exists, Func<string, string> read)
    {
        foreach (var link in Links(page.Text).Where(IsLocal))
        {
            var at = link.IndexOf('#', StringComparison.Ordinal);
            var (file, anchor) = (at < 0 ? link : link[..at], at < 0 ? null : link[(at + 1)..]);
            var path = file.Length == 0 ? page.Path : Resolve(page.Path, file);
            if ((file.Length > 0 && !exists(path)) || (anchor is not null && path.EndsWith(".md", StringComparison.Ordinal) && !Anchors(file.Length == 0 ? page.Text : read(path)).Contains(anchor)))
            {
                yield return $"{page.Path}: {link}";
            }
        }
    }

    private static IEnumerable<string> Links(string text) => Link().Matches(InlineCode().Replace(Fence().Replace(text, ""), "")).Select(m => m.Groups[1].Value);

    private static bool IsLocal(string link) => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal) && !link.StartsWith('/');

    private static string Resolve(string from, string to)
    {
        var root = Path.GetFullPath("/root");
        return Path.GetRelativePath(root, Path.GetFullPath(Path.Combine(root, Path.GetDirectoryName(from)!, Uri.UnescapeDataString(to)))).Replace('\\', '/');
    }

    private static bool Exists(string path) => Path.Exists(Path.Combine(TestMachine.RepositoryRoot, path));

    private static string Read(string path) => File.ReadAllText(Path.Combine(TestMachine.RepositoryRoot, path));

    /// <summary>As GitHub makes them: lower case, letters, digits, hyphens and underscores, spaces as hyphens, repeated ones numbered.</summary>
    private static HashSet<string> Anchors(string text)
    {
        var anchors = new HashSet<string>(ExplicitAnchor().Matches(text).Select(m => m.Groups[1].Value));
        foreach (Match heading in Heading().Matches(Fence().Replace(text, "")))
        {
            var slug = new StringBuilder();
            foreach (var c in Link().Replace(heading.Groups[1].Value, m => m.Value[..m.Value.IndexOf(']', StringComparison.Ordinal)]).Trim().ToLowerInvariant())
            {
                slug.Append(c == ' ' ? "-" : char.IsLetterOrDigit(c) || c is '-' or '_' ? c.ToString() : "");
            }
            var (name, number) = (slug.ToString(), 0);
            while (!anchors.Add(number == 0 ? name : $"{name}-{number}"))
            {
                number++;
            }
        }
        return anchors;
    }

    [GeneratedRegex(@"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+""[^""]*"")?\s*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^([ \t]*)(```+|~~~+).*?^\1\2[ \t]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^#{1,6}\s+(.+?)\s*#*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("<a\\s+(?:id|name)=\"([^\"]+)\"")]
    private static partial Regex ExplicitAnchor();
}
