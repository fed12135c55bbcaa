using System.Globalization;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>A request as the model got it, for tests that look at the prompt.</summary>
internal sealed record RecordedRequest(string Id, string Model, bool Stream, int PromptTokens, IReadOnlyList<ChatMessage> Messages);

/// <summary>Settings, faults and the last requests.</summary>
internal sealed class OpenAiState(OpenAiSettings initial)
{
    private const int MaxRecorded = 200;
    private readonly Lock _sync = new();
    private readonly Queue<RecordedRequest> _requests = [];
    private long _lastId;

    public OpenAiSettings Settings { get; set; } = initial;

    public OpenAiFaults Faults { get; } = new();

    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (_sync)
            {
                return [.. _requests];
            }
        }
    }

    public string NextId() => Interlocked.Increment(ref _lastId).ToString("D8", CultureInfo.InvariantCulture);

    /// <returns>The id of the completion.</returns>
    public string Record(ChatRequest request)
    {
        var id = "chatcmpl-" + NextId();
        lock (_sync)
        {
            if (_requests.Count == MaxRecorded)
            {
                _requests.Dequeue();
            }

            _requests.Enqueue(new RecordedRequest(id, request.Model, request.Stream, request.PromptTokens, request.Messages));
        }

        return id;
    }

    /// <summary>Checks the key if one is required.</summary>
    /// <exception cref="OpenAiException">401.</exception>
    public void Authorize(HttpRequest request)
    {
        if (Settings.ApiKey is not { } required)
        {
            return;
        }

        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header.Length == 7)
        {
            throw new OpenAiException(401,
                "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                "invalid_request_error");
        }

        if (required != "*" && header[7..] != required)
        {
            throw WrongKey(header[7..]);
        }
    }

    public static OpenAiException WrongKey(string key)
    {
        // As on the real API, only the ends of the key are repeated.
        var shown = key.Length > 12 ? key[..4] + "****" + key[^4..] : "****";
        return new OpenAiException(401, $"Incorrect API key provided: {shown}.", "invalid_request_error", null, "invalid_api_key");
    }

    public void Clear()
    {
        lock (_sync)
        {
            _requests.Clear();
        }

        Faults.Clear();
    }
}
