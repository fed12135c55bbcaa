using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Reads what <see href="https://platform.openai.com/docs/api-reference/chat/object">chat completions</see> answer: whole, or in
/// <see href="https://platform.openai.com/docs/api-reference/chat-streaming">pieces</see>, of which it remembers what holds for all.
/// </summary>
internal sealed class OpenAIAnswer
{
    private ChatRole? _role;
    private ChatFinishReason? _finish;
    private string? _model;

    /// <exception cref="JsonException">It is no JSON, or no answer.</exception>
    public static ChatResponse Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var answer = document.RootElement;
        if (Choice(answer) is not { } choice || Object(choice, "message"u8) is not { } message)
        {
            throw new JsonException("No choice.");
        }
        var created = Created(answer);
        return new ChatResponse(new ChatMessage(Role(message) ?? ChatRole.Assistant, Contents(message)) { MessageId = Text(answer, "id"u8), CreatedAt = created })
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
    public ChatResponseUpdate ReadChunk(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var document = JsonDocument.ParseValue(ref reader);
        var chunk = document.RootElement;
        List<AIContent> contents = [];
        if (Choice(chunk) is { } choice)
        {
            _finish ??= Finish(choice);
            if (Object(choice, "delta"u8) is { } delta)
            {
                _role ??= Role(delta);
                contents = Contents(delta);
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

    private static List<AIContent> Contents(JsonElement message)
    {
        List<AIContent> contents = [];
        if (Text(message, "content"u8) is { Length: > 0 } text)
        {
            contents.Add(new TextContent(text));
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
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("choices"u8, out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
            && choices[0] is { ValueKind: JsonValueKind.Object } first
            ? first
            : null;

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

    private static string? Text(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
