using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// One model by <see href="https://platform.openai.com/docs/api-reference/chat">chat completions</see>. Of the protocol only
/// what we use: the provider's library has types and code for all of it, which took memory in every process and a fifth of a
/// worker's time.
/// </summary>
internal sealed class OpenAIChatClient(OpenAIProvider provider, string model) : IChatClient
{
    private const string Path = "chat/completions";

    private readonly ChatClientMetadata _metadata = new("openai", provider.AddressOf(model), model);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var response = await provider.PostAsync(model, Path, OpenAIPrompt.Of(model, messages, options, stream: false), cancellationToken);
        return OpenAIAnswer.Read(await OpenAIProvider.ReadAsync(response, cancellationToken));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await provider.PostAsync(model, Path, OpenAIPrompt.Of(model, messages, options, stream: true), cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            // No stream: an error, or of a server that knows no streams the whole answer.
            foreach (var update in OpenAIAnswer.Read(await OpenAIProvider.ReadAsync(response, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
            yield break;
        }
        await using var body = new BoundedEvents(await response.Content.ReadAsStreamAsync(cancellationToken), OpenAIProvider.MaxAnswerBytes);
        var answer = new OpenAIAnswer();
        await foreach (var item in SseParser.Create(body, (_, data) => data.SequenceEqual("[DONE]"u8) ? null : answer.ReadChunk(data)).EnumerateAsync(cancellationToken))
        {
            body.Next();
            if (item.Data is not { } update)
            {
                yield break;
            }
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // The connections belong to the endpoints.
    }
}
