using System.Text.Json;
using ChatOrchestrator.Tests.EndToEnd;
using Microsoft.AspNetCore.Http;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>What the model and the platform do wrong, a number of times and then no more.</summary>
internal sealed class BackendFaults
{
    private readonly FakeBackend _backend;
    private readonly Lock _lock = new();
    private readonly Dictionary<FaultKind, int> _left = [];
    private readonly HashSet<long> _blocked = [];
    private Ledger _ledger = new(TimeProvider.System);

    public BackendFaults(FakeBackend backend)
    {
        _backend = backend;
        backend.Arrived = (chat, text) => _ledger.Arrive(chat, text);
        backend.ModelFault = ModelAsync;
        backend.SendFault = SendAsync;
    }

    /// <summary>Where it writes down what arrives.</summary>
    public void WriteTo(Ledger ledger)
    {
        lock (_lock)
        {
            _ledger = ledger;
            _left.Clear();
            _blocked.Clear();
        }
    }

    /// <summary>The next calls go wrong, one in three, so that the model's circuit stays closed for the others.</summary>
    public void Next(FaultKind kind, int calls)
    {
        lock (_lock)
        {
            _left[kind] = 3 * calls;
        }
    }

    public void Block(long chat)
    {
        lock (_lock)
        {
            _blocked.Add(chat);
        }
    }

    /// <summary>Whether everything that was to go wrong has.</summary>
    public bool IsOver(FaultKind kind)
    {
        lock (_lock)
        {
            return _left.GetValueOrDefault(kind) == 0;
        }
    }

    private bool Take(FaultKind kind)
    {
        lock (_lock)
        {
            return _left.GetValueOrDefault(kind) > 0 && --_left[kind] % 3 == 0;
        }
    }

    private async Task<bool> ModelAsync(HttpContext http, int call)
    {
        if (Take(FaultKind.ModelHangs))
        {
            await UntilGivenUpAsync(http);
            return true;
        }
        if (Take(FaultKind.ModelBreaks))
        {
            const string Half = """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Half of an ans""";
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = 2 * Half.Length;
            await http.Response.WriteAsync(Half);
            await http.Response.Body.FlushAsync();
            http.Abort();
            return true;
        }
        if (Take(FaultKind.ModelAnswers429))
        {
            http.Response.Headers.RetryAfter = "1";
            await RefuseAsync(http, 429, """{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}""");
            return true;
        }
        if (Take(FaultKind.ModelAnswers500))
        {
            await RefuseAsync(http, 500, """{"error":{"message":"Oops","type":"server_error"}}""");
            return true;
        }
        return false;
    }

    private async Task<bool> SendAsync(HttpContext http, JsonElement message)
    {
        var (chat, text) = FakeBackend.Read(message);
        bool blocked;
        lock (_lock)
        {
            blocked = _blocked.Contains(chat);
        }
        if (blocked)
        {
            await RefuseAsync(http, 403, """{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}""");
            return true;
        }
        if (Take(FaultKind.PlatformAnswers429))
        {
            await RefuseAsync(http, 429, """{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}""");
            return true;
        }
        if (Take(FaultKind.PlatformAnswers502))
        {
            await RefuseAsync(http, 502, """{"ok":false,"error_code":502,"description":"Bad Gateway"}""");
            return true;
        }
        if (Take(FaultKind.PlatformBreaks))
        {
            Accept(chat, text);
            http.Abort();
            return true;
        }
        if (Take(FaultKind.PlatformHangs))
        {
            Accept(chat, text);
            await UntilGivenUpAsync(http);
            return true;
        }
        if (Take(FaultKind.WorkerStopped))
        {
            // Not silence: a worker that goes on hears of it in the end. One that is told to stop does not wait so long.
            _backend.Record(chat, text);
            using var patience = new PeriodicTimer(TimeSpan.FromSeconds(3));
            await patience.WaitForNextTickAsync(http.RequestAborted);
            await http.Response.WriteAsync($$$"""{"ok":true,"result":{"message_id":7,"date":1760000000,"chat":{"id":{{{chat}}},"type":"private"},"text":"x"}}""");
            return true;
        }
        return false;
    }

    private void Accept(long chat, string text)
    {
        _ledger.AcceptInSilence(text);
        _backend.Record(chat, text);
    }

    private static async Task RefuseAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    }

    private static Task UntilGivenUpAsync(HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
}
