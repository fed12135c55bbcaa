using System.Text;

namespace ChatOrchestrator.Tests.Security;

/// <summary>Requests that two servers in a row could read differently, and headers that want to be answers. None may reach what it smuggles.</summary>
internal static class SmugglingAttacks
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    public static void Plan(Attacks attacks)
    {
        string[] refused =
        [
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: 5,5\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Smuggled,
            "POST /api/v1/bots HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled,
            "GET /api/v1/bots HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "GET /api/v1/bots HTTP/1.1\r\nHost: x y\r\n\r\n",
            "GET /api/v1/bots HTTP/1.1\r\n\r\n",
            "GET /api/v1/bots HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
            "GET /api/v1/bots HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
            "GET /api/v1/bots\r\n\r\n",
            "GET  /api/v1/bots HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /api/v1/bots HTTP/9.9\r\nHost: x\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
            "GET http://evil.example\\@127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n",
            "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
            "TRACE / HTTP/1.1\r\nHost: x\r\nX-Api-Key: secret\r\n\r\n",
        ];
        foreach (var request in refused)
        {
            for (var i = 0; i < 2; i++)
            {
                attacks.Add("smuggling", async () => Judge(request, await attacks.RawAsync(Encoding.Latin1.GetBytes(request))));
            }
        }
        // A chunk whose size does not fit in any integer, or is none.
        foreach (var size in new[] { "FFFFFFFFFFFFFFFFF", "-1", "0x5", "5;ext=\n", "g", "", " 5", "7FFFFFFFFFFFFFFF", "5\r\r\n" })
        {
            var request = $"POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n\r\n" + Smuggled;
            attacks.Add("smuggling", async () => Judge(request, await attacks.RawAsync(Encoding.Latin1.GetBytes(request))));
        }
        foreach (var header in new[] { "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "Forwarded", "True-Client-IP", "X-Forwarded-Prefix" })
        {
            foreach (var value in new[] { "127.0.0.1", "evil.example", "/api/v1/bots", "DELETE", "for=127.0.0.1;host=evil.example", "\t", "a\rb", "1, 2, 3" })
            {
                var request = $"GET /api/v1/bots HTTP/1.1\r\nHost: x\r\n{header}: {value}\r\nConnection: close\r\n\r\n";
                attacks.Add("header injection", async () =>
                {
                    var answer = await attacks.RawAsync(Encoding.Latin1.GetBytes(request));
                    return Status(answer) is "400" or "401" or "" && !answer.Contains("evil.example", StringComparison.Ordinal) ? null : $"{header}: {value} → {answer[..Math.Min(100, answer.Length)]}";
                });
            }
        }
    }

    private static string? Judge(string request, string answer)
    {
        var first = Status(answer);
        var answers = answer.Split("HTTP/1.1 ").Length - 1;
        // Nothing but a refusal (or silence), and nothing behind it.
        return (first.Length == 0 || first[0] == '4' || first == "505") && answers <= 1 ? null : $"{request[..Math.Min(120, request.Length)]} → {answers} answers, the first {first}";
    }

    private static string Status(string answer) => answer.StartsWith("HTTP/1.", StringComparison.Ordinal) && answer.Length > 12 ? answer.Substring(9, 3) : "";
}
