using System.Collections.Concurrent;
using System.Diagnostics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>What becomes of a part, against a Bot API on a local port.</summary>
public sealed class TelegramSendTests : IAsyncLifetime
{
    private static readonly OutboundPart Plain = new(Guid.CreateVersion7(), 0, new("5012345678"), "2 < 3", null, null, 0);
    private static readonly OutboundPart Formatted = Plain with { Text = "<b>2 &lt; 3</b>", Format = "HTML", PlainText = "2 < 3" };
    private static readonly OutboundPart InTopic = Plain with { Chat = new("-1001987654321", "77") };

    private readonly CapturedLog _log = new();
    private BotApiStub _stub = null!;
    private TelegramAdapter _adapter = null!;

    public async Task InitializeAsync()
    {
        _stub = await BotApiStub.StartAsync();
        _adapter = TelegramFixture.Adapter(_stub.Url, _log);
    }

    public async Task DisposeAsync() => await _stub.DisposeAsync();

    [Fact]
    public async Task A_plain_part_goes_out_as_it_is()
    {
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Delivered("5012345678:2001"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Token.ShouldBe(TelegramFixture.Token);
        call.Text("chat_id").ShouldBe("5012345678");
        call.Text("text").ShouldBe("2 < 3");
        call.Text("parse_mode").ShouldBeNull();
        call.Text("message_thread_id").ShouldBeNull();
    }

    [Fact]
    public async Task A_formatted_part_goes_out_as_html_and_into_its_topic()
    {
        (await SendAsync(Formatted with { Chat = InTopic.Chat })).ShouldBe(new DeliveryOutcome.Delivered("-1001987654321:2001"));
        var call = _stub.Calls.ShouldHaveSingleItem();
        call.Text("text").ShouldBe("<b>2 &lt; 3</b>");
        call.Text("parse_mode").ShouldBe("HTML", StringCompareShould.IgnoreCase);
        call.Text("message_thread_id").ShouldBe("77");
    }

    [Fact]
    public async Task Refused_markup_goes_out_as_plain_text_at_once()
    {
        _stub.Reply = call => call.Text("parse_mode") is null
            ? null
            : BotApiStub.Error(400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 3");
        (await SendAsync(Formatted)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Select(c => c.Text("text")).ShouldBe(["<b>2 &lt; 3</b>", "2 < 3"]);
        _log.ToString().ShouldContain("plain text");
    }

    [Fact]
    public async Task A_part_to_a_topic_that_is_gone_goes_to_the_group()
    {
        _stub.Reply = call => call.Text("message_thread_id") is null ? null : BotApiStub.Error(400, "Bad Request: message thread not found");
        (await SendAsync(InTopic)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Select(c => c.Text("message_thread_id")).ShouldBe(["77", null]);
    }

    [Fact]
    public async Task Refused_for_both_reasons_it_still_arrives()
    {
        _stub.Reply = call => call.Text("message_thread_id") is not null
            ? BotApiStub.Error(400, "Bad Request: message thread not found")
            : call.Text("parse_mode") is not null ? BotApiStub.Error(400, "Bad Request: can't parse entities: x") : null;
        (await SendAsync(Formatted with { Chat = InTopic.Chat })).ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_server_that_always_refuses_markup_is_not_asked_for_ever()
    {
        _stub.Reply = _ => BotApiStub.Error(400, "Bad Request: can't parse entities: x");
        (await SendAsync(Formatted)).ShouldBe(new DeliveryOutcome.Failed("markup_refused", FailureScope.Part));
        _stub.Calls.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(400, "Bad Request: chat not found", "chat_not_found", FailureScope.Chat)]
    [InlineData(400, "Bad Request: group chat was deactivated", "group_deactivated", FailureScope.Chat)]
    [InlineData(400, "Bad Request: not enough rights to send text messages to the chat", "no_rights", FailureScope.Chat)]
    [InlineData(400, "Bad Request: message is too long", "message_too_long", FailureScope.Part)]
    [InlineData(400, "Bad Request: message text is empty", "message_empty", FailureScope.Part)]
    [InlineData(400, "Bad Request: message to be replied not found", "reply_not_found", FailureScope.Part)]
    [InlineData(400, "Bad Request: TOPIC_CLOSED", "topic_closed", FailureScope.Part)]
    [InlineData(400, "Bad Request: something new", "bad_request", FailureScope.Part)]
    [InlineData(403, "Forbidden: bot was blocked by the user", "blocked", FailureScope.Chat)]
    [InlineData(403, "Forbidden: user is deactivated", "user_deactivated", FailureScope.Chat)]
    [InlineData(403, "Forbidden: bot was kicked from the supergroup chat", "kicked", FailureScope.Chat)]
    [InlineData(403, "Forbidden: bot is not a member of the channel chat", "not_a_member", FailureScope.Chat)]
    [InlineData(403, "Forbidden: bot can't initiate conversation with a user", "not_started", FailureScope.Chat)]
    [InlineData(403, "Forbidden: something new", "forbidden", FailureScope.Chat)]
    [InlineData(401, "Unauthorized", "unauthorized", FailureScope.Connection)]
    [InlineData(404, "Not Found", "unauthorized", FailureScope.Connection)]
    public async Task A_refusal_says_what_else_it_concerns(int code, string description, string reason, FailureScope scope)
    {
        _stub.Reply = _ => BotApiStub.Error(code, description);
        (await SendAsync(InTopic)).ShouldBe(new DeliveryOutcome.Failed(reason, scope));
        _stub.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_group_that_became_a_supergroup_is_followed()
    {
        _stub.Reply = _ => BotApiStub.Error(400, "Bad Request: group chat was upgraded to a supergroup chat", "\"migrate_to_chat_id\":-1002000300400");
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Moved("-1002000300400"));
    }

    [Theory]
    [InlineData("\"retry_after\":35", 35)]
    [InlineData("", 5)]
    public async Task A_429_is_left_to_the_engine(string parameters, int seconds)
    {
        _stub.Reply = _ => BotApiStub.Error(429, "Too Many Requests: retry after 35", parameters);
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Retry(TimeSpan.FromSeconds(seconds), "too_many_requests", true));
        _stub.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_pause_after_a_server_error_grows()
    {
        _stub.Reply = _ => BotApiStub.Error(500, "Internal Server Error");
        var pauses = new List<double>();
        foreach (var attempt in new[] { 0, 1, 4, 60 })
        {
            pauses.Add((await SendAsync(Plain with { Attempt = attempt })).ShouldBeOfType<DeliveryOutcome.Retry>().After.TotalSeconds);
        }
        pauses[0].ShouldBeInRange(1, 1.25);
        pauses[1].ShouldBeInRange(2, 2.5);
        pauses[2].ShouldBeInRange(16, 20);
        pauses[3].ShouldBeInRange(60, 75);
    }

    [Fact]
    public async Task An_accepted_part_with_an_unreadable_answer_may_have_arrived()
    {
        _stub.Reply = _ => new(200, "<html>");
        (await SendAsync(Plain)).ShouldBe(new DeliveryOutcome.Unknown("unreadable_answer"));
    }

    [Theory]
    [InlineData("""{"ok":true,"result":[]}""")]
    [InlineData("""{"ok":true,"result":[null]}""")]
    public async Task An_accepted_album_without_messages_may_have_arrived(string body)
    {
        _stub.Reply = _ => new(200, body);
        var album = Plain with { Format = "json:sendMediaGroup", Text = """{"media":[{"type":"photo","media":"https://example.org/1.jpg"}]}""" };
        (await SendAsync(album)).ShouldBe(new DeliveryOutcome.Unknown("unreadable_answer"));
        _stub.CallsOf("sendMediaGroup").Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(502, "<html><body>Bad Gateway</body></html>", "server_error", false)]
    [InlineData(503, "", "server_error", false)]
    [InlineData(504, "{\"ok\":false}", "server_error", false)]
    [InlineData(429, "<html>Too many</html>", "too_many_requests", true)]
    public async Task A_page_in_place_of_an_error_is_read_by_its_status(int status, string body, string reason, bool throttled)
    {
        _stub.Reply = _ => new(status, body);
        var retry = (await SendAsync(Plain)).ShouldBeOfType<DeliveryOutcome.Retry>();
        (retry.Reason, retry.Throttled).ShouldBe((reason, throttled));
        _stub.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void A_call_whose_time_is_over_may_have_arrived_unless_it_never_connected()
    {
        var timeout = TelegramCallException.NoAnswer(new TaskCanceledException());
        var now = Stopwatch.GetTimestamp();
        var whenItBegan = now - (long)(TelegramHttp.CallTimeout.TotalSeconds * Stopwatch.Frequency);
        TelegramRefusal.OutcomeOf(timeout, Plain, whenItBegan).ShouldBe(new DeliveryOutcome.Unknown("timeout"));
        TelegramRefusal.OutcomeOf(timeout, Plain, now).ShouldBeOfType<DeliveryOutcome.Retry>().Reason.ShouldBe("unreachable");
    }

    [Fact]
    public async Task No_failure_of_a_call_names_the_token()
    {
        using var http = new TelegramHttp(Microsoft.Extensions.Options.Options.Create(new TelegramOptions { ApiBaseUrl = _stub.Url }));
        using var away = new TelegramHttp(Microsoft.Extensions.Options.Options.Create(new TelegramOptions { ApiBaseUrl = "http://127.0.0.1:9" }));
        var thrown = new List<Exception> { await FailureAsync(away) };
        foreach (var answer in new BotApiStub.Answer[] { new(0, "", HangUp: true), new(200, "<html>"), new(200, "{\"ok\":true}"), new(502, "<html>"), BotApiStub.Error(404, "Not Found") })
        {
            _stub.Reply = _ => answer;
            thrown.Add(await FailureAsync(http));
        }
        thrown.ShouldAllBe(e => e is TelegramCallException);
        string.Join('\n', thrown).ShouldNotContain(TelegramFixture.Token);

        static Task<TelegramCallException> FailureAsync(TelegramHttp http) => Should.ThrowAsync<TelegramCallException>(() =>
            http.CreateClient(TelegramFixture.Token).CallAsync("getMe", null, TelegramJson.Default.ApiAnswerSentMessage, CancellationToken.None));
    }

    [Fact]
    public async Task Cancelling_a_call_under_way_throws()
    {
        using var cancellation = new CancellationTokenSource();
        var held = new TaskCompletionSource();
        _stub.Reply = _ =>
        {
            cancellation.Cancel();
            return BotApiStub.Result("true") with { Hold = held.Task };
        };
        await Should.ThrowAsync<OperationCanceledException>(() => _adapter.SendAsync(TelegramFixture.Connection(), Plain, cancellation.Token));
        held.SetResult();
    }

    [Fact]
    public async Task Without_a_usable_token_or_chat_nothing_is_sent()
    {
        var broken = TelegramFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = "no token" });
        (await _adapter.SendAsync(broken, Plain, CancellationToken.None)).ShouldBe(new DeliveryOutcome.Failed("token_missing", FailureScope.Connection));
        (await SendAsync(Plain with { Chat = new("@somebody") })).ShouldBe(new DeliveryOutcome.Failed("chat_not_found", FailureScope.Chat));
        _stub.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Typing_is_shown_in_the_topic_and_its_failure_does_not_matter()
    {
        await _adapter.ShowTypingAsync(TelegramFixture.Connection(), InTopic.Chat, CancellationToken.None);
        var call = _stub.CallsOf("sendChatAction").ShouldHaveSingleItem();
        call.Text("action").ShouldBe("typing");
        call.Text("message_thread_id").ShouldBe("77");

        _stub.Reply = _ => new(0, "", HangUp: true);
        await _adapter.ShowTypingAsync(TelegramFixture.Connection(), InTopic.Chat, CancellationToken.None);
    }

    [Fact]
    public async Task No_trace_holds_the_address_of_a_call_which_holds_the_token()
    {
        var addresses = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => addresses.Enqueue(activity.GetTagItem("url.full") as string ?? ""),
        };
        ActivitySource.AddActivityListener(listener);
        using (var traced = new HttpClient())
        {
            await traced.GetAsync(new Uri(_stub.Url + "/botX/traced"));
        }
        (await SendAsync(Plain)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        addresses.ShouldContain(a => a.EndsWith("/traced", StringComparison.Ordinal), "the listener hears clients that are traced");
        addresses.ShouldNotContain(a => a.Contains(TelegramFixture.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_parts_at_once_share_connections()
    {
        var connection = TelegramFixture.Connection();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            _adapter.SendAsync(connection, Plain with { Chat = new((1000 + i).ToString(System.Globalization.CultureInfo.InvariantCulture)) }, CancellationToken.None)));
        outcomes.Distinct().Count().ShouldBe(300);
        outcomes.ShouldAllBe(o => o is DeliveryOutcome.Delivered);
    }

    private Task<DeliveryOutcome> SendAsync(OutboundPart part) => _adapter.SendAsync(TelegramFixture.Connection(), part, CancellationToken.None);
}
