using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.Extensions.AI;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>Messages that carry more than text: what the model gets of them, and what the participant is told.</summary>
public abstract partial class EngineSuite
{
    private static readonly byte[] Png = [0x89, (byte)'P', (byte)'N', (byte)'G', 1, 2, 3];

    private static readonly AiSettings Sees = new() { ReadsImages = true };

    [StoreFact]
    public async Task A_picture_is_given_to_a_model_that_sees_with_its_caption()
    {
        using var engine = await StartAsync();
        _platform.Fetch = _ => new Media(Png, "application/octet-stream");
        var chat = await NewChatAsync("telegram", ai: Sees);

        await SayAsync(chat, "What is this?", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(chat);

        var question = _prompts.ShouldHaveSingleItem()[^1];
        question.Text.ShouldBe("What is this?");
        var picture = question.Contents.OfType<DataContent>().ShouldHaveSingleItem();
        picture.MediaType.ShouldBe("image/png");
        picture.Data.ToArray().ShouldBe(Png);
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("An answer.");
    }

    [StoreFact]
    public async Task A_picture_without_words_is_answered_and_shows_in_the_history_as_a_word()
    {
        using var engine = await StartAsync();
        _platform.Fetch = _ => new Media(Png, "image/png");
        var chat = await NewChatAsync("telegram", ai: Sees);

        await SayAsync(chat, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(chat);
        await chat.SayAsync("And now?");
        await DrainAsync(chat);

        var prompts = _prompts.ToArray();
        prompts[0][^1].Contents.ShouldHaveSingleItem().ShouldBeOfType<DataContent>();
        prompts[1].Select(m => m.Text).ShouldContain("[photo]");
        prompts[1].SelectMany(m => m.Contents).ShouldAllBe(c => c is TextContent);
    }

    [StoreFact]
    public async Task What_nobody_can_read_is_said_to_the_participant_without_asking_the_model()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram", ai: new AiSettings { ReadsImages = false });

        await SayAsync(chat, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(chat);

        _prompts.ShouldBeEmpty();
        _platform.Fetched.ShouldBeEmpty();
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldContain("photo");
        (await TurnsAsync(chat)).ShouldHaveSingleItem().Reason.ShouldBe("unreadable_attachment");
        (await NotesAsync(chat)).Select(n => (n.Kind, n.Detail)).ShouldContain(("attachment_not_read", "photo: not_supported"));
    }

    [StoreFact]
    public async Task What_cannot_be_read_beside_a_text_is_named_to_the_model()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram", ai: Sees);

        await SayAsync(chat, "Summarise this", new Attachment { Kind = AttachmentKind.Document, Id = "f1", Name = "report.pdf" });
        await DrainAsync(chat);

        _prompts.ShouldHaveSingleItem()[^1].Text.ShouldBe("Summarise this\n[document \"report.pdf\", which cannot be read here]");
    }

    [StoreFact]
    public async Task A_picture_that_is_too_large_or_none_is_refused_with_the_reason()
    {
        using var engine = await StartAsync();
        _platform.Fetch = _ => new Media("<svg/>"u8.ToArray(), "image/svg+xml");
        foreach (var (size, reason) in ((int, string)[])[(11 << 20, "too_large"), (10, "forbidden_type")])
        {
            var chat = await NewChatAsync("telegram", ai: Sees);
            await SayAsync(chat, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1", Size = size });
            await DrainAsync(chat);

            (await NotesAsync(chat)).Select(n => n.Detail).ShouldContain($"photo: {reason}");
            _platform.Sent.Last().Text.ShouldContain("photo");
        }
        _prompts.ShouldBeEmpty();
    }

    [StoreFact]
    public async Task Speech_is_transcribed_once_and_kept_whatever_happens_to_the_turn()
    {
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(call =>
        {
            _prompts.Enqueue([.. call.Arg<IEnumerable<ChatMessage>>()]);
            return Task.FromException<ChatResponse>(new ModelException(ModelFailure.Unavailable));
        });
        using var engine = await StartAsync(model);
        _platform.Fetch = _ => new Media(new byte[10], "audio/ogg");
        _speech.IsConfigured.Returns(true);
        _speech.TranscribeAsync(default!, default, default).ReturnsForAnyArgs(new Transcript("Call me back."));
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, MaxAttempts = 3 });

        await SayAsync(chat, "[voice message]", new Attachment { Kind = AttachmentKind.Voice, Id = "v1" });
        await DrainAsync(chat);

        (await TurnsAsync(chat)).ShouldHaveSingleItem().Attempt.ShouldBe(3, "the model did not answer");
        _platform.Fetched.ShouldBe(["v1"]);
        _prompts.Count.ShouldBe(3);
        _prompts.Select(p => p[^1].Text).ShouldAllBe(t => t == "Call me back.");
        (await MessagesAsync(chat))[0].Text.ShouldBe("Call me back.");
        (await NotesAsync(chat)).Select(n => n.Kind).ShouldContain("transcribed");
    }

