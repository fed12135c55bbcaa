using System.Globalization;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary><c>/api/{method}</c>. https://docs.slack.dev/apis/web-api/</summary>
internal sealed class SlackEndpoint(SlackNetwork network, SlackMethods methods, SimulatorStats stats, TimeProvider time)
{
    public async Task HandleAsync(HttpContext http, string method)
    {
        network.BaseUrl = $"{http.Request.Scheme}://{http.Request.Host}";
        JsonObject answer;
        try
        {
            var arguments = await SlackArguments.ReadAsync(http.Request, http.RequestAborted);
            var app = Authenticate(http.Request, arguments, method);
            stats.Increment("slack.method." + method.ToLowerInvariant());
            var fault = network.Faults.Take(method, arguments.Text("channel"));
            if (fault is not null && !await SurviveAsync(http, fault))
            {
                return;
            }

            answer = methods.Call(app, method, arguments);
            answer.Insert(0, "ok", true);
            if (fault is { Kind: SlackFaultKind.HangAfterAccept })
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
            }

            if (fault is { Kind: SlackFaultKind.AbortAfterAccept })
            {
                http.Abort();
                return;
            }
        }
        catch (SlackApiException error)
        {
            stats.Increment($"slack.error.{error.Message}");
            answer = new JsonObject { ["ok"] = false, ["error"] = error.Message };
            if (error.Message == "ratelimited")
            {
                await RefuseAsync(http, 1);
                return;
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        http.Response.Headers["X-OAuth-Scopes"] = "app_mentions:read,channels:history,chat:write,commands,files:read,im:history,im:write,reactions:read,users:read";
        await WriteAsync(http, answer);
    }

    private SlackApp? Authenticate(HttpRequest request, SlackArguments arguments, string method)
    {
        if (method == "api.test")
        {
            return null;
        }

        var header = request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : arguments.Text("token");
        if (string.IsNullOrEmpty(token))
        {
            throw new SlackApiException("not_authed");
        }

        var isAppLevel = token.StartsWith("xapp-", StringComparison.Ordinal);
        if (isAppLevel != (method == "apps.connections.open"))
        {
            throw new SlackApiException("not_allowed_token_type");
        }

        lock (network.Sync)
        {
            var app = network.AppOf(token, isAppLevel) ?? throw new SlackApiException("invalid_auth");
            return app.IsRevoked ? throw new SlackApiException("token_revoked") : app;
        }
    }

    /// <returns>Whether the call goes on.</returns>
    private async Task<bool> SurviveAsync(HttpContext http, SlackFault fault)
    {
        stats.Increment("slack.fault");
        switch (fault.Kind)
        {
            case SlackFaultKind.RateLimit:
                await RefuseAsync(http, fault.RetryAfter);
                return false;
            case SlackFaultKind.Error:
                throw new SlackApiException(fault.Error);
            case SlackFaultKind.BadGateway:
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html><body><h1>502 Bad Gateway</h1></body></html>", http.RequestAborted);
                return false;
            case SlackFaultKind.Latency:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, http.RequestAborted);
                return true;
            case SlackFaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                return false;
            default:
                return true;
        }
    }

    private static Task RefuseAsync(HttpContext http, int seconds)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return WriteAsync(http, new JsonObject { ["ok"] = false, ["error"] = "ratelimited" });
    }

    private static Task WriteAsync(HttpContext http, JsonObject answer)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(answer.ToJsonString(SimulatorJson.Options), http.RequestAborted);
    }
}
