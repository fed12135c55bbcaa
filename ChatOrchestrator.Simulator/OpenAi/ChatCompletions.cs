using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>, plain and streamed.</summary>
internal sealed class ChatCompletions(OpenAiState state, SimulatorStats stats, TimeProvider time)
{
    /// <exception cref="OpenAiException">The request is refused, or a fault says so.</exception>
    public async Task HandleAsync(HttpContext http, JsonElement body)
    {
        var request = ChatRequest.Parse(body);
        var settings = state.Settings;
        var id = state.Record(request);
        var fault = state.Faults.Take(http.Request.Headers["X-Simulator-Fault"], request.LastUserText);
        var delay = settings.LatencyMs + (fault?.Kind == OpenAiFaultKind.Latency ? fault.DelayMs : 0);
        if (delay > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(delay), time, http.RequestAborted);
        }

        if (fault is not null)
        {
            stats.Increment("openai.fault");
            await RefuseAsync(http, request, fault);
        }

        if (settings.ContextTokens > 0 && request.PromptTokens > settings.ContextTokens)
        {
            throw OpenAiException.ContextLength(settings.ContextTokens, request.PromptTokens);
        }

        var (answer, finish) = Answer(request, fault, new Uri($"{http.Request.Scheme}://{http.Request.Host}"));
        var completion = new Completion(id, request, time.GetUtcNow().ToUnixTimeSeconds(), answer, finish);
        if (request.Stream)
        {
            stats.Increment("openai.chat.streamed");
            await StreamAsync(http, completion, settings, fault);
        }
        else if (fault?.Kind == OpenAiFaultKind.BrokenStream)
        {
            var json = completion.ToJson().ToJsonString(SimulatorJson.Options);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(json[..(json.Length / 2)], http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            http.Abort();
        }
        else
        {
            await http.Response.WriteAsJsonAsync(completion.ToJson(), SimulatorJson.Options, http.RequestAborted);
        }
    }

    private async Task RefuseAsync(HttpContext http, ChatRequest request, OpenAiFault fault)
    {
        switch (fault.Kind)
        {
            case OpenAiFaultKind.RateLimit:
                throw OpenAiException.RateLimit(fault.RetryAfter);
            case OpenAiFaultKind.Quota:
                throw new OpenAiException(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", null, "insufficient_quota");
            case OpenAiFaultKind.ServerError:
                throw OpenAiException.Server(fault.Status);
            case OpenAiFaultKind.Unauthorized:
                throw OpenAiState.WrongKey("");
            case OpenAiFaultKind.ContextLength when request.Messages.Count > 2:
                throw OpenAiException.ContextLength(Math.Max(1, request.PromptTokens - 1), request.PromptTokens);
            case OpenAiFaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                break;
            default:
                break;
        }
    }

    private static (string Answer, string Finish) Answer(ChatRequest request, OpenAiFault? fault, Uri simulator)
    {
        if (fault?.Kind == OpenAiFaultKind.ContentFilter)
        {
            return ("", "content_filter");
        }

        var answer = ModelAnswer.To(request.LastUserText, request.Messages, simulator);
        if (request.Schema is { } schema)
        {
            answer = StructuredAnswer.For(schema, request.LastUserText)?.ToJsonString(SimulatorJson.Options) ?? "null";
        }
        else if (request.JsonObject)
        {
            answer = new JsonObject { ["answer"] = answer }.ToJsonString(SimulatorJson.Options);
        }

        if (request.MaxTokens is not { } limit || ChatRequest.Tokens(answer) <= limit)
        {
            return (answer, "stop");
        }

        // Cut between whole characters until the count fits.
        var length = Math.Min(answer.Length, limit * 4);
        while (length > 0 && (ChatRequest.Tokens(answer[..length]) > limit || char.IsHighSurrogate(answer[length - 1])))
        {
            length--;
        }

        return (answer[..length], "length");
    }

    private async Task StreamAsync(HttpContext http, Completion completion, OpenAiSettings settings, OpenAiFault? fault)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        await SendAsync(http, completion.ToChunk(new JsonObject { ["role"] = "assistant", ["content"] = "", ["refusal"] = null }, null));
        var sent = 0;
        foreach (var piece in Pieces(completion.Answer, settings.ChunkChars))
        {
            if (sent == fault?.AfterChunks && fault.Kind == OpenAiFaultKind.BrokenStream)
            {
                http.Abort();
                return;
            }

            if (sent == fault?.AfterChunks && fault.Kind == OpenAiFaultKind.StalledStream)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
            }

            if (sent++ > 0 && settings.ChunkDelayMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(settings.ChunkDelayMs), time, http.RequestAborted);
            }

            await SendAsync(http, completion.ToChunk(new JsonObject { ["content"] = piece }, null));
        }

        if (fault?.Kind is OpenAiFaultKind.BrokenStream)
        {
            http.Abort();
            return;
        }

        await SendAsync(http, completion.ToChunk([], completion.Finish));
        if (completion.Request.IncludeUsage)
        {
            await SendAsync(http, completion.ToUsageChunk());
        }

        await http.Response.WriteAsync("data: [DONE]\n\n", http.RequestAborted);
    }

    private static async Task SendAsync(HttpContext http, JsonObject chunk)
    {
        await http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"data: {chunk.ToJsonString(SimulatorJson.Options)}\n\n"), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static IEnumerable<string> Pieces(string answer, int minimum)
    {
        for (var start = 0; start < answer.Length;)
        {
            var end = Math.Min(start + minimum, answer.Length);
            while (end < answer.Length && answer[end - 1] is not (' ' or '\n'))
            {
                end++;
            }

            yield return answer[start..end];
            start = end;
        }
    }
}
