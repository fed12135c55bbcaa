using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>Whom a message goes to: a phone number in <c>to</c>, a business-scoped user id in <c>recipient</c>.</summary>
internal static partial class WhatsAppRecipient
{
    /// <summary>Reads what a person types: a number in any of the usual ways of writing it, or an id as it is. Null: it is neither.</summary>
    public static string? Parse(string text)
    {
        if (UserId().IsMatch(text))
        {
            return text;
        }
        var digits = string.Concat(text.Where(c => c is not (' ' or '-' or '(' or ')' or '.' or '/' or '\u00A0'))).TrimStart('+');
        return digits.StartsWith("00", StringComparison.Ordinal) ? Number(digits[2..]) : Number(digits);
    }

    public static void Write(Utf8JsonWriter json, string chatId)
    {
        json.WriteString("messaging_product", "whatsapp");
        json.WriteString("recipient_type", "individual");
        json.WriteString(UserId().IsMatch(chatId) ? "recipient" : "to", chatId);
    }

    private static string? Number(string digits) => digits.Length is >= 7 and <= 15 && digits.All(char.IsAsciiDigit) && digits[0] != '0' ? digits : null;

    [GeneratedRegex("^[A-Z]{2}\\.(ENT\\.)?[A-Za-z0-9]{1,128}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserId();
}
