using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>A call of the Graph API.</summary>
/// <param name="Path">Behind the version: <c>me/messages</c>.</param>
internal sealed record GraphCall(string Method, string[] Path, string Token, JsonObject Body, IReadOnlyDictionary<string, string> Query, IFormFile? File);

/// <summary><c>/v{n}.{m}/…</c>: who calls, what goes wrong, and which product answers.</summary>
internal sealed class GraphEndpoint(MetaNetwork network, SendApi sendApi, CloudApi cloudApi, IdMatching idMatching, SimulatorStats stats, TimeProvider time)
{
    public async Task HandleAsync(HttpContext http, string path)
    {
        JsonNode answer;
        try
        {
            var call = await ReadAsync(http, path);
            lock (network.Sync)
            {
                network.BaseUrl = $"{http.Request.Scheme}://{http.Request.Host}";
            }
            var isPage = call.Path[0] == "me" || IsPage(call.Path[0]);
            stats.Increment($"{(isPage ? "messenger" : "whatsapp")}.graph.{call.Path[^1]}"[..Math.Min(60, $"{(isPage ? "messenger" : "whatsapp")}.graph.{call.Path[^1]}".Length)]);
            var fault = FaultOf(call, isPage);
            if (fault is not null && !await SurviveAsync(http, fault))
            {
                return;
            }
            answer = call.Path is [_, "ids_for_pages"] ? idMatching.Call(call) : isPage ? sendApi.Call(call) : cloudApi.Call(call);
            if (fault is { Kind: MetaFaultKind.HangAfterAccept })
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
            }
            if (fault is { Kind: MetaFaultKind.AbortAfterAccept })
            {
                http.Abort();
                return;
            }
        }
        catch (GraphException refusal)
        {
            stats.Increment($"meta.error.{refusal.Code}");
            http.Response.StatusCode = refusal.Status;
            if (refusal.RetryAfter is { } seconds)
            {
                http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            answer = refusal.ToJson();
        }
        http.Response.ContentType = "application/json; charset=UTF-8";
        await http.Response.WriteAsync(answer.ToJsonString(SimulatorJson.Options), http.RequestAborted);
    }

    private bool IsPage(string id)
    {
        lock (network.Sync)
        {
            return network.FindAccount(MetaProduct.Messenger, id) is not null || network.Accounts.Any(a => a.Product == MetaProduct.Messenger && network.FindThread(a, id) is not null);
        }
    }

    private static async Task<GraphCall> ReadAsync(HttpContext http, string path)
    {
        var request = http.Request;
        var query = request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
        var body = new JsonObject();
        IFormFile? file = null;
        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync(http.RequestAborted);
            file = form.Files.Count > 0 ? form.Files[0] : null;
            foreach (var field in form)
            {
                body[field.Key] = field.Value.ToString() is ['{' or '[', ..] text ? Parse(text) : field.Value.ToString();
            }
        }
        else if (request.ContentLength is > 0 || request.Headers.ContainsKey(HeaderNames.TransferEncoding))
        {
            using var reader = new StreamReader(request.Body);
            body = Parse(await reader.ReadToEndAsync(http.RequestAborted)) as JsonObject ?? throw GraphException.Invalid("The body must be an object");
        }
        var token = request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var bearer] ? bearer
            : query.GetValueOrDefault("access_token") ?? body["access_token"]?.ToString();
        return string.IsNullOrEmpty(token)
            ? throw new GraphException(401, 190, "An access token is required to request this resource.")
            : new GraphCall(request.Method, path.Split('/', StringSplitOptions.RemoveEmptyEntries), token, body, query, file);
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw GraphException.Invalid("Invalid JSON");
        }
    }

    private MetaFault? FaultOf(GraphCall call, bool isPage)
    {
        // Faults are of messages; the rest is too little to be worth them.
        if (call.Path[^1] != "messages" || call.Body.ContainsKey("sender_action") || call.Body.ContainsKey("status"))
        {
            return null;
        }
        string account;
        lock (network.Sync)
        {
            account = isPage ? network.PageOf(call.Token).Id : call.Path[0];
        }
        var person = (call.Body["recipient"] is JsonObject recipient ? recipient["id"] : call.Body["to"] ?? call.Body["recipient"])?.ToString() ?? "";
        return network.Faults.Take(
            account, person, MetaFaultKind.Error, MetaFaultKind.BadGateway, MetaFaultKind.Latency, MetaFaultKind.Hang, MetaFaultKind.HangAfterAccept, MetaFaultKind.AbortAfterAccept);
    }

    /// <returns>Whether the call goes on.</returns>
    private async Task<bool> SurviveAsync(HttpContext http, MetaFault fault)
    {
        stats.Increment("meta.fault");
        switch (fault.Kind)
        {
            case MetaFaultKind.Error:
                throw new GraphException(fault.Status, fault.Code, $"(#{fault.Code}) A fault on request", fault.Subcode) { RetryAfter = fault.RetryAfter };
            case MetaFaultKind.BadGateway:
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html><body><h1>502 Bad Gateway</h1></body></html>", http.RequestAborted);
                return false;
            case MetaFaultKind.Latency:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, http.RequestAborted);
                return true;
            case MetaFaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                return false;
            default:
                return true;
        }
    }
}
