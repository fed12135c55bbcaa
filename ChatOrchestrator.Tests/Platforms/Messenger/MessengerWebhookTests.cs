using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;
using ChatOrchestrator.Tests.Platforms.Meta;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

/// <summary>The handshake, and the callback by which people have their data deleted.</summary>
public sealed class MessengerWebhookTests
{
    private const string Deletion = """{"algorithm":"HMAC-SHA256","expires":1791000000,"issued_at":1760000000,"user_id":"218471"}""";

    private readonly MessengerAdapter _adapter = MessengerFixture.Adapter(publicUrl: new Uri("https://bot.example"));
    private readonly ConnectionSnapshot _connection = MessengerFixture.Connection();

    [Theory]
    [InlineData("subscribe", "verify-me", "1158201444")]
    [InlineData("subscribe", "verify-mE", null)]
    [InlineData("subscribe", "", null)]
    [InlineData("subscribe", null, null)]
    [InlineData("unsubscribe", "verify-me", null)]
    [InlineData(null, "verify-me", null)]
    public void The_challenge_is_answered_to_whom_knows_the_token(string? mode, string? token, string? answer) =>
        Verify(new() { ["hub.mode"] = mode, ["hub.verify_token"] = token, ["hub.challenge"] = "1158201444" }).ShouldBe(answer);

    [Fact]
    public void Without_a_verify_token_nobody_knows_it()
    {
        var without = MessengerFixture.Connection(MessengerFixture.Secrets.Where(s => s.Key != "verifyToken").ToDictionary());
        var query = new Dictionary<string, string?> { ["hub.mode"] = "subscribe", ["hub.verify_token"] = "", ["hub.challenge"] = "1" };
        _adapter.Verify(without, query.GetValueOrDefault).ShouldBeNull();
    }

    [Fact]
    public void A_deletion_request_is_authentic_by_its_own_signature_only()
    {
        Authentic(MetaSigning.SignedRequest(MessengerFixture.AppSecret, Deletion)).ShouldBeTrue();
        Authentic(MetaSigning.SignedRequest("another secret", Deletion)).ShouldBeFalse();
        Authentic(MetaSigning.SignedRequest(MessengerFixture.AppSecret, Deletion.Replace("HMAC-SHA256", "none", StringComparison.Ordinal))).ShouldBeFalse();
        Authentic(MetaSigning.SignedRequest(MessengerFixture.AppSecret, "[]")).ShouldBeFalse();
        Authentic(MetaSigning.SignedRequest(MessengerFixture.AppSecret, "{\"algorithm\":\"HMAC-SHA256\"}")).ShouldBeFalse();
        var signed = Encoding.UTF8.GetString(MetaSigning.SignedRequest(MessengerFixture.AppSecret, Deletion));
        foreach (var tampered in new[] { signed + "A", signed.Replace('.', '-'), signed[..^4], "signed_request=", "signed_request=.", "signed_request=A.B", "x=1&signed_request=%", signed.Replace("signed_request=", "signed_request=A", StringComparison.Ordinal) })
        {
            Authentic(Encoding.UTF8.GetBytes(tampered)).ShouldBeFalse(tampered);
        }
    }

    [Fact]
    public void A_deletion_request_deletes_and_tells_where_to_look()
    {
        var body = MetaSigning.SignedRequest(MessengerFixture.AppSecret, Deletion);
        var erasure = _adapter.Read(_connection, body).ShouldHaveSingleItem().ShouldBeOfType<ErasureRequested>();
        erasure.UserId.ShouldBe("218471");

        var reply = _adapter.Reply(_connection, new WebhookRequest(body, _ => null)).ShouldNotBeNull();
        reply.ContentType.ShouldBe("application/json");
        var answer = JsonSerializer.Deserialize<Dictionary<string, string>>(reply.Body)!;
        var code = answer["confirmation_code"];
        answer["url"].ShouldBe($"https://bot.example/webhooks/messenger/{_connection.Id}?confirmation_code={code}");
        erasure.PlatformId.ShouldBe($"erasure:{code}");

        Verify(new() { ["confirmation_code"] = code }).ShouldNotBeNull().ShouldContain("under another id", Case.Sensitive, "nobody could ask who it is");
        Verify(new() { ["confirmation_code"] = new string('0', code.Length) }).ShouldBeNull();
        Verify(new() { ["confirmation_code"] = "" }).ShouldBeNull();
    }

    [Fact]
    public async Task The_app_itself_asks_for_the_ids_and_proves_that_it_has_the_secret()
    {
        await using var graph = await GraphStub.StartAsync();
        graph.Reply = _ => new(200, """{"data":[{"id":"6254119217964421","page":{"id":"380374449010653","name":"A page"}}],"paging":{"cursors":{"before":"MTAx","after":"MTAx"}}}""");

        (await MatchAsync(graph, """{"appId":"1517776481860111","pageId":"380374449010653"}""")).ShouldBe(["6254119217964421"]);

        var call = graph.Calls.ShouldHaveSingleItem();
        call.Authorization.ShouldBe($"Bearer 1517776481860111|{MessengerFixture.AppSecret}");
        var proof = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(MessengerFixture.AppSecret), Encoding.UTF8.GetBytes($"1517776481860111|{MessengerFixture.AppSecret}")));
        call.Path.ShouldEndWith($"/218471/ids_for_pages?limit=100&appsecret_proof={proof}&page=380374449010653");
    }

    [Fact]
    public async Task Ids_that_are_not_to_be_had_are_none_and_those_that_cannot_be_asked_for_now_are_asked_for_again()
    {
        await using var graph = await GraphStub.StartAsync();
        (await MatchAsync(graph, "{}")).ShouldBeNull();
        graph.Calls.ShouldBeEmpty("there is nobody who could ask");
        foreach (var refusal in (GraphStub.Answer[])[GraphStub.Error(400, 100), GraphStub.Error(403, 200), GraphStub.Error(400, 190)])
        {
            graph.Reply = _ => refusal;
            (await MatchAsync(graph, """{"appId":"1"}""")).ShouldBeNull();
        }
        foreach (var failure in (GraphStub.Answer[])[GraphStub.Error(500, 2), new(502, "Bad Gateway"), new(0, "", HangUp: true), new(200, "[]")])
        {
            graph.Reply = _ => failure;
            (await Should.ThrowAsync<PlatformException>(() => MatchAsync(graph, """{"appId":"1"}"""))).Permanent.ShouldBeFalse();
        }
    }

    private static Task<IReadOnlyList<string>?> MatchAsync(GraphStub graph, string settings) =>
        MessengerFixture.Adapter(graph.Url).MatchAsync(MessengerFixture.Connection(settings: settings), "218471", CancellationToken.None);

    [Fact]
    public void A_message_is_answered_with_nothing() =>
        _adapter.Reply(_connection, new WebhookRequest(MessengerFixture.Payload("text"), _ => null)).ShouldBeNull();

    private bool Authentic(byte[] body) => _adapter.Authenticate(_connection, new WebhookRequest(body, _ => null));

    private string? Verify(Dictionary<string, string?> query) => _adapter.Verify(_connection, query.GetValueOrDefault);
}
