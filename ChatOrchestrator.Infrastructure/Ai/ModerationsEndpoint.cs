using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// <see href="https://platform.openai.com/docs/api-reference/moderations"/>. Whatever categories the server has are taken as it
/// names them. A long text is judged in pieces that overlap, so that nothing hides in a seam; pictures one by one, for a request
/// may hold one.
/// </summary>
internal sealed class ModerationsEndpoint : IScoresTexts, IDisposable
{
    private const string OpenAI = "https://api.openai.com/v1";
    private const int PieceLength = 8_000;
    private const int Overlap = 200;

    /// <summary>Of the longest answer; a piece's judgement has about 2 KB.</summary>
    private const int MaxAnswerBytes = 1 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly HttpClient? _http;
    private readonly Uri? _address;
    private readonly ModelCircuit _circuit;
    private readonly string _model;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public ModerationsEndpoint(IOptions<ModerationOptions> options, IOptions<AiOptions> ai, TimeProvider time, ILogger<ModerationsEndpoint> logger)
    {
        var moderation = options.Value;
        _model = moderation.Model;
        _timeout = TimeSpan.FromSeconds(moderation.TimeoutSeconds);
        _time = time;
        _circuit = new ModelCircuit(_model, time, logger);
        var own = string.IsNullOrWhiteSpace(moderation.Endpoint) ? null : moderation.Endpoint.Trim();
        if (moderation.WordsOnly || (own is null && ai.Value.Endpoint is null && ai.Value.ApiKey is null))
        {
            return;
        }
        _address = new Uri((own ?? ai.Value.Endpoint ?? OpenAI).TrimEnd('/') + "/moderations");
        _http = CreateHttpClient(own is null ? ai.Value.ApiKey : moderation.ApiKey);
    }

    public bool IsConfigured => _http is not null;

    public string Model => _model;

    public Task<IReadOnlyList<CategoryScore>> ScoreAsync(string text, int attempts, CancellationToken cancellationToken)
    {
        var pieces = Pieces(text);
        return ScoreAsync(new { model = _model, input = pieces }, pieces.Count, attempts, cancellationToken);
    }

    public Task<IReadOnlyList<CategoryScore>> ScoreImageAsync(string address, int attempts, CancellationToken cancellationToken) =>
        // The parts of an input are judged together: one result.
        ScoreAsync(new { model = _model, input = (object[])[new { type = "image_url", image_url = new { url = address } }] }, 1, attempts, cancellationToken);

    public void Dispose() => _http?.Dispose();

    private async Task<IReadOnlyList<CategoryScore>> ScoreAsync(object request, int results, int attempts, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!_circuit.TryEnter(out var isProbe, out _))
            {
                throw new ScoringException("unavailable");
            }
            try
            {
                var scores = await AskAsync(request, results, cancellationToken);
                _circuit.Succeeded(isProbe);
                return scores;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _circuit.Abandoned(isProbe);
                throw;
            }
            catch (ScoringException e) when (e.Message is "refused" or "unauthorized" or "invalid_answer")
            {
                // It is alive; asking again would change nothing.
                _circuit.Succeeded(isProbe);
                throw;
            }
            catch (ScoringException) when (attempt < attempts)
            {
                _circuit.Failed(isProbe);
            }
            catch (ScoringException)
            {
                _circuit.Failed(isProbe);
                throw;
            }
            await Task.Delay(Pause * attempt * (0.5 + Random.Shared.NextDouble()), _time, cancellationToken);
        }
    }

    private static List<string> Pieces(string text)
    {
        var pieces = new List<string>();
        for (var from = 0; from < text.Length; from += PieceLength - Overlap)
        {
            pieces.Add(text.Substring(from, Math.Min(PieceLength, text.Length - from)));
            if (from + PieceLength >= text.Length)
            {
                break;
            }
        }
        return pieces;
    }

    private async Task<IReadOnlyList<CategoryScore>> AskAsync(object request, int results, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var link = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await _http!.PostAsJsonAsync(_address, request, link.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new ScoringException(response.StatusCode switch
                {
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "unauthorized",
                    HttpStatusCode.TooManyRequests => "rate_limited",
                    < HttpStatusCode.InternalServerError and not HttpStatusCode.RequestTimeout => "refused",
                    _ => "unavailable",
                });
            }
            await using var body = await response.Content.ReadAsStreamAsync(link.Token);
            using var answer = await JsonDocument.ParseAsync(body, default, link.Token);
            return Worst(answer.RootElement, results);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ScoringException("timed_out");
        }
        catch (Exception e) when (e is JsonException or HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
        {
            throw new ScoringException("invalid_answer");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ScoringException("unavailable", e);
        }
    }

    /// <summary>Of several pieces, the worst of each category.</summary>
    private static List<CategoryScore> Worst(JsonElement answer, int expected)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("results", out var results) || results.ValueKind != JsonValueKind.Array
            || results.GetArrayLength() != expected)
        {
            throw new ScoringException("invalid_answer");
        }
        var worst = new Dictionary<string, CategoryScore>(StringComparer.Ordinal);
        foreach (var result in results.EnumerateArray())
        {
            if (result.ValueKind != JsonValueKind.Object || !result.TryGetProperty("flagged", out var flagged) || flagged.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
                || !result.TryGetProperty("categories", out var categories) || categories.ValueKind != JsonValueKind.Object)
            {
                throw new ScoringException("invalid_answer");
            }
            result.TryGetProperty("category_scores", out var scores);
            var any = false;
            foreach (var category in categories.EnumerateObject())
            {
                var isFlagged = category.Value.ValueKind == JsonValueKind.True;
                any |= isFlagged;
                var score = scores.ValueKind == JsonValueKind.Object && scores.TryGetProperty(category.Name, out var number) && number.ValueKind == JsonValueKind.Number
                    ? number.GetDouble()
                    : isFlagged ? 1 : 0;
                Add(new CategoryScore(category.Name, score, isFlagged));
            }
            if (flagged.GetBoolean() && !any)
            {
                // Flagged for a reason that has no name.
                Add(new CategoryScore("flagged", 1, true));
            }
        }
        return [.. worst.Values];

        void Add(CategoryScore score)
        {
            var known = worst.GetValueOrDefault(score.Category);
            worst[score.Category] = new CategoryScore(score.Category, Math.Max(known.Score, score.Score), known.IsFlagged || score.IsFlagged);
        }
    }

    private static HttpClient CreateHttpClient(string? key)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 256,
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // An API does not redirect; following one would hand the key and the text to another host.
            AllowAutoRedirect = false,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        if (!string.IsNullOrWhiteSpace(key))
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        }
        return http;
    }
}
