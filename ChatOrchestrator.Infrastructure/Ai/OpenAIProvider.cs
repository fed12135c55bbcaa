using System.Net;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>One API that speaks OpenAI's protocol: OpenAI itself, a compatible server, or an Azure OpenAI resource.</summary>
internal sealed class OpenAIProvider(ProviderOptions provider, HttpClient http, TimeProvider time)
{
    private const string OpenAI = "https://api.openai.com/v1";

    /// <summary>What is kept of an answer, or of an event of a stream, at most: the longest answers of any model are a tenth of it.</summary>
    internal const int MaxAnswerBytes = 16 << 20;

    /// <summary>Some local servers want a key to be sent and take any.</summary>
    private const string NoKey = "none";

    /// <summary>The API's address, as telemetry names it; the dated versions of Azure's have the deployment in it.</summary>
    public Uri AddressOf(string model) => new(BaseOf(model));

    /// <summary>Makes a call.</summary>
    /// <param name="path">The method, such as <c>chat/completions</c>.</param>
    /// <param name="content">What is asked.</param>
    /// <returns>An answer that says yes; its body is not read yet.</returns>
    /// <exception cref="ModelException">The API says no.</exception>
    public async Task<HttpResponseMessage> PostAsync(string model, string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, BaseOf(model) + "/" + path + (provider is { IsAzure: true, ApiVersion: { } version } ? "?api-version=" + version : ""))
        {
            Content = content,
            // HTTP/2 where TLS offers it, 1.1 elsewhere.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        var key = provider.ApiKey ?? NoKey;
        // Azure wants its keys in a header of its own: https://learn.microsoft.com/azure/ai-foundry/openai/reference
        request.Headers.TryAddWithoutValidation(provider.IsAzure ? "api-key" : "Authorization", provider.IsAzure ? key : "Bearer " + key);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Headers.TryAddWithoutValidation("User-Agent", "ChatOrchestrator");
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw ModelFailures.Of(response, await ReadAsync(response, cancellationToken), time);
        }
    }

    /// <summary>The whole body.</summary>
    /// <exception cref="HttpRequestException">It is longer than <see cref="MaxAnswerBytes"/>, or breaks off.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private string BaseOf(string model) => (provider.IsAzure, provider.ApiVersion) switch
    {
        (true, null) => provider.Endpoint!.TrimEnd('/') + "/openai/v1",
        (true, _) => $"{provider.Endpoint!.TrimEnd('/')}/openai/deployments/{Uri.EscapeDataString(model)}",
        _ => provider.Endpoint?.TrimEnd('/') ?? OpenAI,
    };
}
