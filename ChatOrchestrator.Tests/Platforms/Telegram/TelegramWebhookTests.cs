using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>Telling Telegram where to send webhooks, and asking it who the bot is.</summary>
public sealed class TelegramWebhookTests : IAsyncLifetime
{
    private static readonly Uri Address = new("https://bot.example/webhooks/telegram/0199");

    private readonly CapturedLog _log = new();
    private BotApiStub _stub = null!;

    public async Task InitializeAsync() => _stub = await BotApiStub.StartAsync();

    public async Task DisposeAsync() => await _stub.DisposeAsync();

    [Fact]
    public async Task The_webhook_is_registered_with_its_secret_and_the_updates_we_read()
    {
        await TelegramFixture.Adapter(_stub.Url, _log).RegisterAsync(TelegramFixture.Connection(), Address, CancellationToken.None);
        var call = _stub.CallsOf("setWebhook").ShouldHaveSingleItem();
        call.Text("url").ShouldBe(Address.AbsoluteUri);
        call.Text("secret_token").ShouldBe(TelegramFixture.WebhookSecret);
        call.Text("max_connections").ShouldBe("100");
        call.Body.GetProperty("allowed_updates").EnumerateArray().Select(e => e.GetString())
            .ShouldBe(["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"]);
        _stub.CallsOf("setMyCommands").ShouldHaveSingleItem().Body.GetProperty("commands").EnumerateArray().Select(c => c.GetProperty("command").GetString())
            .ShouldBe(["start", "help", "reset", "stop"]);
    }

    [Fact]
    public async Task A_connection_without_its_username_asks_for_it_when_it_registers()
    {
        var adapter = TelegramFixture.Adapter(_stub.Url, _log);
        await adapter.RegisterAsync(TelegramFixture.Connection("{}"), Address, CancellationToken.None);
        _stub.CallsOf("getMe").Count.ShouldBe(1);
        adapter.Read(TelegramFixture.Connection("{}"), TelegramFixture.Payload("group_mention"))[0]
            .ShouldBeOfType<InboundMessage>().Kind.ShouldBe(ChatOrchestrator.Domain.Messages.MessageKind.Text);
    }

    [Fact]
    public async Task A_refused_list_of_commands_does_not_stop_the_registration()
    {
        _stub.Reply = call => call.Method == "setMyCommands" ? BotApiStub.Error(400, "Bad Request: BOT_COMMAND_INVALID") : null;
        await TelegramFixture.Adapter(_stub.Url, _log).RegisterAsync(TelegramFixture.Connection(), Address, CancellationToken.None);
        _log.ToString().ShouldContain("BOT_COMMAND_INVALID");
    }

    [Theory]
    [InlineData(400, "Bad Request: bad webhook: HTTPS url must be provided for webhook", "HTTPS url must be provided", true)]
    [InlineData(401, "Unauthorized", "unauthorized", true)]
    [InlineData(404, "Not Found", "unauthorized", true)]
    [InlineData(429, "Too Many Requests: retry after 1", "Too Many Requests", false)]
    [InlineData(500, "Internal Server Error", "Internal Server Error", false)]
    public async Task A_refused_registration_says_why_and_whether_for_good(int code, string description, string says, bool permanent)
    {
        _stub.Reply = _ => BotApiStub.Error(code, description);
        var refusal = await Should.ThrowAsync<PlatformException>(
            () => TelegramFixture.Adapter(_stub.Url, _log).RegisterAsync(TelegramFixture.Connection(), Address, CancellationToken.None));
        refusal.Message.ShouldContain(says);
        refusal.Permanent.ShouldBe(permanent);
    }

    [Fact]
    public async Task Without_a_secret_no_webhook_is_registered()
    {
        var connection = TelegramFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = TelegramFixture.Token });
        var refusal = await Should.ThrowAsync<PlatformException>(
            () => TelegramFixture.Adapter(_stub.Url, _log).RegisterAsync(connection, Address, CancellationToken.None));
        refusal.Message.ShouldBe("webhook_secret_missing");
        _stub.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unregistering_keeps_what_waits_and_never_fails()
    {
        await TelegramFixture.Adapter(_stub.Url, _log).UnregisterAsync(TelegramFixture.Connection(), CancellationToken.None);
        _stub.CallsOf("deleteWebhook").ShouldHaveSingleItem().Text("drop_pending_updates").ShouldBeNull();

        _stub.Reply = call => BotApiStub.Error(500, $"Internal Server Error {call.Token}");
        await TelegramFixture.Adapter(_stub.Url, _log).UnregisterAsync(TelegramFixture.Connection(), CancellationToken.None);
        _log.ToString().ShouldContain("Internal Server Error");
        _log.ToString().ShouldNotContain(TelegramFixture.Token);
    }

    [Fact]
    public async Task A_connection_is_described_by_the_bots_username()
    {
        var settings = await TelegramFixture.Adapter(_stub.Url, _log).DescribeAsync(TelegramFixture.Connection("{}"), CancellationToken.None);
        settings.ShouldBe(new Dictionary<string, string> { ["username"] = "helper_bot" });
    }

    [Theory]
    [InlineData(401, "unauthorized", true)]
    [InlineData(502, "unreachable", false)]
    public async Task A_token_that_telegram_does_not_know_is_found_out(int code, string message, bool permanent)
    {
        _stub.Reply = _ => code == 502 ? new(502, "<html>") : BotApiStub.Error(code, "Unauthorized");
        var refusal = await Should.ThrowAsync<PlatformException>(
            () => TelegramFixture.Adapter(_stub.Url, _log).DescribeAsync(TelegramFixture.Connection("{}"), CancellationToken.None));
        refusal.Message.ShouldBe(message);
        refusal.Permanent.ShouldBe(permanent);
    }
}
