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

        Verify(new() { ["confirmation_code"] = code }).ShouldNotBeNull();
        Verify(new() { ["confirmation_code"] = new string('0', code.Length) }).ShouldBeNull();
        Verify(new() { ["confirmation_code"] = "" }).ShouldBeNull();
    }

    [Fact]
    public void A_message_is_answered_with_nothing() =>
        _adapter.Reply(_connection, new WebhookRequest(MessengerFixture.Payload("text"), _ => null)).ShouldBeNull();

    private bool Authentic(byte[] body) => _adapter.Authenticate(_connection, new WebhookRequest(body, _ => null));

    private string? Verify(Dictionary<string, string?> query) => _adapter.Verify(_connection, query.GetValueOrDefault);
}
