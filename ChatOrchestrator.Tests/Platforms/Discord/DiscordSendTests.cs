using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Discord;

public sealed class DiscordSendTests : IAsyncLifetime
{
    private static readonly ChatAddress Chat = new("1200000000000000001");

    private readonly ConnectionSnapshot _connection = DiscordFixture.Connection();
    private DiscordStub _discord = null!;

    public async Task InitializeAsync() => _discord = await DiscordStub.StartAsync();

    public async Task DisposeAsync() => await _discord.DisposeAsync();

    [Fact]
    public async Task A_part_goes_with_its_reference_as_nonce_and_mentions_nobody()
    {
        var part = Part("Hello @everyone");
        (await SendAsync(part)).ShouldBe(new DeliveryOutcome.Delivered("1300000000000000001"));
        var call = _discord.Calls.ShouldHaveSingleItem();
        (call.Method, call.Path, call.Authorization).ShouldBe(("POST", "channels/1200000000000000001/messages", $"Bot {DiscordFixture.Token}"));
        (call.Text("content"), call.Text("nonce"), call.Text("enforce_nonce")).ShouldBe(("Hello @everyone", part.Reference.ToString(), "True"));
        call.Body.GetProperty("allowed_mentions").GetProperty("parse").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Buttons_and_pictures_go_as_components_and_embeds()
    {
        var parts = DiscordFixture.Adapter().Split("**Choose**\n\n[Yes](reply:y) [No](reply:n) [Terms](https://x.example/terms)\n\n![A chart](https://x.example/chart.png)");
        parts.Count.ShouldBe(2);
        await SendAsync(Part(parts[0].Body!, parts[0].Format, parts[0].PlainBody));
        await SendAsync(Part(parts[1].Body!, parts[1].Format, parts[1].PlainBody));
        var buttons = _discord.Calls[0].Body.GetProperty("components")[0].GetProperty("components");
        _discord.Calls[0].Text("content").ShouldBe("**Choose**");
        buttons.EnumerateArray().Select(b => (b.GetProperty("label").GetString(), b.TryGetProperty("custom_id", out var id) ? id.GetString() : b.GetProperty("url").GetString()))
            .ShouldBe([("Yes", "r0:y"), ("No", "r1:n"), ("Terms", "https://x.example/terms")]);
        var embed = _discord.Calls[1].Body.GetProperty("embeds")[0];
        (embed.GetProperty("image").GetProperty("url").GetString(), embed.GetProperty("description").GetString()).ShouldBe(("https://x.example/chart.png", "A chart"));
    }

    [Fact]
    public async Task What_Discord_cannot_use_goes_as_text()
    {
        _discord.Reply = call => call.Body.TryGetProperty("components", out _) ? DiscordStub.Error(400, 50035, "Invalid Form Body") : null;
        var body = DiscordFixture.Adapter().Split("Choose\n\n[Yes](reply:y) [No](reply:n)").ShouldHaveSingleItem();
        (await SendAsync(Part(body.Body!, body.Format, body.PlainBody))).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _discord.Calls[1].Text("content").ShouldBe("Choose\n\n1\\. Yes\n2\\. No");
    }

    [Fact]
    public void Buttons_beyond_the_limits_become_a_numbered_list()
    {
        var many = string.Join(' ', Enumerable.Range(1, 26).Select(i => $"[B{i}](reply:b{i})"));
        var part = DiscordFixture.Adapter().Split($"Choose\n\n{many}").ShouldHaveSingleItem();
        part.Format.ShouldBe("markdown");
        part.Body!.ShouldContain("26\\. B26");
        DiscordFixture.Adapter().Split($"[{new string('x', 81)}](reply:x)").ShouldHaveSingleItem().Format.ShouldBe("markdown");
        DiscordFixture.Adapter().Split($"[x](reply:{new string('x', 100)})").ShouldHaveSingleItem().Format.ShouldBe("markdown");
    }

    [Fact]
    public async Task The_answer_to_an_interaction_takes_the_place_of_thinking_and_the_rest_follows()
    {
        var first = Part("One") with { AnswerVia = "110000000000000001/tok-en" };
        (await SendAsync(first)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        (await SendAsync(first with { Ordinal = 1, Text = "Two" })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _discord.Calls.Select(c => (c.Method, c.Path, c.Text("content"), c.Authorization)).ShouldBe(
        [
            ("PATCH", "webhooks/110000000000000001/tok-en/messages/@original", "One", ""),
            ("POST", "webhooks/110000000000000001/tok-en", "Two", ""),
        ]);
    }

    [Theory]
    [InlineData(401, 50027)]
    [InlineData(404, 10015)]
    [InlineData(404, 10008)]
    public async Task When_the_interaction_has_run_out_the_answer_goes_to_the_channel(int status, int code)
    {
        _discord.Reply = call => call.Path.StartsWith("webhooks/", StringComparison.Ordinal) ? DiscordStub.Error(status, code) : null;
        (await SendAsync(Part("One") with { AnswerVia = "110000000000000001/token", Attempt = 2 })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _discord.Calls[1].Path.ShouldBe("channels/1200000000000000001/messages");
    }

    [Fact]
    public async Task An_answer_that_overtakes_the_acknowledgement_waits_for_it()
    {
        var answer = Part("One") with { AnswerVia = "110000000000000001/token" };
        _discord.Reply = call => call.Path.StartsWith("webhooks/", StringComparison.Ordinal) ? DiscordStub.Error(404, 10015) : null;
        var retry = (await SendAsync(answer)).ShouldBeOfType<DeliveryOutcome.Retry>();
        (retry.Reason, retry.Throttled, retry.After <= TimeSpan.FromSeconds(2)).ShouldBe(("interaction_not_acknowledged", false, true));
        (await SendAsync(answer with { Attempt = 1 })).ShouldBeOfType<DeliveryOutcome.Retry>();
        _discord.Reply = _ => null;
        (await SendAsync(answer with { Attempt = 1 })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        // "is thinking…" does not stay behind.
        _discord.Calls.ShouldAllBe(c => c.Path == "webhooks/110000000000000001/token/messages/@original");
    }

    [Theory]
    [InlineData(403, 50007, "cannot_send_to_user", FailureScope.Chat)]
    [InlineData(403, 50013, "missing_permissions", FailureScope.Chat)]
    [InlineData(404, 10003, "unknown_channel", FailureScope.Chat)]
    [InlineData(400, 50035, "invalid_form_body", FailureScope.Part)]
    [InlineData(400, 50006, "message_empty", FailureScope.Part)]
    [InlineData(401, 0, "unauthorized", FailureScope.Connection)]
    public async Task A_refusal_is_an_outcome(int status, int code, string reason, FailureScope scope)
    {
        _discord.Reply = _ => DiscordStub.Error(status, code, "quotes the s3cr3t");
        (await SendAsync(Part("x"))).ShouldBe(new DeliveryOutcome.Failed(reason, scope));
    }

    [Fact]
    public async Task An_empty_bucket_is_not_asked_again()
    {
        _discord.Reply = _ => new DiscordStub.Answer(200, """{"id":"1300000000000000001"}""")
        {
            Headers = [("X-RateLimit-Bucket", "abcd"), ("X-RateLimit-Limit", "5"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset-After", "30.5")],
        };
        var adapter = DiscordFixture.Adapter(_discord.Url);
        (await adapter.SendAsync(_connection, Part("x"), CancellationToken.None)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        var retry = (await adapter.SendAsync(_connection, Part("x"), CancellationToken.None)).ShouldBeOfType<DeliveryOutcome.Retry>();
        (retry.Throttled, retry.After > TimeSpan.FromSeconds(25)).ShouldBe((true, true));
        // Another channel has a bucket of its own.
        (await adapter.SendAsync(_connection, Part("x") with { Chat = new("1200000000000000002") }, CancellationToken.None)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _discord.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_global_limit_holds_every_call_of_the_token()
    {
        _discord.Reply = _ => DiscordStub.Error(429, 0, "You are being rate limited.", ("Retry-After", "30"), ("X-RateLimit-Global", "true"), ("X-RateLimit-Scope", "global"));
        var adapter = DiscordFixture.Adapter(_discord.Url);
        await adapter.SendAsync(_connection, Part("x"), CancellationToken.None);
        await adapter.SendAsync(_connection, Part("x") with { Chat = new("1200000000000000002") }, CancellationToken.None);
        _discord.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_part_that_arrived_is_found_by_its_nonce()
    {
        var part = Part("x");
        _discord.Reply = call => call.Method != "GET" ? null : new(200, JsonSerializer.Serialize(new object[]
        {
            new { id = "1300000000000000008", nonce = 17, author = new { id = DiscordFixture.BotId } },
            new { id = "1300000000000000009", nonce = part.Reference.ToString(), author = new { id = DiscordFixture.BotId } },
        }));
        var adapter = DiscordFixture.Adapter(_discord.Url);
        (await adapter.FindAsync(_connection, part, CancellationToken.None)).ShouldBe("1300000000000000009");
        (await adapter.FindAsync(_connection, part with { Ordinal = 1 }, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_conversation_is_opened_as_a_direct_message()
    {
        _discord.Reply = call => call.Path == "users/@me/channels" && call.Text("recipient_id") != "53908232506183680" ? DiscordStub.Error(400, 50033) : null;
        var adapter = DiscordFixture.Adapter(_discord.Url);
        (await adapter.OpenAsync(_connection, "53908232506183680", CancellationToken.None)).ShouldBe(new StartedChat(new ChatAddress("1300000000000000001"), UserId: "53908232506183680"));
        (await Should.ThrowAsync<PlatformException>(() => adapter.OpenAsync(_connection, "53908232506183681", CancellationToken.None))).Permanent.ShouldBeTrue();
    }

    [Fact]
    public async Task The_application_and_the_bot_describe_themselves()
    {
        (await DiscordFixture.Adapter(_discord.Url).DescribeAsync(DiscordFixture.Connection("{}"), CancellationToken.None))
            .ShouldBe(new Dictionary<string, string> { ["botUserId"] = DiscordFixture.BotId, ["applicationId"] = DiscordFixture.BotId }, ignoreOrder: true);
    }

    private static OutboundPart Part(string text, string? format = null, string? plain = null) => new(Guid.CreateVersion7(), 0, Chat, text, format, plain, 0);

    private Task<DeliveryOutcome> SendAsync(OutboundPart part) => DiscordFixture.Adapter(_discord.Url).SendAsync(_connection, part, CancellationToken.None);
}
