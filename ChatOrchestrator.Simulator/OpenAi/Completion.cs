using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>A completion in its two wire forms. https://platform.openai.com/docs/api-reference/chat/object</summary>
internal sealed record Completion(string Id, ChatRequest Request, long Created, string Answer, string Finish)
{
    public JsonObject ToJson()
    {
        var json = Envelope("chat.completion");
        json["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = Answer, ["refusal"] = null, ["annotations"] = new JsonArray() },
            ["logprobs"] = null,
            ["finish_reason"] = Finish,
        });
        json["usage"] = Usage();
        return json;
    }

    public JsonObject ToChunk(JsonObject delta, string? finish)
    {
        var json = Envelope("chat.completion.chunk");
        json["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finish });
        if (Request.IncludeUsage)
        {
            json["usage"] = null;
        }

        return json;
    }

    /// <summary>The last chunk when <c>stream_options.include_usage</c> is set: no choices.</summary>
    public JsonObject ToUsageChunk()
    {
        var json = Envelope("chat.completion.chunk");
        json["choices"] = new JsonArray();
        json["usage"] = Usage();
        return json;
    }

    private JsonObject Envelope(string type) => new()
    {
        ["id"] = Id,
        ["object"] = type,
        ["created"] = Created,
        ["model"] = Request.Model,
        ["service_tier"] = "default",
        ["system_fingerprint"] = "fp_simulator",
    };

    private JsonObject Usage()
    {
        var completion = ChatRequest.Tokens(Answer);
        return new JsonObject
        {
            ["prompt_tokens"] = Request.PromptTokens,
            ["completion_tokens"] = completion,
            ["total_tokens"] = Request.PromptTokens + completion,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 0, ["audio_tokens"] = 0 },
            ["completion_tokens_details"] = new JsonObject
            {
                ["reasoning_tokens"] = 0,
                ["audio_tokens"] = 0,
                ["accepted_prediction_tokens"] = 0,
                ["rejected_prediction_tokens"] = 0,
            },
        };
    }
}
