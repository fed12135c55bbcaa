using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>What the model says: the same for the same conversation, and useful to a person who tries a bot out.</summary>
internal static class ModelAnswer
{
    /// <summary>
    /// <c>markdown</c>, <c>code</c>, <c>table</c> and <c>long</c> in the text show what a bot must be able to render; <c>history</c>
    /// tells what the model was given; anything else is quoted back.
    /// </summary>
    /// <param name="text">The last user message.</param>
    /// <param name="messages">Everything that was sent, system prompt included.</param>
    public static string To(string text, IReadOnlyList<ChatMessage> messages)
    {
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

        if (Words(lower).Contains("long"))
        {
            return Long();
        }

        if (Words(lower).Contains("history"))
        {
            return History(messages);
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

    /// <summary>More than 10,000 characters, so that every platform has to split it; a code block spans a likely cut.</summary>
    private static string Long()
    {
        var answer = new StringBuilder("# A long answer\n\n");
        for (var section = 1; answer.Length < 10_500; section++)
        {
            answer.Append(CultureInfo.InvariantCulture, $"## Section {section}\n\n");
            answer.Append(CultureInfo.InvariantCulture, $"Paragraph {section} explains *patiently* why a long answer must be split at a sensible place, never inside a word, an emoji 👩‍👩‍👧‍👦 or a **bold phrase**, and why nothing of it may be lost. It says so at some length, because length is the point here.\n\n");
            if (section % 4 == 0)
            {
                answer.Append("```python\n");
                for (var line = 1; line <= 30; line++)
                {
                    answer.Append(CultureInfo.InvariantCulture, $"print(\"section {section}, line {line}\")\n");
                }

                answer.Append("```\n\n");
            }
        }

        return answer.Append("That was all of it.").ToString();
    }

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
