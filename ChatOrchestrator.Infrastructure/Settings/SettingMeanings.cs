using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>What keys mean: the documentation of the options' properties, which the compiler writes beside the assembly.</summary>
public static partial class SettingMeanings
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Documents = [];

    /// <summary>What a key means, in one line; empty: nobody says.</summary>
    public static string Of(Setting setting) =>
        setting.Meaning ?? string.Join(' ', setting.Path.Select(Of).Where(text => text.Length > 0));

    private static string Of(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        var name = $"P:{type.FullName!.Replace('+', '.')}.{property.Name}";
        return Documents.GetOrAdd(type.Assembly, Load).TryGetValue(name, out var summary) ? Spaces().Replace(string.Concat(summary.Nodes().Select(Say)), " ").Trim() : "";
    }

    private static Dictionary<string, XElement> Load(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        return !File.Exists(path) ? [] : XDocument.Load(path).Descendants("member")
            .Where(m => m.Element("summary") is not null)
            .ToDictionary(m => (string)m.Attribute("name")!, m => m.Element("summary")!);
    }

    private static string Say(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } reference => reference.Value.Split('.', ':')[^1],
        XElement { Name.LocalName: "see" } see when see.IsEmpty => (string?)see.Attribute("langword") ?? (string?)see.Attribute("href") ?? "",
        XElement element => string.Concat(element.Nodes().Select(Say)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
