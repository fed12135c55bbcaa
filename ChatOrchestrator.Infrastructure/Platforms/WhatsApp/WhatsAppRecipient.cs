using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>Whom a message goes to: a phone number or a group in <c>to</c>, a business-scoped user id in <c>recipient</c>.</summary>
internal static partial class WhatsAppRecipient
{
    /// <summary>Reads what a person types: a number in any of the usual ways of writing it, or an id as it is. Null: it is neither.</summary>
    public static string? Parse(string text)
    {
        var digits = string.Concat(text.Where(c => c is not (' ' or '-' or '(' or ')' or '.' or '/' or '\u00A0'))).TrimStart('+');
        return Number(digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : digits) ?? (UserId().IsMatch(text) || IsGroup(text) && text.Any(char.IsAsciiLetter) ? text : null);
    }

    /// <summary>Whether a chat is a group: its id is longer than any phone number.</summary>
    public static bool IsGroup(string chatId) => GroupId().IsMatch(chatId);

    public static void Write(Utf8JsonWriter json, string chatId)
    {
        json.WriteString("messaging_product", "whatsapp");
        json.WriteString("recipient_type", IsGroup(chatId) ? "group" : "individual");
        json.WriteString(UserId().IsMatch(chatId) ? "recipient" : "to", chatId);
    }

    private static string? Number(string digits) => digits.Length is >= 7 and <= 15 && digits.All(char.IsAsciiDigit) && digits[0] != '0' ? digits : null;

    [GeneratedRegex("^[A-Za-z0-9_=-]{16,512}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex GroupId();

    [GeneratedRegex("^[A-Z]{2}\\.(ENT\\.)?[A-Za-z0-9]{1,128}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserId();
}
