using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>Answers that are more than text: buttons, files, albums; and answers that are shown while they are made.</summary>
public sealed class TelegramRichSendTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly ChatAddress Chat = new("5012345678");

    private readonly CapturedLog _log = new();
    private BotApiStub _stub = null!;
    private TelegramAdapter _adapter = null!;

    public async Task InitializeAsync()
    {
        _stub = await BotApiStub.StartAsync();
        _adapter = TelegramFixture.Adapter(_stub.Url, _log);
    }

    public async Task DisposeAsync()
    {
        await _adapter.DisposeAsync();
        await _stub.DisposeAsync();
    }

    [Fact]
    public async Task Buttons_stand_under_the_text_before_them()
    {
        await DeliverAsync("Shall I **really** go on?\n\n[Yes](reply:yes) [No, thanks](reply:) [Terms](https://example.org/terms)");
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call.Method, call.Text("text"), call.Text("parse_mode")).ShouldBe(("sendMessage", "Shall I <b>really</b> go on?", "HTML"));
        Buttons(call).ShouldBe(["Yes=yes", "No, thanks=No, thanks", "Terms→https://example.org/terms"]);
    }

    [Fact]
    public async Task Buttons_without_a_text_get_one()
    {
        await DeliverAsync("[Yes](reply:yes) [No](reply:no)");
        _stub.Calls.ShouldHaveSingleItem().Text("text").ShouldBe("👇");
    }

    [Fact]
    public void More_buttons_than_telegram_shows_are_a_numbered_list()
    {
        var row = string.Join(' ', Enumerable.Range(1, TelegramButtons.MaxButtons + 1).Select(i => $"[Number {i}](reply:{i})"));
        var parts = _adapter.Split($"Choose:\n\n{row}\n\nWhat will it be?");
        var text = parts.ShouldHaveSingleItem().PlainBody ?? parts[0].Body!;
        text.ShouldContain("101. Number 101");
        text.ShouldEndWith("What will it be?");
        _adapter.Split($"[{new string('x', TelegramButtons.MaxLabel + 1)}](reply:x)").ShouldHaveSingleItem().Format.ShouldNotBe("json:sendMessage");
    }

    [Fact]
    public async Task Refused_buttons_go_out_as_a_list()
    {
        _stub.Reply = call => call.Body.TryGetProperty("reply_markup", out _)
            ? BotApiStub.Error(400, "Bad Request: inline keyboard button URL 'http://localhost/' is invalid: Wrong HTTP URL")
            : null;
        await DeliverAsync("**Well?**\n\n[Yes](reply:yes) [Home](http://localhost/)");
        _stub.Calls[^1].Text("text").ShouldBe("Well?\n1. Yes\n2. Home (http://localhost/)");
        _log.ToString().ShouldContain("list");
    }

    [Theory]
    [InlineData("![A chart](https://example.org/c.png)", "sendPhoto", "photo")]
    [InlineData("![A chart](https://example.org/c.mp3)", "sendAudio", "audio")]
    [InlineData("![A chart](https://example.org/c.ogg)", "sendVoice", "voice")]
    [InlineData("![A chart](https://example.org/c.mp4)", "sendVideo", "video")]
    [InlineData("![A chart](https://example.org/c.pdf)", "sendDocument", "document")]
    [InlineData("![A chart](https://example.org/c.bin \"document\")", "sendDocument", "document")]
    public async Task A_file_goes_out_by_its_address_with_its_caption(string answer, string method, string argument)
    {
        await DeliverAsync(answer);
        var call = _stub.Calls.ShouldHaveSingleItem();
        (call.Method, call.Text("caption")).ShouldBe((method, "A chart"));
        call.Text(argument)!.ShouldStartWith("https://example.org/c.");
    }

    [Theory]
    [InlineData("Bad Request: failed to get HTTP URL content")]
    [InlineData("Bad Request: wrong file identifier/HTTP URL specified")]
    [InlineData("Bad Request: wrong type of the web page content")]
    [InlineData("Bad Request: VOICE_MESSAGES_FORBIDDEN")]
    public async Task A_file_that_telegram_does_not_take_goes_out_as_a_link_with_its_buttons(string description)
    {
        _stub.Reply = call => call.Method == "sendPhoto" ? BotApiStub.Error(400, description) : null;
        await DeliverAsync("![A chart](https://example.org/c.png)\n\n[More](reply:more)");
        var call = _stub.Calls[^1];
        (call.Method, call.Text("text")).ShouldBe(("sendMessage", "A chart\nhttps://example.org/c.png"));
        Buttons(call).ShouldBe(["More=more"]);
        call.Text("photo").ShouldBeNull();
        call.Text("caption").ShouldBeNull();
    }

    [Fact]
    public async Task A_refusal_of_the_chat_is_none_of_the_files_fault()
    {
        _stub.Reply = _ => BotApiStub.Error(403, "Forbidden: bot was blocked by the user");
        (await SendAsync(_adapter.Split("![](https://example.org/c.png)")[0])).ShouldBe(new DeliveryOutcome.Failed("blocked", FailureScope.Chat));
        _stub.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Pictures_that_follow_each_other_are_an_album()
    {
        await DeliverAsync("Look:\n\n![One](https://example.org/1.png)\n![Two](https://example.org/2.png)\n\n![](https://example.org/3.png)\n\nNice?\n\n![](https://example.org/4.png)");
        _stub.Calls.Select(c => c.Method).ShouldBe(["sendMessage", "sendMediaGroup", "sendMessage", "sendPhoto"]);
        var album = _stub.Calls[1].Body.GetProperty("media").EnumerateArray().ToList();
        album.Select(m => m.GetProperty("media").GetString()).ShouldBe(["https://example.org/1.png", "https://example.org/2.png", "https://example.org/3.png"]);
        album[0].GetProperty("caption").GetString().ShouldBe("One");
    }

    [Fact]
    public void Eleven_pictures_are_two_albums_and_none_is_left_out()
    {
        var parts = _adapter.Split(string.Join("\n\n", Enumerable.Range(1, 11).Select(i => $"![](https://example.org/{i}.png)")));
        parts.Select(p => p.Format).ShouldBe(["json:sendMediaGroup", "json:sendPhoto"]);
        for (var i = 1; i <= 11; i++)
        {
            parts.Count(p => p.Body!.Contains($"/{i}.png", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    [Fact]
    public void A_caption_that_is_too_long_is_a_message_of_its_own()
    {
        var alt = string.Join(' ', Enumerable.Repeat("word", 300));
        var parts = _adapter.Split($"![{alt}](https://example.org/c.png)");
        parts.Select(p => p.Format).ShouldBe([null, "json:sendPhoto"]);
        parts[0].Body.ShouldBe(alt);
        parts[1].Body!.ShouldNotContain("caption");
    }

    [Fact]
    public void A_text_without_room_for_the_list_of_its_buttons_leaves_them_a_message_of_their_own()
    {
        var parts = _adapter.Split($"{new string('x', 4_090)}\n\n[Yes](reply:yes)");
        parts.Select(p => p.Format).ShouldBe([null, "json:sendMessage"]);
        parts[1].PlainBody.ShouldBe("👇");
    }

    [Fact]
    public async Task In_a_group_the_first_part_replies_to_the_question()
    {
        var part = Part(_adapter.Split("An answer.")[0], "An answer.") with { Chat = new("-100123"), AnswerVia = "77" };
        await _adapter.SendAsync(TelegramFixture.Connection(), part, CancellationToken.None);
        await _adapter.SendAsync(TelegramFixture.Connection(), part with { Ordinal = 1 }, CancellationToken.None);
        var reply = _stub.Calls[0].Body.GetProperty("reply_parameters");
        reply.GetProperty("message_id").GetInt32().ShouldBe(77);
        reply.GetProperty("allow_sending_without_reply").GetBoolean().ShouldBeTrue("the question may have been deleted");
        _stub.Calls[1].Text("reply_parameters").ShouldBeNull();
    }

    [Fact]
    public async Task A_file_of_a_participant_is_downloaded_and_the_token_stays_unsaid()
    {
        _stub.Reply = call => call.Method == "file/photos/file_7.jpg" ? new(200, "JPEG") : null;
        var photo = new Attachment { Kind = AttachmentKind.Image, Id = "AgAC", MimeType = "image/jpeg" };
        var media = await _adapter.FetchAsync(TelegramFixture.Connection(), photo, 1_000, CancellationToken.None);
        System.Text.Encoding.UTF8.GetString(media.Bytes.Span).ShouldBe("JPEG");
        _stub.CallsOf("getFile").ShouldHaveSingleItem().Text("file_id").ShouldBe("AgAC");
        _log.ToString().ShouldNotContain(TelegramFixture.Token);
    }

    [Theory]
    [InlineData(400, "Bad Request: file is too big", "too_large", false)]
    [InlineData(400, "Bad Request: wrong file_id or the file is temporarily unavailable", "unreachable", true)]
    [InlineData(400, "Bad Request: invalid file_id", "gone", false)]
    [InlineData(429, "Too Many Requests: retry after 3", "unreachable", true)]
    [InlineData(500, "Internal Server Error", "unreachable", true)]
    [InlineData(401, "Unauthorized", "refused", false)]
    public async Task A_file_that_cannot_be_had_says_why_and_whether_for_good(int code, string description, string reason, bool temporary)
    {
        _stub.Reply = _ => BotApiStub.Error(code, description);
        await RefusedAsync(new Attachment { Kind = AttachmentKind.Voice, Id = "x" }, 1_000, reason, temporary);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_not_asked_for()
    {
        await RefusedAsync(new Attachment { Kind = AttachmentKind.Video, Id = "x", Size = 30 << 20 }, int.MaxValue, "too_large", false);
        await RefusedAsync(new Attachment { Kind = AttachmentKind.Video, Id = "x", Size = 30_000 }, 20_000, "too_large", false);
        _stub.Calls.ShouldBeEmpty();
        _stub.Reply = call => call.Method.StartsWith("file/", StringComparison.Ordinal) ? new(200, new string('x', 2_000)) : null;
        await RefusedAsync(new Attachment { Kind = AttachmentKind.Video, Id = "x" }, 1_000, "too_large", false);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../getMe")]
    public async Task A_path_that_leads_elsewhere_is_not_followed(string path)
    {
        _stub.Reply = call => call.Method == "getFile" ? BotApiStub.Result($$"""{"file_id":"x","file_unique_id":"y","file_path":"{{path}}"}""") : null;
        await RefusedAsync(new Attachment { Kind = AttachmentKind.Voice, Id = "x" }, 1_000, "gone", false);
    }

    [Fact]
    public async Task An_answer_is_shown_while_it_is_made_and_becomes_the_final_one()
    {
        var connection = TelegramFixture.Connection("""{"streaming":true}""");
        _adapter.Streams(connection).ShouldBeTrue();
        _adapter.Streams(TelegramFixture.Connection("{}")).ShouldBeFalse();
        var draft = new AnswerDraft(Chat, Guid.CreateVersion7(), Guid.CreateVersion7());
        var text = string.Concat(Enumerable.Repeat("**word** ", 20));
        _adapter.Stream(connection, draft, text);
        await Eventually.TrueAsync(() => _stub.CallsOf("sendMessage").Count == 1, Deadline, "the first message is shown");
        _stub.Calls[0].Text("text")!.ShouldStartWith("<b>word</b>");

        var final = _adapter.Split(text + "end.\n\n[More](reply:more)")[0];
        var outcome = await _adapter.SendAsync(connection, new OutboundPart(draft.AnswerId, 0, Chat, final.Body!, final.Format, final.PlainBody, 0), CancellationToken.None);
        outcome.ShouldBe(new DeliveryOutcome.Delivered("5012345678:2001"));
        var edit = _stub.CallsOf("editMessageText").ShouldHaveSingleItem();
        (edit.Text("message_id"), edit.Text("parse_mode")).ShouldBe(("2001", "HTML"));
        edit.Text("text")!.ShouldEndWith("end.");
        Buttons(edit).ShouldBe(["More=more"]);
        _stub.CallsOf("sendMessage").Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Bad Request: message is not modified: specified new message content and reply markup are exactly the same", true)]
    [InlineData("Bad Request: message to edit not found", false)]
    [InlineData("Bad Request: message can't be edited", false)]
    public async Task The_final_text_arrives_whatever_becomes_of_the_edit(string description, bool isThere)
    {
        var connection = TelegramFixture.Connection("""{"streaming":true}""");
        var draft = new AnswerDraft(Chat, Guid.CreateVersion7(), Guid.CreateVersion7());
        _adapter.Stream(connection, draft, new string('x', 200));
        await Eventually.TrueAsync(() => _stub.CallsOf("sendMessage").Count == 1, Deadline, "the first message is shown");
        _stub.Reply = call => call.Method == "editMessageText" ? BotApiStub.Error(400, description) : null;

        var outcome = await _adapter.SendAsync(connection, new OutboundPart(draft.AnswerId, 0, Chat, "final", null, null, 0), CancellationToken.None);
        outcome.ShouldBeOfType<DeliveryOutcome.Delivered>();
        _stub.CallsOf("sendMessage").Count.ShouldBe(isThere ? 1 : 2);
        if (!isThere)
        {
            _stub.CallsOf("sendMessage")[1].Text("text").ShouldBe("final");
            await Eventually.TrueAsync(() => _stub.CallsOf("deleteMessage").Count == 1, Deadline, "the draft is deleted");
        }
    }

    [Fact]
    public async Task A_bot_may_speak_first_where_telegram_knows_the_chat()
    {
        _stub.Reply = call => call.Text("chat_id") switch
        {
            "5012345678" => BotApiStub.Result("""{"id":5012345678,"type":"private","first_name":"Ada","last_name":"Lovelace","accent_color_id":0,"max_reaction_count":11}"""),
            "@engine_room" => BotApiStub.Result("""{"id":-1001987654321,"type":"supergroup","title":"Engine room","accent_color_id":0,"max_reaction_count":11}"""),
            _ => BotApiStub.Error(400, "Bad Request: chat not found"),
        };
        (await _adapter.OpenAsync(TelegramFixture.Connection(), "5012345678", CancellationToken.None))
            .ShouldBe(new StartedChat(new("5012345678"), false, "Ada Lovelace", "5012345678"));
        (await _adapter.OpenAsync(TelegramFixture.Connection(), "@engine_room", CancellationToken.None))
            .ShouldBe(new StartedChat(new("-1001987654321"), true, "Engine room"));
        foreach (var unknown in (string[])["4711", "ada"])
        {
            (await Should.ThrowAsync<PlatformException>(() => _adapter.OpenAsync(TelegramFixture.Connection(), unknown, CancellationToken.None))).Permanent.ShouldBeTrue();
        }
    }

    private static IEnumerable<string> Buttons(BotApiStub.Call call) =>
        call.Body.GetProperty("reply_markup").GetProperty("inline_keyboard").EnumerateArray().SelectMany(row => row.EnumerateArray())
            .Select(b => b.TryGetProperty("url", out var url) ? $"{b.GetProperty("text")}→{url}" : $"{b.GetProperty("text")}={b.GetProperty("callback_data")}");

    private static OutboundPart Part(PartBody body, string answer) => new(Guid.CreateVersion7(), 0, Chat, body.Body ?? answer, body.Format, body.PlainBody, 0);

    private async Task DeliverAsync(string answer)
    {
        foreach (var body in _adapter.Split(answer))
        {
            (await SendAsync(body, answer)).ShouldBeOfType<DeliveryOutcome.Delivered>();
        }
    }

    private Task<DeliveryOutcome> SendAsync(PartBody body, string answer = "") =>
        _adapter.SendAsync(TelegramFixture.Connection(), Part(body, answer), CancellationToken.None);

    private async Task RefusedAsync(Attachment attachment, int maxBytes, string reason, bool temporary)
    {
        var refusal = await Should.ThrowAsync<MediaException>(() => _adapter.FetchAsync(TelegramFixture.Connection(), attachment, maxBytes, CancellationToken.None));
        (refusal.Message, refusal.Temporary).ShouldBe((reason, temporary));
        refusal.ToString().ShouldNotContain(TelegramFixture.Token);
    }
}
