using System.Buffers.Binary;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Ai;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.EntityFrameworkCore;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>What is paid for beside the answers is charged to the same budget, and shows in the same numbers.</summary>
public abstract partial class EngineSuite
{
    [StoreFact]
    public async Task A_summary_is_charged_and_counted_and_waits_when_the_budget_is_used_up()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        // The first answer and one summary fit in: 600 for each of the 20 tokens that are set aside for it.
        var budget = new BudgetSettings { CostPerDay = ((AnswerNanos * 2) + (600 * 20)) / 1e9m, ReserveOutputTokens = 10 };
        var chat = await NewChatAsync("telegram", Remembering with { Memory = new() { SummaryTokens = 10 }, Budgets = budget });
        await FillAsync(chat, 40);
        using (var engine = await StartAsync(ai.Client))
        {
            await chat.SayAsync("hello");
            await DrainAsync(chat);
            await SummarizeAsync(engine);
            await engine.StopAsync();
        }

        (await SpentAsync(chat)).ShouldBe(new BudgetSpending(2 * AnswerNanos, 36, 0, 0));
        (await CountedAsync(chat)).ShouldBe((11, 7, AnswerNanos, 1), "the answer comes with the roll-up of its turn");
        (await SummaryAsync(chat)).Text.ShouldBe("Good day!");
        var note = (await NotesAsync(chat)).Single(n => n.Kind == "charged");
        note.Detail.ShouldNotBeNull().ShouldMatch(@"^summary by [\w.-]+: 11 \+ 7 tokens, 0\.\d+ USD$");
        var through = (await SummaryAsync(chat)).ThroughSequence;
        note.MessageId.ShouldBe((await MessagesAsync(chat)).Single(m => m.Sequence == through).Id);

