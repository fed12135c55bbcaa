using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary><c>/bot{token}/{method}</c>, by GET or POST. https://core.telegram.org/bots/api#making-requests</summary>
internal sealed partial class BotApiEndpoint(
    TelegramNetwork network, BotApiMethods methods, SimulatorStats stats, TimeProvider time, ILogger<BotApiEndpoint> logger)
{
    public async Task HandleAsync(HttpContext http, string token, string method)
    {
        BotApiResponse response;
        try
        {
            var bot = Authenticate(token);
            var arguments = await BotApiArguments.ReadAsync(http.Request, http.RequestAborted);
            stats.Increment("telegram.method." + method.ToLowerInvariant());
            var fault = network.Faults.Take(bot.Id, method, arguments.Text("chat_id"));
            if (fault is not null && !await SurviveAsync(http, fault))
            {
                return;
            }

            var result = await methods.CallAsync(bot, method, arguments, http.RequestAborted);
            if (fault is not null && !await DeliverAsync(http, fault))
            {
                return;
            }

            response = result is DescribedResult described
                ? new BotApiResponse(true) { Result = described.Result, Description = described.Description }
                : new BotApiResponse(true) { Result = result };
        }
        catch (BotApiException error)
        {
            stats.Increment(string.Create(CultureInfo.InvariantCulture, $"telegram.error.{error.ErrorCode}"));
            LogRefused(logger, method, error.ErrorCode, error.Message);
            response = new BotApiResponse(false) { ErrorCode = error.ErrorCode, Description = error.Message, Parameters = error.Parameters };
            http.Response.StatusCode = error.ErrorCode;
            if (error.Parameters?.RetryAfter is { } seconds)
            {
                http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        await WriteAsync(http, response);
    }

    /// <summary><c>/file/bot{token}/{path}</c>. https://core.telegram.org/bots/api#getfile</summary>
    public IResult Download(string token, string path)
    {
        try
        {
            Authenticate(token);
        }
        catch (BotApiException error)
        {
            return TypedResults.Json(new BotApiResponse(false) { ErrorCode = error.ErrorCode, Description = error.Message }, SimulatorJson.Options, statusCode: error.ErrorCode);
        }

        stats.Increment("telegram.file");
        lock (network.Sync)
        {
            return network.Files.FindByPath(path) is { } file
                ? TypedResults.Bytes(file.Bytes, "application/octet-stream")
                : TypedResults.Json(new BotApiResponse(false) { ErrorCode = 404, Description = "Not Found" }, SimulatorJson.Options, statusCode: 404);
        }
    }

    /// <summary>A file for the chat page, which has no token.</summary>
    public IResult Show(string fileId)
    {
        lock (network.Sync)
        {
            // What people send is shown on a page of this server: only kinds that run nothing are named as what they are.
            return network.Files.Find(fileId) is { } file
                ? TypedResults.Bytes(
                    file.Bytes,
                    file.MimeType is "image/png" or "image/jpeg" or "image/gif" or "image/webp" or "audio/ogg" or "audio/mpeg" or "video/mp4" ? file.MimeType : "application/octet-stream")
                : TypedResults.NotFound();
        }
    }

    private SimulatedBot Authenticate(string token)
    {
        var match = Token().Match(token);
        if (!match.Success || !long.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id <= 0)
        {
            throw new BotApiException(401, "Unauthorized: invalid token specified");
        }

        lock (network.Sync)
        {
            var bot = network.ConnectBot(id);
            return bot.IsRevoked ? throw new BotApiException(401, "Unauthorized") : bot;
        }
    }

    /// <summary>The faults that strike before the call is carried out.</summary>
    /// <returns>Whether the call goes on.</returns>
    private async Task<bool> SurviveAsync(HttpContext http, TelegramFault fault)
    {
        stats.Increment("telegram.fault");
        switch (fault.Kind)
        {
            case TelegramFaultKind.RateLimit:
                throw BotApiException.TooManyRequests(fault.RetryAfter);
            case TelegramFaultKind.Error:
                throw new BotApiException(fault.ErrorCode, fault.Description);
            case TelegramFaultKind.BadGateway:
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>", http.RequestAborted);
                return false;
            case TelegramFaultKind.Latency:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, http.RequestAborted);
                return true;
            case TelegramFaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                return false;
            default:
                return true;
        }
    }

    /// <summary>The faults that strike between the deed and the answer.</summary>
    /// <returns>Whether the answer is sent.</returns>
    private async Task<bool> DeliverAsync(HttpContext http, TelegramFault fault)
    {
        switch (fault.Kind)
        {
            case TelegramFaultKind.HangAfterAccept:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                return false;
            case TelegramFaultKind.AbortAfterAccept:
                http.Abort();
                return false;
            default:
                return true;
        }
    }

    private static async Task WriteAsync(HttpContext http, BotApiResponse response)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.AccessControlAllowOrigin = "*";
        var body = JsonSerializer.SerializeToUtf8Bytes(response, SimulatorJson.Options);
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    // Stricter than the real server in the length of the secret only where it must be: tests use short tokens.
    [GeneratedRegex("^([1-9][0-9]{0,15}):[A-Za-z0-9_-]{3,80}$", RegexOptions.CultureInvariant)]
    private static partial Regex Token();

    [LoggerMessage(1, LogLevel.Debug, "Refused {Method}: {ErrorCode} {Description}")]
    private static partial void LogRefused(ILogger logger, string method, int errorCode, string description);
}
