using System.Collections;
using System.Collections.Frozen;
using System.ComponentModel;
using System.Reflection;

namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>
/// All keys that a process reads: those of its options classes (a class with a constant <c>Section</c>, whose documentation
/// says what each key means), and those of <see cref="OtherSettings"/>.
/// </summary>
/// <remarks>
/// Each of our assemblies that has options classes lists them in a class <c>OptionsClasses</c>, and a test says when one is
/// missing: to look for them would load every type of ours and the packages behind them (14 MiB that a process may never
/// use), or a reader of metadata.
/// </remarks>
public sealed class SettingsCatalogue
{
    private const string Ours = "ChatOrchestrator.";
    private const string SectionName = "Section";
    private const string Suffix = "Options";
    private const string List = nameof(OptionsClasses);

    private readonly FrozenSet<string> _sections;

    private SettingsCatalogue(IReadOnlyList<Type> options)
    {
        Options = options;
        Settings = [.. OtherSettings.All, .. options.SelectMany(Read).Where(s => OtherSettings.All.All(o => o.Key != s.Key))];
        _sections = Settings.Select(s => s.Key.Split(':')[0]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The options classes.</summary>
    public IReadOnlyList<Type> Options { get; }

    public IReadOnlyList<Setting> Settings { get; }

    /// <summary>The catalogue of the processes that these assemblies are, with all of ours that they reference.</summary>
    public static SettingsCatalogue Of(params IEnumerable<Assembly> processes)
    {
        var seen = new Dictionary<string, Assembly>();
        foreach (var process in processes)
        {
            Visit(process);
        }
        return new([.. seen.Values.SelectMany(ListOf).OrderBy(SectionOf, StringComparer.Ordinal)]);

        void Visit(Assembly assembly)
        {
            if (seen.TryAdd(assembly.GetName().Name!, assembly))
            {
                foreach (var name in assembly.GetReferencedAssemblies().Where(r => r.Name!.StartsWith(Ours, StringComparison.Ordinal)))
                {
                    Visit(Assembly.Load(name));
                }
            }
        }
    }

    private static IReadOnlyList<Type> ListOf(Assembly assembly) =>
        (IReadOnlyList<Type>?)assembly.GetType($"{assembly.GetName().Name}.{List}")?.GetProperty(nameof(OptionsClasses.All))!.GetValue(null) ?? [];

    /// <summary>The section that an options class is bound to; null: it is none.</summary>
    public static string? SectionOf(Type options) =>
        options.Name.EndsWith(Suffix, StringComparison.Ordinal)
        && options.GetField(SectionName, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static) is { IsLiteral: true, FieldType: var type } field && type == typeof(string)
            ? (string)field.GetRawConstantValue()!
            : null;

    /// <summary>The setting that a key of the configuration is; null: none.</summary>
    public Setting? Find(string key) => Settings.FirstOrDefault(s => s.Matches(key));

    /// <summary>Whether the first part of a key is known.</summary>
    public bool HasSection(string section) => _sections.Contains(section);

    private static IEnumerable<Setting> Read(Type options) => Read(options, Activator.CreateInstance(options, nonPublic: true)!, SectionOf(options)!, []);

    private static IEnumerable<Setting> Read(Type type, object? instance, string prefix, IReadOnlyList<PropertyInfo> path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
        {
            var (key, value) = ($"{prefix}:{property.Name}", instance is null ? null : property.GetValue(instance));
            List<PropertyInfo> here = [.. path, property];
            if (Item(property.PropertyType) is var (entry, item))
            {
                foreach (var setting in ReadItem(item, $"{key}:{entry}", here))
                {
                    yield return setting;
                }
            }
            else if (property.CanWrite && IsScalar(property.PropertyType))
            {
                yield return new Setting(key, property.PropertyType, value) { Path = here };
            }
            else if (property.CanWrite && property.PropertyType.IsClass)
            {
                foreach (var setting in Read(property.PropertyType, value ?? New(property.PropertyType), key, here))
                {
                    yield return setting;
                }
            }
        }
    }

    private static IEnumerable<Setting> ReadItem(Type item, string key, IReadOnlyList<PropertyInfo> path) => IsScalar(item)
        ? [new Setting(key, item, null) { Path = path }]
        : Item(item) is var (entry, inner) ? ReadItem(inner, $"{key}:{entry}", path)
        : Read(item, New(item), key, path);

    /// <summary>What a collection holds, and how its entries are called.</summary>
    private static (string Entry, Type Item)? Item(Type type)
    {
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type))
        {
            return null;
        }
        var interfaces = type.GetInterfaces().Append(type).Where(i => i.IsGenericType).ToList();
        return interfaces.FirstOrDefault(i => i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0] switch
        {
            null => null,
            { IsGenericType: true } pair when pair.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) => (Setting.Name, pair.GetGenericArguments()[1]),
            var item => (Setting.Entry, item),
        };
    }

    private static object? New(Type type) => type.GetConstructor(Type.EmptyTypes) is null ? null : Activator.CreateInstance(type);

    private static bool IsScalar(Type type) => TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));
}
