using System.Globalization;
using System.Text;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Turns.Redaction;

/// <summary>
/// The personal data of one prompt and what stands in their places. The same value has the same placeholder throughout, so
/// the model can follow who is who; the answer gets the originals back. It lives for one turn and is stored nowhere.
/// </summary>
internal sealed class PromptRedaction(IReadOnlyList<string> kinds)
{
    private readonly Dictionary<string, string> _placeholders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _originals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Null when the bot keeps nothing from the model.</summary>
    public static PromptRedaction? For(ProcessingSettings settings) => settings.RedactPii.Count == 0 ? null : new PromptRedaction(settings.RedactPii);

    /// <summary>The prompt without personal data. The bot's own words to the model, the system prompt, stay.</summary>
    public IList<ChatMessage> Redact(IList<ChatMessage> prompt)
    {
        var redacted = new List<ChatMessage>(prompt.Count);
        foreach (var message in prompt)
        {
            redacted.Add(message.Role == ChatRole.System
                ? message
                : new ChatMessage(message.Role, [.. message.Contents.Select(c => c is TextContent text ? new TextContent(Redact(text.Text)) : c)]) { AuthorName = message.AuthorName });
        }
        return redacted;
    }

    public string Redact(string text)
    {
        foreach (var kind in PersonalDataKinds.All)
        {
            if (kinds.Contains(kind))
            {
                text = Redact(kind, text);
            }
        }
        return text;
    }

    /// <summary>The text with the originals.</summary>
    public string Restore(string text)
    {
        if (_originals.Count == 0)
        {
            return text;
        }
        var stream = new AnswerRestoration(this);
        return stream.Add(text) + stream.End();
    }

    /// <summary>The original of <c>email-1</c>, or null: the model made it up.</summary>
    internal string? OriginalOf(string name) => _originals.GetValueOrDefault(name.ToLowerInvariant());

    private string Redact(string kind, string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        foreach (var (index, length) in FindPersonalData.Of(kind, text))
        {
            result ??= new StringBuilder(text.Length);
            result.Append(text, copied, index - copied).Append(PlaceholderOf(kind, text.Substring(index, length)));
            copied = index + length;
        }
        return result?.Append(text, copied, text.Length - copied).ToString() ?? text;
    }

    private string PlaceholderOf(string kind, string original)
    {
        if (!_placeholders.TryGetValue(original, out var placeholder))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{_counts[kind] = _counts.GetValueOrDefault(kind) + 1}");
            _originals.Add(name, original);
            _placeholders.Add(original, placeholder = $"{AnswerRestoration.Open}{name}{AnswerRestoration.Close}");
        }
        return placeholder;
    }
}
