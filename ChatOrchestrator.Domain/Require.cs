using System.Globalization;

namespace ChatOrchestrator.Domain;

internal static class Require
{
    public static void Length(string field, string? value, int min, int max)
    {
        if ((value is null && min > 0) || (value is not null && (value.Length < min || value.Length > max)))
        {
            throw new DomainException(field, min > 0
                ? $"{field} must have {N(min)} to {N(max)} characters."
                : $"{field} must have at most {N(max)} characters.");
        }
    }

    public static void Range(string field, double? value, double min, double max)
    {
        if (value is { } v && !(v >= min && v <= max))
        {
            throw new DomainException(field, $"{field} must lie between {N(min)} and {N(max)}.");
        }
    }

    public static T Present<T>(string field, T? value)
        where T : class => value ?? throw new DomainException(field, $"{field} must not be null.");

    private static string N(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
