using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Fetches updates with <see href="https://core.telegram.org/bots/api#getupdates">getUpdates</see>, as raw JSON, so that the
/// reader of the webhooks reads them. Telegram forgets an update when it is asked for the next one: that happens only after
/// the update was handed in.
/// </summary>
internal sealed class TelegramPolling(TelegramHttp http, TimeProvider time, ILogger logger)
{
    /// <summary>How long Telegram holds a request open when there is nothing, in seconds.</summary>
    private const int HoldSeconds = 50;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(HoldSeconds + 15);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Goes on until cancelled; what <paramref name="receive"/> throws ends it, and Telegram repeats what was not handed in.</summary>
    /// <param name="prepare">Makes polling possible; repeated until it succeeds.</param>
    /// <exception cref="PlatformException">Telegram does not know the token.</exception>
    public async Task ListenAsync(
        ConnectionSnapshot snapshot,
        TelegramConnection connection,
        Func<Task> prepare,
        Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive,
        CancellationToken cancellationToken)
    {
        var prepared = false;
        var offset = 0L;
        var pause = TimeSpan.Zero;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!prepared)
                {
                    await prepare();
                    prepared = true;
                    TelegramLog.Listening(logger, snapshot.Id);
                }
                var started = Stopwatch.GetTimestamp();
                var poll = await PollAsync(connection, offset, cancellationToken);
                var (events, next) = ReadAll(snapshot, connection, poll, offset);
                if (events.Count > 0)
                {
                    await receive(events, cancellationToken);
                    await TelegramCallbacks.AnswerAsync(connection, events, cancellationToken);
                }
                if (poll.RetryAfter > TimeSpan.Zero)
                {
                    TelegramLog.PollFailed(logger, snapshot.Id, "too_many_requests", poll.RetryAfter);
                    await Task.Delay(poll.RetryAfter, time, cancellationToken);
                }
                else if (next == offset && Stopwatch.GetElapsedTime(started) < ShortestPause)
                {
                    // A server that does not hold requests open must not be asked in a tight loop.
                    await Task.Delay(ShortestPause, time, cancellationToken);
                }
                offset = next;
                pause = TimeSpan.Zero;
            }
            catch (PlatformException failure) when (!failure.Permanent)
            {
                pause = TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, ShortestPause.Ticks, LongestPause.Ticks));
                TelegramLog.PollFailed(logger, snapshot.Id, failure.Message, pause);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private async Task<Poll> PollAsync(TelegramConnection connection, long offset, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallTimeout);
        try
        {
            using var content = new StringContent(
                $$"""{"offset":{{offset}},"limit":100,"timeout":{{HoldSeconds}},"allowed_updates":{{TelegramAdapter.AllowedUpdatesJson}}}""",
                Encoding.UTF8,
                MediaTypeHeaderValue.Parse("application/json"));
            using var response = await http.LongPolling.PostAsync(http.MethodUrl(connection.Token!, "getUpdates"), content, limit.Token);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => new Poll(body, Updates(body), TimeSpan.Zero),
                HttpStatusCode.TooManyRequests => new Poll(body, [], RetryAfter(body)),
                HttpStatusCode.Unauthorized or HttpStatusCode.NotFound => throw new PlatformException("unauthorized", permanent: true),
                // Another process polls, or a webhook was set meanwhile: whoever that is, wait for it to go away.
                HttpStatusCode.Conflict => throw new PlatformException("conflict", permanent: false),
                _ => throw new PlatformException("server_error", permanent: false),
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new PlatformException(exception is HttpRequestException ? "unreachable" : "timeout", permanent: false);
        }
        catch (JsonException)
        {
            throw new PlatformException("unreadable_answer", permanent: false);
        }
    }

    private (List<InboundEvent> Events, long Next) ReadAll(ConnectionSnapshot snapshot, TelegramConnection connection, Poll poll, long offset)
    {
        var events = new List<InboundEvent>();
        var next = offset;
        foreach (var range in poll.Updates)
        {
            var update = poll.Body.AsSpan(range);
            if (TelegramUpdateScan.UpdateId(update) is { } id)
            {
                next = Math.Max(next, id + 1);
            }
            try
            {
                events.AddRange(TelegramUpdateReader.Read(connection, update));
            }
            catch (MalformedPayloadException)
            {
                TelegramLog.UnreadableUpdate(logger, snapshot.Id);
                if (TelegramUpdateReader.Unreadable(update) is { } unreadable)
                {
                    events.Add(unreadable);
                }
            }
        }
        return (events, next);
    }

    /// <summary>Where in the answer each update stands.</summary>
    /// <exception cref="JsonException">It is not an answer with a list of updates.</exception>
    private static List<Range> Updates(byte[] body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = TelegramJson.Default.Options.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }
        List<Range>? updates = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("result"u8))
            {
                reader.Skip();
                continue;
            }
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException();
            }
            updates = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                updates.Add(start..(int)reader.BytesConsumed);
            }
        }
        return updates ?? throw new JsonException();
    }

    /// <exception cref="JsonException">It is not an answer of the Bot API.</exception>
    private static TimeSpan RetryAfter(byte[] body)
    {
        var answer = JsonSerializer.Deserialize(body, TelegramJson.Default.ApiAnswer);
        return TimeSpan.FromSeconds(Math.Max(1, answer?.Parameters?.RetryAfter ?? 1));
    }

    /// <summary>An answer: where its updates stand in the body, or how long Telegram wants us to wait.</summary>
    private readonly record struct Poll(byte[] Body, List<Range> Updates, TimeSpan RetryAfter);
}
