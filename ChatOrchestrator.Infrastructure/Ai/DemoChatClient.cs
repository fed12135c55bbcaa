using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using ChatOrchestrator.Application;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Answers when no model is configured, so that a fresh clone can be tried offline. The same question gets the same answer.
/// "markdown" shows every kind of formatting, "long" an answer that no platform takes in one message.
/// </summary>
internal sealed class DemoChatClient(TimeProvider time) : IChatClient
{
    public const string ModelId = "demo";

    /// <summary>Visible as typing in a page, short enough not to be waited for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>A longer answer comes in larger pieces, so that none takes more than about two seconds.</summary>
    private const int MaxPieces = 80;

    /// <summary>How much of the question is quoted, in characters.</summary>
    private const int MaxEcho = 500;

    private const string HowToConfigure =
        "I am the built-in **demo model**: no AI is connected. To connect one, set `Ai:ApiKey` (or the environment variable "
        + "`OPENAI_API_KEY`), or `Ai:Endpoint` for a compatible server such as `http://localhost:11434/v1`, and restart.";

    private const string Showcase = """
        # Markdown

        Text can be **bold**, *italic*, ~~struck out~~ or `code`, and hold a [link](https://commonmark.org).

        1. A numbered list
        2. with a second item
           - and a nested one

        > A quotation.

        ```csharp
        Console.WriteLine("Hello & <welcome>!");
        ```

        | Platform | Limit |
        |---|---:|
        | Telegram | 4096 |
        | Discord | 2000 |

        Special characters stay as they are: _ * [ ] ( ) ~ ` > # + - = | { } . ! < & "

        """;

    private static readonly ChatClientMetadata Metadata = new("demo", null, ModelId);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (answer, usage) = Answer(messages);
        await Task.Delay(Pause, time, cancellationToken);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, answer))
        {
            ModelId = ModelId,
            FinishReason = ChatFinishReason.Stop,
            CreatedAt = time.GetUtcNow(),
            Usage = usage,
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (answer, usage) = Answer(messages);
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var piece = Math.Max(1, answer.Length / MaxPieces);
        for (var from = 0; from < answer.Length;)
        {
            await Task.Delay(Pause, time, cancellationToken);
            var end = answer.IndexOf(' ', Math.Min(from + piece, answer.Length));
            end = end < 0 ? answer.Length : end + 1;
            yield return Update(new TextContent(answer[from..end]));
            from = end;
        }
        var last = Update(new UsageContent(usage));
        last.FinishReason = ChatFinishReason.Stop;
        yield return last;

        ChatResponseUpdate Update(AIContent content) =>
            new(ChatRole.Assistant, [content]) { ModelId = ModelId, ResponseId = id, MessageId = id, CreatedAt = time.GetUtcNow() };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? Metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // Holds nothing.
    }

    private static (string Answer, UsageDetails Usage) Answer(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var input = 0;
        var turn = 0;
        ChatMessage? question = null;
        foreach (var message in messages)
        {
            input += Words(message.Text);
            if (message.Role == ChatRole.User)
            {
                question = message;
                turn++;
            }
        }
        var asked = question?.Text.Trim() ?? "";
        var answer = asked.ToUpperInvariant() switch
        {
            "" => HowToConfigure,
            "LONG" => Long(),
            "MARKDOWN" => Showcase + "\n" + HowToConfigure,
            _ => Echo(asked, turn),
        };
        var output = Words(answer);
        // Words stand in for tokens: there is no tokenizer behind this.
        return (answer, new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output });
    }

    private static string Echo(string asked, int turn)
    {
        var shown = asked.Shortened(MaxEcho);
        var quote = shown.ReplaceLineEndings("\n> ") + (shown.Length < asked.Length ? " […]" : "");
        return turn <= 1
            ? $"You wrote:\n\n> {quote}\n\n{HowToConfigure}\n\nTry `markdown` to see formatting, or `long` for a long answer."
            : string.Create(CultureInfo.InvariantCulture, $"You wrote:\n\n> {quote}\n\nThat is message {turn} of those that I was shown. (I am the **demo model**; `Ai:ApiKey` connects a real one.)");
    }

    private static string Long()
    {
        var text = new StringBuilder("## A long answer\n\n");
        for (var paragraph = 1; paragraph <= 40; paragraph++)
        {
            text.Append(CultureInfo.InvariantCulture, $"**Paragraph {paragraph}.** Messaging platforms limit the length of a message, ")
                .Append("so an answer like this one is sent in several parts, split between paragraphs where that is possible, ")
                .Append("and no part of it may get lost, repeated or out of order.\n\n");
        }
        return text.Append(HowToConfigure).ToString();
    }

    private static int Words(ReadOnlySpan<char> text)
    {
        var words = 0;
        foreach (var range in text.Split(' '))
        {
            words += text[range].IsWhiteSpace() ? 0 : 1;
        }
        return words;
    }
}
