using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Tests.ApiService;

namespace ChatOrchestrator.Tests.Security;

/// <summary>Requests against the API: without rights, with forged ones, and with malformed or malicious content.</summary>
internal static class RequestAttacks
{
    private static readonly string[] Injections =
    [
        "' OR '1'='1", "'; DROP TABLE bots;--", "1 UNION SELECT secrets FROM connections", "\" OR \"\"=\"", "%' OR 1=1--", "') OR ('1'='1", "1;SELECT pg_sleep(5)",
        "\\'; DELETE FROM messages;--", "${jndi:ldap://127.0.0.1/a}", "{{7*7}}", "$(id)", "`id`", "../../../../etc/passwd", "..\\..\\web.config", "%00", "%0d%0aSet-Cookie:x=1",
        "<script>alert(1)</script>", "\u202eevil", "\ufeff", "\u0000", "ａｄｍｉｎ", "é\u0301\u0301\u0301", "𝕬", "\ud83d", "-1", "NaN", "1e309", "0x41", "true", "null", "[]", "{}",
    ];

    public static void Keys(Attacks attacks, IReadOnlyList<(HttpMethod Method, string Path)> operations)
    {
        const string Real = ApiProcess.AdminKey;
        string[] near = [Real[..^1], Real + "x", Real.ToUpperInvariant(), " " + Real[1..], Real + Real, Real[1..], "x" + Real, "owner", "admin", "null", "*", "' OR 1=1--", new string('k', 512), new string('k', 600)];
        foreach (var key in near.Concat(Enumerable.Range(0, 250).Select(i => (i % 3 == 0 ? "dev_" : i % 3 == 1 ? Real[..8] : "") + Attacks.RandomText(24))))
        {
            attacks.Call("key", HttpMethod.Get, "api/v1/bots", null, [401], ("X-Api-Key", key));
        }
        foreach (var token in Tokens())
        {
            // An empty key beside it, so that the tests' client adds none.
            attacks.Call("token", HttpMethod.Get, "api/v1/bots", null, [401], ("Authorization", $"Bearer {token}"), ("X-Api-Key", ""));
        }
        foreach (var (method, path) in operations)
        {
            foreach (var key in new[] { "", "wrong-key-wrong-key", "null" })
            {
                attacks.Call("operation without rights", method, path, method == HttpMethod.Get ? null : new { }, [401], ("X-Api-Key", key));
            }
        }
    }

    public static void Ids(Attacks attacks, IReadOnlyList<(HttpMethod Method, string Path)> operations)
    {
        foreach (var (_, path) in operations.Where(o => o.Method == HttpMethod.Get && o.Path.Contains(Guid.Empty.ToString(), StringComparison.Ordinal)))
        {
            for (var i = 0; i < 6; i++)
            {
                attacks.Call("id", HttpMethod.Get, path.Replace(Guid.Empty.ToString(), (i % 2 == 0 ? Guid.NewGuid() : Guid.CreateVersion7()).ToString(), StringComparison.Ordinal), null, [404]);
            }
        }
        foreach (var path in new[]
        {
            "webchat/../appsettings.json", "webchat/assets/..%2f..%2fappsettings.json", "webchat/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "webchat/assets/....//....//etc/passwd", "..%5c..%5cetc%5cpasswd",
            "webchat/assets/app.js%00.txt", ".git/config", ".env", "data/chat.db", "appsettings.Production.json", "api/v1/../../data/chat.db", "openapi/..%2f..%2fetc%2fpasswd", "webhooks/telegram/../../api/v1/bots",
            "API/V1/BOTS", "api//v1/bots", "api/v1/bots/%2e%2e/audit", "api/v1;x/bots", "%61pi/v1/bots",
        })
        {
            attacks.Call("path", HttpMethod.Get, path, null, [400, 401, 404], ("X-Api-Key", "wrong-key-wrong-key"));
        }
    }

    public static void Injected(Attacks attacks, ApiProcess api)
    {
        foreach (var text in Injections)
        {
            var escaped = Uri.EscapeDataString(text);
            foreach (var list in new[] { "bots?cursor=", "bots?limit=", "conversations?cursor=", "conversations?state=", "conversations?botId=", "dead-letters?reason=", "dead-letters?state=", "participants?query=", "participants?userId=", "audit?cursor=", "lanes/stuck?limit=", "erasures?cursor=" })
            {
                attacks.Add("injection into a query", async () =>
                {
                    var answer = await api.GetAsync($"api/v1/{list}{escaped}");
                    return answer.Status is 400 or 422 || (answer.Status == 200 && (text.Length <= 2 || Count(answer) == 0 || list.StartsWith("lanes", StringComparison.Ordinal))) || (text == "\ud83d" && answer.Status == 200)
                        ? null : $"{list}{escaped} was answered with {answer.Status}: {answer.Text[..Math.Min(200, answer.Text.Length)]}";
                });
            }
            attacks.Add("injection into a name", async () =>
            {
                var answer = await api.PostAsync("api/v1/bots", new { name = "x" + text });
                return answer.Status is 400 or 422 || (answer.Status == 201 && answer.Json.GetProperty("name").GetString() is { Length: > 0 }) ? null : $"name {escaped}: {answer.Status}";
            });
            attacks.Call("injection into a path", HttpMethod.Get, $"api/v1/bots/{escaped}", null, [400, 404, 405]);
        }
    }