        await FillAsync(chat, 40);
        await Store.Summaries.MarkDueAsync(chat.Id, default);
        await Store.ExecuteAsync($"UPDATE budget_days SET spent_nanos = spent_nanos + {600 * 20}");
        using var later = await StartAsync(ai.Client);
        await SummarizeAsync(later);
        stub.Requests.Count.ShouldBe(2, "nobody was asked any more");
        var row = await SummaryAsync(chat);
        (row.Text, row.LastFailure).ShouldBe(("Good day!", "budget_reached"));
        row.DueAt.ShouldNotBeNull().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());
        (await SpentAsync(chat)).ReservedNanos.ShouldBe(0);
    }

    [StoreFact]
    public async Task Speech_is_charged_by_the_minute_once_however_often_its_turn_is_tried_and_not_put_into_words_at_the_limit()
    {
        _aiOptions.Models["whisper"] = new ModelOptions { MinutePrice = 0.006m };
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        _speech.IsConfigured.Returns(true);
        _speech.Model.Returns("whisper");
        // The server does not say how long it was: the recording does.
        _speech.TranscribeAsync(default!, default, default).ReturnsForAnyArgs(new Transcript("Call me back."));
        _platform.Fetch = _ => new Media(OggOf(TimeSpan.FromSeconds(10)), "audio/ogg");
        stub.Next(OpenAIStub.Error(500), times: 3);
        const long speech = 1_000_000;
        var budget = new BudgetSettings { CostPerDay = (speech + AnswerNanos + 50_000) / 1e9m, ReserveOutputTokens = 10, Notice = "Enough for today." };
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = budget });

        await SayAsync(chat, "[voice message]", new Attachment { Kind = AttachmentKind.Voice, Id = "v1" });
        await DrainAsync(chat);

        (await TurnsAsync(chat)).ShouldHaveSingleItem().Attempt.ShouldBeGreaterThan(1);
        (await SpentAsync(chat)).ShouldBe(new BudgetSpending(speech + AnswerNanos, 18, 0, 0));
        (await CountedAsync(chat)).Nanos.ShouldBe(speech);
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "transcribed" && n.Detail == "10 s, 0.001 USD");

        await SayAsync(chat, "[voice message]", new Attachment { Kind = AttachmentKind.Voice, Id = "v2" });
        await DrainAsync(chat);
        _platform.Sent.Last().Text.ShouldBe("Enough for today.");
        await _speech.ReceivedWithAnyArgs(1).TranscribeAsync(default!, default, default);
        (await TurnsAsync(chat))[^1].Reason.ShouldBe("budget_reached");
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "budget_reached" && n.Detail == "bot_cost: answer");
        (await SpentAsync(chat)).Nanos.ShouldBe(speech + AnswerNanos);
    }

    [StoreFact]
    public async Task Moderation_is_charged_by_the_request_and_never_left_out_for_want_of_money()
    {
        _aiOptions.Models["judge"] = new ModelOptions { RequestPrice = 0.001m };
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        Judge("evil", "violence");
        _scores.Model.Returns("judge");
        // One answer with its two judgements takes the bot over its limit.
        var budget = new BudgetSettings { CostPerDay = 0.001_1m, ReserveOutputTokens = 10, Notice = "Enough for today." };
        var chat = await NewChatAsync("telegram", Moderated with { Budgets = budget });

        await chat.SayAsync("tell me");
        await DrainAsync(chat);
        await chat.SayAsync("an evil plan");
        await DrainAsync(chat);
        await chat.SayAsync("tell me more");
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.Text).ShouldBe(["Good day!", new ModerationSettings().Refusal, "Enough for today."]);
        (await SpentAsync(chat)).ShouldBe(new BudgetSpending(AnswerNanos + (4 * 1_000_000), 18, 0, 0));
        (await CountedAsync(chat)).Nanos.ShouldBe(4 * 1_000_000);
        var said = (await MessagesAsync(chat)).Where(m => m.Author == MessageAuthor.Participant).Select(m => m.Id).ToList();
        (await NotesAsync(chat)).Where(n => n.Kind == "charged").Select(n => (said.IndexOf(n.MessageId), n.Detail)).ShouldBe(
            [(0, "moderation by judge: 0.001 USD"), (0, "moderation by judge: 0.001 USD"), (1, "moderation by judge: 0.001 USD"), (2, "moderation by judge: 0.001 USD")],
            "the question's, and its answer's");
    }

    [StoreFact]
    public async Task Without_a_price_and_a_budget_nothing_is_asked_of_the_store()
    {
        _budgets = Substitute.For<IBudgetStore>();
        using var engine = await StartAsync();
        Judge("evil", "violence");
        _speech.IsConfigured.Returns(true);
        _speech.Model.Returns("whisper");
        _speech.TranscribeAsync(default!, default, default).ReturnsForAnyArgs(new Transcript("Call me back."));
        _platform.Fetch = _ => new Media(new byte[10], "audio/ogg");
        var chat = await NewChatAsync("telegram", Moderated);

        await SayAsync(chat, "[voice message]", new Attachment { Kind = AttachmentKind.Voice, Id = "v1" });
        await DrainAsync(chat);

        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("An answer.");
        _budgets.ReceivedCalls().ShouldBeEmpty();
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "transcribed" && n.Detail == null);
    }

    private async Task<(long Input, long Output, long Nanos, long Priced)> CountedAsync(TestChat chat)
    {
        var bot = (await _connections.FindAsync(chat.Connection, default))!.Bot.Id;
        var hours = await ReadAsync(c => c.AnalyticsHours.AsNoTracking().Where(h => h.BotId == bot).ToListAsync());
        return (hours.Sum(h => h.InputTokens), hours.Sum(h => h.OutputTokens), hours.Sum(h => h.CostNanos), hours.Sum(h => h.Priced));
    }

    /// <summary>The first page with the head of an Opus stream, and the last one, whose position says how long it is.</summary>
    private static byte[] OggOf(TimeSpan length)
    {
        var last = new byte[27];
        "OggS"u8.CopyTo(last);
        BinaryPrimitives.WriteInt64LittleEndian(last.AsSpan(6), (long)(length.TotalSeconds * 48_000));
        return [.. "OggS"u8, .. new byte[24], .. "OpusHead"u8, .. new byte[11], .. last];
    }
}
