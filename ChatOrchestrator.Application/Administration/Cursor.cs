using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Application.Administration;

/// <summary>
/// The place in a list where the next piece starts, in a form that callers hand back unread. It names its list, so that a
/// cursor of another list is refused.
/// </summary>
public static class Cursor
{
    public static string Encode(string list, params ReadOnlySpan<object> values)
    {
        var text = new StringBuilder(list);
        foreach (var value in values)
        {
            text.Append(':').Append(Convert.ToString(value, CultureInfo.InvariantCulture));
        }
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <exception cref="MalformedCursorException">It is not a cursor of this list.</exception>
    public static Guid ToId(string list, string cursor) =>
        Values(list, cursor, 1) is [var id] && Guid.TryParse(id, out var value) ? value : throw new MalformedCursorException();

    /// <exception cref="MalformedCursorException">It is not a cursor of this list.</exception>
    public static long ToNumber(string list, string cursor) =>
        Values(list, cursor, 1) is [var number] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new MalformedCursorException();

    /// <summary>A time as UTC ticks, and an id.</summary>
    /// <exception cref="MalformedCursorException">It is not a cursor of this list.</exception>
    public static (DateTimeOffset Time, Guid Id) ToTimeAndId(string list, string cursor) =>
        Values(list, cursor, 2) is [var ticks, var id]
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time <= DateTimeOffset.MaxValue.Ticks
            && Guid.TryParse(id, out var value)
            ? (new DateTimeOffset(time, TimeSpan.Zero), value)
            : throw new MalformedCursorException();

    private static string[] Values(string list, string cursor, int count)
    {
        if (cursor.Length > 200 || !Base64Url.IsValid(cursor))
        {
            throw new MalformedCursorException();
        }
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(':');
        return parts.Length == count + 1 && parts[0] == list ? parts[1..] : throw new MalformedCursorException();
    }
}

/// <summary>A cursor that this list did not give out: 400.</summary>
public sealed class MalformedCursorException() : Exception("The cursor is not one that this list gave out.");
