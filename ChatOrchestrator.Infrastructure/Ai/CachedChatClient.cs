using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Gives an answer again that was given to exactly the same prompt of the same bot, where its bot asks for it. Only whole
/// answers of text are kept. A cache that is away costs a call, no more.
/// </summary>
internal sealed class CachedChatClient(IChatClient model, HybridCache cache, IDistributedCache? shared = null) : DelegatingChatClient(model)
{
    /// <summary>Between processes the answers are in Redis; this process keeps none of them, for its memory has other uses.</summary>
    private readonly HybridCacheEntryFlags _flags = shared is null ? HybridCacheEntryFlags.None : HybridCacheEntryFlags.DisableLocalCache;

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options is not ModelCallOptions { CacheFor.Ticks: > 0 } call)
        {
            return base.GetResponseAsync(messages, options, cancellationToken);
        }
        var prompt = messages.ToList();
        return KeyOf(prompt, call) is { } key ? AskAsync(key, prompt, call, cancellationToken) : base.GetResponseAsync(prompt, options, cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options is not ModelCallOptions { CacheFor.Ticks: > 0 } call)
        {
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }
        var prompt = messages.ToList();
        return KeyOf(prompt, call) is { } key ? StreamAsync(key, prompt, call, cancellationToken) : base.GetStreamingResponseAsync(prompt, options, cancellationToken);
    }

    private async Task<ChatResponse> AskAsync(string key, List<ChatMessage> prompt, ModelCallOptions call, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, call, cancellationToken) is { } known)
        {
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, known.Text)) { ModelId = known.Model, FinishReason = ChatFinishReason.Stop };
        }
        var response = await base.GetResponseAsync(prompt, call, cancellationToken);
        await KeepAsync(key, call, response.Text, response.ModelId, response.FinishReason, cancellationToken);
        return response;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(string key, List<ChatMessage> prompt, ModelCallOptions call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await FindAsync(key, call, cancellationToken) is { } known)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, known.Text) { ModelId = known.Model, FinishReason = ChatFinishReason.Stop };
            yield break;
        }
        var text = new StringBuilder();
        string? name = null;
        ChatFinishReason? finish = null;
        await foreach (var update in base.GetStreamingResponseAsync(prompt, call, cancellationToken))
        {
            name ??= update.ModelId;
            finish ??= update.FinishReason;
            text.Append(update.Text);
            yield return update;
        }
        await KeepAsync(key, call, text.ToString(), name, finish, cancellationToken);
    }

    private async ValueTask<KeptAnswer?> FindAsync(string key, ModelCallOptions call, CancellationToken cancellationToken)
    {
        var known = await cache.GetOrCreateAsync<KeptAnswer?>(
            key, static _ => ValueTask.FromResult<KeptAnswer?>(null), new HybridCacheEntryOptions { Flags = _flags | HybridCacheEntryFlags.DisableUnderlyingData }, cancellationToken: cancellationToken);
        call.Report.FromCache = known is not null;
        ModelTelemetry.CacheLookups.Add(1, new KeyValuePair<string, object?>("result", known is null ? "miss" : "hit"));
        return known;
    }

    private async ValueTask KeepAsync(string key, ModelCallOptions call, string text, string? name, ChatFinishReason? finish, CancellationToken cancellationToken)
    {
        // What a stand-in said is given once, and not while the model itself answers again.
        if (finish == ChatFinishReason.Stop && text.Length > 0 && call.Report.Failed.Count == 0)
        {
            await cache.SetAsync(key, new KeptAnswer(text, name), new HybridCacheEntryOptions { Expiration = call.CacheFor, LocalCacheExpiration = call.CacheFor, Flags = _flags }, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Null: there is more in it than text, or the answer depends on more than the prompt.</summary>
    private static string? KeyOf(List<ChatMessage> prompt, ModelCallOptions call)
    {
        if (call.Tools is { Count: > 0 } || call.ResponseFormat is not null)
        {
            return null;
        }
        using var hash = new PromptHash();
        hash.Add(call.CacheOf.ToString());
        hash.Add(call.ModelId ?? "");
        hash.Add($"{call.Temperature:R} {call.MaxOutputTokens}");
        foreach (var message in prompt)
        {
            hash.Add($"{message.Role.Value} {message.Contents.Count}");
            foreach (var content in message.Contents)
            {
                if (content is not TextContent text)
                {
                    return null;
                }
                hash.Add(text.Text);
            }
        }
        return "answer:" + hash.End();
    }

    /// <summary>What is kept of an answer.</summary>
    [ImmutableObject(true)]
    internal sealed record KeptAnswer(string Text, string? Model);
}