    public static void Bodies(Attacks attacks, string webhook)
    {
        var nested = new[] { new string('[', 5_000), string.Concat(Enumerable.Repeat("{\"a\":", 5_000)), "{\"name\":" + new string('[', 200) + new string(']', 200) + "}" };
        string[] malformed =
        [
            .. nested, "", " ", "{", "}", "nul", "\"", "{\"name\":\"\\ud800\"}", "{\"name\":1e999}", "{\"name\":[\"x\"]}", "{\"name\":{\"$type\":\"System.IO.FileInfo\"}}", "[1,2",
            "{\"name\":\"x\",\"ai\":{\"temperature\":\"NaN\"}}", "{\"name\":\"x\",\"processing\":{\"retentionDays\":99999999999999}}", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
            "{\"__proto__\":{\"admin\":true}}", "{\"name\":\"" + new string('x', 101) + "\"}", "{\"name\":\"x\",\"name\":1}",
        ];
        foreach (var body in malformed)
        {
            foreach (var path in new[] { "api/v1/bots", $"api/v1/bots/{Guid.NewGuid()}/connections", $"api/v1/conversations/{Guid.NewGuid()}/messages" })
            {
                attacks.Call("malformed body", HttpMethod.Post, path, Json(Encoding.UTF8.GetBytes(body)), [400, 404, 415, 422]);
            }
        }
        attacks.Call("malformed body", HttpMethod.Post, "api/v1/bots", Json(Encoding.UTF8.GetBytes("{\"name\":\"\\u0000\"}")), [201, 400, 422]);
        foreach (var bytes in new byte[][] { [0xff, 0xfe, 0x7b], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xef, 0xbb, 0xbf, 0x7b], [0x1f, 0x8b, 8, 0, 0, 0], [0x50, 0x4b, 3, 4] })
        {
            attacks.Call("malformed body", HttpMethod.Post, "api/v1/bots", Json([.. "{\"name\":\""u8, .. bytes, .. "\"}"u8]), [201, 400, 422]);
            attacks.Call("malformed body", HttpMethod.Post, "api/v1/bots", Json(bytes), [400]);
        }
        foreach (var encoding in new[] { "gzip", "br", "deflate", "gzip, gzip", "zstd" })
        {
            var bomb = Json(new byte[1000]);
            bomb.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            attacks.Call("malformed body", HttpMethod.Post, "api/v1/bots", bomb, [400, 415]);
        }
        Oversized(attacks, webhook);
    }

    public static void Oversized(Attacks attacks, string webhook)
    {
        for (var i = 0; i < 12; i++)
        {
            attacks.Call("oversized body", HttpMethod.Post, "api/v1/bots", Json(new byte[(1 << 20) + 1 + (i * 1000)]), [413]);
            attacks.Call("oversized body", HttpMethod.Post, webhook, Json(new byte[(4 << 20) + 1 + (i * 1000)]), [401, 413]);
        }
        attacks.Call("oversized header", HttpMethod.Get, "api/v1/bots", null, [431], ("X-Padding", new string('x', 40_000)));
        attacks.Call("oversized header", HttpMethod.Get, "api/v1/bots?cursor=" + new string('x', 20_000), null, [414]);
    }

    private static ByteArrayContent Json(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static int Count(Answer answer) => answer.Json.TryGetProperty("items", out var items) ? items.GetArrayLength() : 1;

    private static IEnumerable<string> Tokens()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        foreach (var algorithm in new[] { "none", "None", "NONE", "nOnE", "HS256", "HS512", "RS256", "ES256", "", "HS256\u0000" })
        {
            foreach (var (issuer, expires) in new[] { ("ChatOrchestrator", now + 600), ("ChatOrchestrator", now - 600), ("evil", now + 600), ("", long.MaxValue) })
            {
                var head = Part(new { alg = algorithm, typ = "JWT", kid = "../../dev/null", jku = "http://127.0.0.1:9/keys" });
                var body = Part(new { iss = issuer, aud = issuer, sub = "owner", name = "owner", role = "owner", roles = new[] { "owner" }, iat = now, nbf = 0, exp = expires });
                yield return $"{head}.{body}.";
                foreach (var key in new[] { "", "secret", "ChatOrchestrator", ApiProcess.AdminKey })
                {
                    var signature = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes($"{head}.{body}"));
                    yield return $"{head}.{body}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
                }
            }
        }
        foreach (var broken in new[] { "a.b.c", "..", ".", "x", new string('a', 5000), "e30.e30.", "e30.e30.e30" })
        {
            yield return broken;
        }

        static string Part(object value) => System.Buffers.Text.Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
