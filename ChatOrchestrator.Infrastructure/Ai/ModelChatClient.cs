using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// The configured model: picks the endpoint of <see cref="ChatOptions.ModelId"/> (or the default), holds the time limits, repeats
/// what failed before a token was handed out, and throws nothing but <see cref="ModelException"/> and the caller's own cancellation.
/// </summary>
internal sealed class ModelChatClient(OpenAIEndpoints endpoints, TimeProvider time, ILogger<ModelChatClient> logger) : IChatClient
{
    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var endpoint = endpoints.For(options?.ModelId);
        var hasNext = HasNext(options);
        messages = Repeatable(messages);
        options = WithoutModel(options);
        using var call = new ModelCall(endpoint, endpoint.Timeout, endpoint.FirstTokenTimeout, hasNext, time, logger, cancellationToken);
        while (true)
        {
            call.Begin();
            Exception failure;
            try
            {
                var response = await endpoint.Client.GetResponseAsync(messages, options, call.Token);
                AnswerInspection.Check(response);
                call.Succeed();
                return response;
            }
            catch (Exception e)
            {
                failure = e;
            }
            await call.RecoverAsync(failure);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var endpoint = endpoints.For(options?.ModelId);
        var firstToken = FirstToken(endpoint, options);
        var hasNext = HasNext(options);
        messages = Repeatable(messages);
        options = WithoutModel(options);
        var start = time.GetTimestamp();
        using var call = new ModelCall(endpoint, firstToken, firstToken, hasNext, time, logger, cancellationToken);
        AnswerStream? stream;
        while (true)
        {
            call.Begin();
            Exception failure;
            (stream, failure) = await TryOpenAsync(endpoint.Client, messages, options, call.Token);
            if (stream is not null)
            {
                break;
            }
            await call.RecoverAsync(failure);
            var left = endpoint.Timeout - time.GetElapsedTime(start);
            call.LimitTo(left < firstToken ? left : firstToken);
        }
        var isReported = false;
        try
        {
            call.FirstToken();
            call.LimitTo(endpoint.Timeout - time.GetElapsedTime(start));
            bool more;
            do
            {
                yield return stream.Current;
                try
                {
                    more = await stream.MoveNextAsync();
                }
                catch (Exception e)
                {
                    isReported = true;
                    throw call.End(e);
                }
            }
            while (more);
            isReported = true;
            call.Succeed();
        }
        finally
        {
            if (!isReported)
            {
                call.Abandon();
            }
            await stream.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : endpoints.Default.Client.GetService(serviceType, serviceKey);

    public void Dispose()
    {
        // The endpoints belong to the container.
    }

    /// <summary>Opens a stream up to its first token.</summary>
    private static async ValueTask<(AnswerStream? Stream, Exception Failure)> TryOpenAsync(
        IChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        AnswerStream? stream = null;
        try
        {
            stream = new AnswerStream(client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken));
            // True, or it throws: a stream without a token is none.
            await stream.MoveNextAsync();
            return (stream, null!);
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            return (null, e);
        }
    }

    private static bool HasNext(ChatOptions? options) => options is ModelCallOptions { HasNext: true };

    private static TimeSpan FirstToken(ModelEndpoint endpoint, ChatOptions? options) =>
        options is ModelCallOptions { FirstTokenTimeout: { } asked } ? (asked < endpoint.Timeout ? asked : endpoint.Timeout) : endpoint.FirstTokenTimeout;

    /// <summary>A prompt is read once for each attempt.</summary>
    private static IEnumerable<ChatMessage> Repeatable(IEnumerable<ChatMessage> messages) =>
        messages is IReadOnlyCollection<ChatMessage> or ICollection<ChatMessage> ? messages : [.. messages];

    /// <summary>The endpoint's client has the model's name already; here it would be patched into the JSON of every request.</summary>
    private static ChatOptions? WithoutModel(ChatOptions? options)
    {
        if (options?.ModelId is null)
        {
            return options;
        }
        options = options.Clone();
        options.ModelId = null;
        return options;
    }
}
