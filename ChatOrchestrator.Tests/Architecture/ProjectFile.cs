using System.Xml.Linq;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>What a project file asks for, whatever the conditions around it.</summary>
internal sealed record ProjectFile(
    string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages, IReadOnlyList<string> Frameworks, string Sdk)
{
    /// <summary>Every project file of the repository.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } =
        [.. SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(file => Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllText(Path.Combine(TestMachine.RepositoryRoot, file))))];

    public static ProjectFile Parse(string name, string xml)
    {
        var root = XDocument.Parse(xml).Root!;
        return new ProjectFile(
            name,
            [.. Includes("ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))],
            [.. Includes("PackageReference")],
            [.. Includes("FrameworkReference")],
            root.Attribute("Sdk")?.Value ?? "");

        IEnumerable<string> Includes(string element) =>
            root.Descendants().Where(node => node.Name.LocalName == element).Select(node => node.Attribute("Include")?.Value).OfType<string>();
    }
}
