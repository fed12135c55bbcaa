using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Reads what <see href="https://platform.openai.com/docs/api-reference/chat/object">chat completions</see> answer: whole, or in
/// <see href="https://platform.openai.com/docs/api-reference/chat-streaming">pieces</see>, of which it remembers what holds for all.
/// </summary>
internal sealed partial class OpenAIAnswer
{
    private ChatRole? _role;
    private ChatFinishReason? _finish;
    private string? _model;

    /// <summary>The first half of a character, with which a piece ended.</summary>
    private string _half = "";

    /// <exception cref="JsonException">It is no JSON, or no answer.</exception>
    /// <exception cref="ModelException">It is an error.</exception>
    public static ChatResponse Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var answer = document.RootElement;
        ThrowIfError(answer);
        if (Choice(answer) is not { } choice || Object(choice, "message"u8) is not { } message)
        {
            throw new JsonException("No choice.");
        }
        var created = Created(answer);
        return new ChatResponse(new ChatMessage(Role(message) ?? ChatRole.Assistant, Contents(message, WellFormed)) { MessageId = Text(answer, "id"u8), CreatedAt = created })
        {
            ResponseId = Text(answer, "id"u8),
            CreatedAt = created,
            ModelId = Text(answer, "model"u8),
            FinishReason = Finish(choice),
            Usage = Object(answer, "usage"u8) is { } usage ? UsageOf(usage) : null,
        };
    }

    /// <summary>A piece; it may hold nothing.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="ModelException">It is an error: the answer breaks off here.</exception>
    public ChatResponseUpdate ReadChunk(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var document = JsonDocument.ParseValue(ref reader);
        var chunk = document.RootElement;
        ThrowIfError(chunk);
        List<AIContent> contents = [];
        if (Choice(chunk) is { } choice)
        {
            _finish ??= Finish(choice);
            if (Object(choice, "delta"u8) is { } delta)
            {
                _role ??= Role(delta);
                contents = Contents(delta, Continue);
            }
        }
        if (Object(chunk, "usage"u8) is { } usage)
        {
            contents.Add(new UsageContent(UsageOf(usage)));
        }
        _model ??= Text(chunk, "model"u8) is { Length: > 0 } model ? model : null;
        return new ChatResponseUpdate(_role, contents)
        {
            ResponseId = Text(chunk, "id"u8),
            MessageId = Text(chunk, "id"u8),
            CreatedAt = Created(chunk),
            ModelId = _model,
            FinishReason = _finish,
        };
    }

    /// <summary>
    /// Routers, whose own status is sent before the model has answered, tell of a failure in place of the answer, beside a choice
    /// or in it (<see href="https://openrouter.ai/docs/api/reference/errors-and-debugging"/>); some servers' answer is the error itself.
    /// </summary>
    private static void ThrowIfError(JsonElement answer)
    {
        if (ErrorIn(answer) is { } error)
        {
            throw ModelFailures.Of(error);
        }
        if (Choice(answer) is { } choice)
        {
            if (ErrorIn(choice) is { } ofChoice)
            {
                throw ModelFailures.Of(ofChoice);
            }
            if (Is(choice, "finish_reason"u8, "error"u8))
            {
                throw new ModelException(ModelFailure.Unavailable);
            }
        }
    }

    private static JsonElement? ErrorIn(JsonElement answer) =>
        Object(answer, "error"u8) ?? (Text(answer, "error"u8) is { Length: > 0 } || Is(answer, "object"u8, "error"u8) ? answer : null);

    /// <summary>Servers that count in UTF-16 may cut a character in two: half of it waits for the next piece.</summary>
    private string Continue(string piece)
    {
        var text = _half + piece;
        _half = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1..] : "";
        return WellFormed(text[..^_half.Length]);
    }

    private static List<AIContent> Contents(JsonElement message, Func<string, string> read)
    {
        List<AIContent> contents = [];
        if (Characters(message, "content"u8) is { } whole)
        {
            if (read(whole) is { Length: > 0 } text)
            {
                contents.Add(new TextContent(text));
            }
        }
        else if (List(message, "content"u8) is { } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                if (Is(part, "type"u8, "text"u8) && Characters(part, "text"u8) is { } piece && read(piece) is { Length: > 0 } text)
                {
                    contents.Add(new TextContent(text));
                }
            }
        }
        // Of models that think aloud: not OpenAI's own, but of many compatible servers.
        if (Text(message, "reasoning_content"u8) is { Length: > 0 } reasoning)
        {
            contents.Add(new TextReasoningContent(reasoning));
        }
        if (Text(message, "refusal"u8) is { Length: > 0 } refusal)
        {
            contents.Add(new ErrorContent(refusal) { ErrorCode = "Refusal" });
        }
        return contents;
    }

    private static UsageDetails UsageOf(JsonElement usage) => new()
    {
        InputTokenCount = Number(usage, "prompt_tokens"u8) ?? 0,
        OutputTokenCount = Number(usage, "completion_tokens"u8) ?? 0,
        TotalTokenCount = Number(usage, "total_tokens"u8) ?? 0,
        CachedInputTokenCount = Object(usage, "prompt_tokens_details"u8) is { } input ? Number(input, "cached_tokens"u8) : null,
        ReasoningTokenCount = Object(usage, "completion_tokens_details"u8) is { } output ? Number(output, "reasoning_tokens"u8) : null,
    };

    private static JsonElement? Choice(JsonElement answer) =>
        List(answer, "choices"u8) is { } choices && choices.GetArrayLength() > 0 && choices[0] is { ValueKind: JsonValueKind.Object } first ? first : null;

    private static ChatRole? Role(JsonElement message) => Text(message, "role"u8) is { Length: > 0 } role ? role == "assistant" ? ChatRole.Assistant : new ChatRole(role) : null;

    private static ChatFinishReason? Finish(JsonElement choice) => Text(choice, "finish_reason"u8) switch
    {
        null or "" => null,
        "stop" => ChatFinishReason.Stop,
        "length" => ChatFinishReason.Length,
        "content_filter" => ChatFinishReason.ContentFilter,
        "tool_calls" or "function_call" => ChatFinishReason.ToolCalls,
        var other => new ChatFinishReason(other),
    };

    private static DateTimeOffset? Created(JsonElement answer) => Number(answer, "created"u8) is { } seconds and >= 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static JsonElement? Object(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static JsonElement? List(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value : null;

    private static string? Text(JsonElement of, ReadOnlySpan<byte> name) => Characters(of, name) is { } characters ? WellFormed(characters) : null;

    /// <summary>A string as it is, halves of characters and all; System.Text.Json reads none that has any.</summary>
    private static string? Characters(JsonElement of, ReadOnlySpan<byte> name)
    {
        if (of.ValueKind != JsonValueKind.Object || !of.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return Escape.Replace(value.GetRawText()[1..^1], escape => escape.Value[1] switch
            {
                'u' => ((char)int.Parse(escape.ValueSpan[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString(),
                'n' => "\n",
                'r' => "\r",
                't' => "\t",
                'b' => "\b",
                'f' => "\f",
                var itself => itself.ToString(),
            });
        }
    }

    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    [GeneratedRegex(@"\\(u[0-9a-fA-F]{4}|.)")]
    private static partial Regex Escape { get; }

    private static bool Is(JsonElement of, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static long? Number(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