    [StoreFact]
    public async Task A_file_that_cannot_be_had_now_is_tried_again_and_in_the_end_named()
    {
        using var engine = await StartAsync();
        _platform.Fetch = _ => throw new MediaException("unreachable", temporary: true);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, MaxAttempts = 3 }, Sees);

        await SayAsync(chat, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(chat);

        _platform.Fetched.Count.ShouldBe(3);
        (await NotesAsync(chat)).Select(n => n.Detail).ShouldContain("media_unreachable");
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldContain("photo");
    }

    [StoreFact]
    public async Task Places_contacts_stickers_and_quotes_become_words()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram");
        var message = chat.Message("[location]") with
        {
            Content = new MessageContent
            {
                Attachments =
                [
                    new Attachment { Kind = AttachmentKind.Location, Latitude = 1.5, Longitude = -2, Name = "Home" },
                    new Attachment { Kind = AttachmentKind.Contact, Name = "Ada", PhoneNumber = "+44 1" },
                    new Attachment { Kind = AttachmentKind.Sticker, Name = "👍" },
                ],
                Quote = new Quote("m1", "Where are you?", IsBots: true),
            },
        };

        await Inbox.AppendAsync([message], default);
        await DrainAsync(chat);

        _prompts.ShouldHaveSingleItem()[^1].Text.ShouldBe("""
            [in reply to your message: "Where are you?"]
            [location: Home, latitude 1.500000, longitude -2.000000]
            [contact: Ada +44 1]
            [sticker: 👍]
            """.ReplaceLineEndings("\n"));
    }

    [StoreFact]
    public async Task An_album_is_answered_together_also_where_every_message_gets_its_own_answer()
    {
        using var engine = await StartAsync();
        _platform.Fetch = _ => new Media(Png, "image/png");
        var chat = await NewChatAsync("telegram", ai: Sees);
        InboxMessage Item(string text, string file) => chat.Message(text) with
        {
            QuietMs = 200,
            Content = new MessageContent { AlbumId = "a1", Attachments = [new Attachment { Kind = AttachmentKind.Image, Id = file }] },
        };

        await Inbox.AppendAsync([Item("Which one?", "f1"), Item("[photo]", "f2")], default);
        await DrainAsync(chat);

        _platform.Sent.ShouldHaveSingleItem();
        _prompts.ShouldHaveSingleItem().SelectMany(m => m.Contents).OfType<DataContent>().Count().ShouldBe(2);
    }

    [StoreFact]
    public async Task What_wants_to_be_answered_in_its_own_way_is_answered_by_itself()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 200 });
        InboxMessage Slash(string via) => chat.Message("ask") with { QuietMs = 200, Content = new MessageContent { AnswerVia = via } };

        await Inbox.AppendAsync([Slash("token-1"), Slash("token-2")], default);
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.AnswerVia).ShouldBe(["token-1", "token-2"]);
        _platform.Sent.ShouldAllBe(p => p.LastInboundAt != null);
    }

    private Task<IReadOnlyList<AppendResult>> SayAsync(TestChat chat, string text, Attachment attachment) =>
        Inbox.AppendAsync([chat.Message(text) with { Content = new MessageContent { Attachments = [attachment] } }], default);
}
