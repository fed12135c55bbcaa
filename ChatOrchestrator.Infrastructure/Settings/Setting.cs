using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>One key of the configuration.</summary>
/// <param name="Key">Its sections, parted by colons. An entry of a list is <c>0</c>, one of a dictionary <c>&lt;name&gt;</c>.</param>
/// <param name="Type">What the value is converted to.</param>
/// <param name="Default">What it is when nothing is configured; null: it is absent.</param>
public sealed partial record Setting(string Key, Type Type, object? Default)
{
    internal const string Entry = "0";
    internal const string Name = "<name>";

    private readonly string[] _segments = Key.Split(':');

    /// <summary>What it means, where no options class says it.</summary>
    public string? Meaning { get; init; }

    /// <summary>The options class's properties that lead to it, outermost first.</summary>
    public IReadOnlyList<PropertyInfo> Path { get; init; } = [];

    /// <summary>The environment variable.</summary>
    public string Variable => Key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Whether a value of it must not be shown.</summary>
    public bool IsSecret => Secret().IsMatch(Key);

    /// <summary>The default as it is written in a file; null: it is absent.</summary>
    public string? DefaultText => Default switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => Default.ToString(),
    };

    /// <summary>What a value is checked with on its own; what stands at a list is said of the list.</summary>
    public IEnumerable<ValidationAttribute> Rules => Path.Count == 0 || _segments[^1] is Entry or Name ? [] : Path[^1].GetCustomAttributes<ValidationAttribute>();

    /// <summary>Whether a key of the configuration is this one.</summary>
    public bool Matches(string key)
    {
        var segments = key.Split(':');
        return segments.Length == _segments.Length && segments.Zip(_segments).All(pair =>
            pair.Second == Name || (pair.Second == Entry && int.TryParse(pair.First, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Converts a value as the binder does. False: it cannot be.</summary>
    public bool TryConvert(string value, out object? converted)
    {
        try
        {
            converted = Type == typeof(string) ? value : TypeDescriptor.GetConverter(Type).ConvertFromInvariantString(value);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException || e.InnerException is FormatException or OverflowException)
        {
            // The converters of numbers wrap what the parser says.
            converted = null;
            return false;
        }
    }

    /// <summary>What a value looks like, for people.</summary>
    public string Kind
    {
        get
        {
            var type = Nullable.GetUnderlyingType(Type) ?? Type;
            return type == typeof(bool) ? "true or false"
                : type == typeof(int) || type == typeof(long) ? "a whole number"
                : type == typeof(double) || type == typeof(decimal) ? "a number"
                : type == typeof(TimeSpan) ? "a time such as 00:01:30"
                : type == typeof(Uri) ? "an address"
                : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
                : "a text";
        }
    }

    [GeneratedRegex("^ConnectionStrings:|(Key|Keys:0|Password|Secret|Token|Dsn|DSN|KEY|HEADERS)$")]
    private static partial Regex Secret();
}
