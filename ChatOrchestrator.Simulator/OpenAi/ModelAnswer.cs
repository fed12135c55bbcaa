using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>What the model says: the same for the same conversation, and useful to a person who tries a bot out.</summary>
internal static class ModelAnswer
{
    /// <summary>
    /// <c>markdown</c>, <c>code</c>, <c>table</c> and <c>long</c> in the text show what a bot must be able to render;
    /// <c>buttons</c> offers choices, <c>picture</c>, <c>recording</c> and <c>document</c> show a file of the simulator's;
    /// <c>history</c> tells what the model was given. Pictures that come with the message are described; anything else is
    /// quoted back.
    /// </summary>
    /// <param name="text">The last user message.</param>
    /// <param name="messages">Everything that was sent, system prompt included.</param>
    /// <param name="simulator">The simulator's address, as the caller sees it.</param>
    public static string To(string text, IReadOnlyList<ChatMessage> messages, Uri simulator)
    {
        if (messages.LastOrDefault(static message => message.Role == "user")?.Images is { Count: > 0 } images)
        {
            return Describe(images, text.Trim());
        }

        var lower = text.ToLowerInvariant();
        if (lower.Contains("markdown", StringComparison.Ordinal))
        {
            return Markdown;
        }

        if (lower.Contains("table", StringComparison.Ordinal))
        {
            return Table;
        }

        if (lower.Contains("code", StringComparison.Ordinal))
        {
            return Code;
        }

        foreach (var word in Words(lower))
        {
            var answer = word switch
            {
                "long" => LongAnswer.Text,
                "history" => History(messages),
                "buttons" => Buttons,
                "picture" => $"Here is a picture:\n\n![A picture of hills below a low sun]({new Uri(simulator, "simulator/media/picture.png")})",
                "recording" => $"Here is a recording:\n\n![Four notes]({new Uri(simulator, "simulator/media/recording.wav")})",
                "document" => $"Here is a document:\n\n![A document]({new Uri(simulator, "simulator/media/document.pdf")})",
                _ => null,
            };
            if (answer is not null)
            {
                return answer;
            }
        }

        var turn = messages.Count(static message => message.Role == "user");
        var quoted = text.Trim();
        if (quoted.Length > 500)
        {
            var end = char.IsHighSurrogate(quoted[499]) ? 499 : 500;
            quoted = quoted[..end] + "…";
        }

        if (quoted.Length == 0)
        {
            return "You sent me a message without text.";
        }

        var number = turn.ToString(CultureInfo.InvariantCulture);
        // Chosen by the content, so that the same question always has the same answer.
        return (quoted.Sum(static c => c) % 3) switch
        {
            0 => $"You said: {quoted}\n\nThat is message **{number}** of our conversation.",
            1 => $"I understood “{quoted}”. This is the simulated model; ask me for *markdown*, *code*, a *table* or a *long* answer.",
            _ => $"Thanks for your message: {quoted}",
        };
    }

    private static string[] Words(string text) => text.Split([' ', '\n', '\t', '.', ',', '!', '?'], StringSplitOptions.RemoveEmptyEntries);

    private static string History(IReadOnlyList<ChatMessage> messages)
    {
        var answer = new StringBuilder();
        answer.Append(CultureInfo.InvariantCulture, $"I was given {messages.Count} messages:\n\n");
        foreach (var message in messages.TakeLast(20))
        {
            var text = message.Text.ReplaceLineEndings(" ");
            answer.Append(CultureInfo.InvariantCulture, $"- **{message.Role}**: {(text.Length > 80 ? text[..79] + "…" : text)}\n");
        }

        return answer.ToString().TrimEnd();
    }

    /// <summary>What a model that sees could say for sure: the same for the same pictures.</summary>
    private static string Describe(IReadOnlyList<ChatImage> images, string text)
    {
        var answer = new StringBuilder(images.Count == 1 ? "I see one picture:" : string.Create(CultureInfo.InvariantCulture, $"I see {images.Count} pictures:")).Append("\n\n");
        foreach (var image in images)
        {
            answer.Append(image.Size is { } size
                ? string.Create(CultureInfo.InvariantCulture, $"- `{image.MimeType}`, {size:N0} bytes\n")
                : "- one that is kept elsewhere\n");
        }

        return text.Length == 0 ? answer.ToString().TrimEnd() : answer.Append("\nYou wrote: ").Append(text.Length > 500 ? text[..499] + "…" : text).ToString();
    }

    private const string Buttons =
        """
        Would you like to go on?

        [Yes](reply:yes) [No](reply:no) [Maybe](reply:)
        """;

    private const string Code =
        """
        Here is a function:

        ```csharp
        static int Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);
        ```

        Call it as `Fibonacci(10)`; the result is `55`.
        """;

    private const string Table =
        """
        | Platform | Limit | Unit |
        |---|---:|---|
        | Telegram | 4096 | UTF-16 units |
        | Discord | 2000 | characters |
        | WhatsApp | 4096 | characters |
        """;

    private const string Markdown =
        """
        # Heading one

        A paragraph with **bold**, *italic*, ~~struck~~ and `inline code`, and a [link](https://example.org/path?a=1&b=2).

        ## A list

        1. First, with a dot.
        2. Second (in brackets)
           - nested one
           - nested two
        3. Third!

        > A quotation
        > on two lines.

        ```js
        const greet = (name) => `Hello, ${name}!`; // a_b * c
        ```

        | Character | Escaped in MarkdownV2 |
        |---|---|
        | `_ * [ ] ( )` | yes |
        | `<b> & "quotes"` | no |

        ---

        Special characters: _ * [ ] ( ) ~ > # + - = | { } . ! \ < & end.
        """;
}
