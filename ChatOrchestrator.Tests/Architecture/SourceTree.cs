using System.Diagnostics;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>The repository's own files: what git tracks or would track; without git, all but the build's output.</summary>
internal static class SourceTree
{
    private static readonly string[] Ignored = [".git", "bin", "obj", "artifacts", "data", ".bench", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly Lazy<IReadOnlyList<string>> LazyFiles = new(() => [.. (ListWithGit() ?? Walk("")).Where(
        file => File.Exists(Path.Combine(TestMachine.RepositoryRoot, file)))]);

    /// <summary>Paths relative to the repository, with forward slashes.</summary>
    public static IReadOnlyList<string> Files => LazyFiles.Value;

    /// <summary>The text files with their content. A file with a NUL byte is no text.</summary>
    public static IEnumerable<SourceFile> Texts(Func<string, bool> where) =>
        Files.Where(where)
            .Select(file => new SourceFile(file, File.ReadAllText(Path.Combine(TestMachine.RepositoryRoot, file))))
            .Where(file => !file.Text.Contains('\0', StringComparison.Ordinal));

    private static List<string>? ListWithGit()
    {
        if (TestMachine.FindOnPath("git") is not { } git || !Path.Exists(Path.Combine(TestMachine.RepositoryRoot, ".git")))
        {
            return null;
        }

        using var process = Process.Start(new ProcessStartInfo(git, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = TestMachine.RepositoryRoot,
            RedirectStandardOutput = true,
        })!;
        var files = process.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries).ToList();
        process.WaitForExit();
        // Git refuses a work tree of another owner.
        return process.ExitCode == 0 ? files : null;
    }

    private static IEnumerable<string> Walk(string directory)
    {
        var path = Path.Combine(TestMachine.RepositoryRoot, directory);
        foreach (var entry in Directory.EnumerateFileSystemEntries(path))
        {
            var name = Path.GetFileName(entry);
            var relative = directory.Length == 0 ? name : $"{directory}/{name}";
            if (!Directory.Exists(entry))
            {
                yield return relative;
            }
            else if (!Ignored.Contains(name))
            {
                foreach (var file in Walk(relative))
                {
                    yield return file;
                }
            }
        }
    }
}

/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Text">Its content.</param>
internal sealed record SourceFile(string Path, string Text);
