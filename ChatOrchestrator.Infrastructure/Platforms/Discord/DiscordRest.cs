using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>Calls of <see href="https://discord.com/developers/docs/reference#http-api">Discord's HTTP API</see> within its rate limits.</summary>
internal sealed class DiscordRest(PlatformHttp http, IOptions<DiscordOptions> options, TimeProvider time)
{
    /// <summary>A shorter wait for a bucket is waited out inside the call; a longer one is the engine's.</summary>
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(1);

    // Without a User-Agent of this form Discord's front may refuse: https://discord.com/developers/docs/reference#user-agent
    private const string UserAgent = "DiscordBot (ChatOrchestrator, 1.0)";

    private readonly string _baseUrl = options.Value.ApiBaseUrl.TrimEnd('/') + "/";
    private readonly DiscordRateLimits _limits = new(time);

    /// <summary>Makes a call. Every status is an answer.</summary>
    /// <param name="json">The body; null: none.</param>
    /// <exception cref="RateLimitedException">The bucket is empty for longer than is waited here; no call was made.</exception>
    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public async Task<PlatformAnswer> CallAsync(string token, DiscordRoute route, byte[]? json, CancellationToken cancellationToken)
    {
        for (TimeSpan wait; (wait = _limits.Take(route, token)) > TimeSpan.Zero;)
        {
            if (wait > LongestNap)
            {
                throw new RateLimitedException(wait);
            }
            await Task.Delay(wait, time, cancellationToken);
        }
        using var request = new HttpRequestMessage(route.Method, _baseUrl + route.Path);
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        if (route.Authorized)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bot", token);
        }
        if (json is not null)
        {
            request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }
        var answer = await http.SendAsync(request, cancellationToken);
        _limits.Learn(route, token, answer);
        return answer;
    }

    /// <summary>Makes a call whose failure is the caller's to deal with, and reads its answer.</summary>
    /// <exception cref="PlatformException">Discord refused or could not be reached.</exception>
    public async Task<T> GetAsync<T>(string? token, DiscordRoute route, byte[]? json, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var answer = await AskAsync(token, route, json, cancellationToken);
        return Read(answer, type) ?? throw new PlatformException("unreadable_answer", permanent: false);
    }

    /// <summary>Makes a call whose failure is the caller's to deal with.</summary>
    /// <exception cref="PlatformException">Discord refused or could not be reached.</exception>
    public async Task<PlatformAnswer> AskAsync(string? token, DiscordRoute route, byte[]? json, CancellationToken cancellationToken)
    {
        if (token is null)
        {
            throw new PlatformException("token_missing", permanent: true);
        }
        PlatformAnswer answer;
        try
        {
            answer = await CallAsync(token, route, json, cancellationToken);
        }
        catch (RateLimitedException)
        {
            throw new PlatformException("too_many_requests", permanent: false);
        }
        catch (PlatformCallException failure)
        {
            throw new PlatformException(failure.Message, permanent: false);
        }
        return (int)answer.Status switch
        {
            >= 200 and < 300 => answer,
            401 => throw new PlatformException("unauthorized", permanent: true),
            429 => throw new PlatformException("too_many_requests", permanent: false),
            >= 500 => throw new PlatformException("server_error", permanent: false),
            _ => throw new PlatformException(DiscordRefusal.ReasonOf(answer), permanent: true),
        };
    }

    /// <summary>The answer's body; null: it is not what is documented.</summary>
    public static T? Read<T>(PlatformAnswer answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>A bucket is empty; no call was made.</summary>
internal sealed class RateLimitedException(TimeSpan after) : Exception("too_many_requests")
{
    public TimeSpan After { get; } = after;
}
