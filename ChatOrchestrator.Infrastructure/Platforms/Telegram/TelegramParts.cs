using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Turns an answer into messages of Telegram's size, formatted as HTML where the answer is.</summary>
internal static class TelegramParts
{
    public static IReadOnlyList<PartBody> Split(string answer)
    {
        var parts = MarkdownText.Parse(answer).Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure);
        var bodies = new PartBody[parts.Count];
        for (var i = 0; i < bodies.Length; i++)
        {
            bodies[i] = BodyOf(parts[i], parts.Count == 1 ? answer : null);
        }
        return bodies;
    }

    /// <param name="answer">The whole answer, when this is all of it: what is the same is not stored twice.</param>
    private static PartBody BodyOf(FormattedText part, string? answer) =>
        part.Spans.IsEmpty
            ? new PartBody(part.Text == answer ? null : part.Text)
            : new PartBody(TelegramHtml.Render(part), TelegramSender.Html, PlainText.Render(part));
}
