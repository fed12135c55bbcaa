using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.EntityFrameworkCore;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>What is not let in never reaches the model; what is not let out never leaves.</summary>
public abstract partial class EngineSuite
{
    private static readonly ProcessingSettings Moderated = new() { QuietPeriodMs = 0, Moderation = new() };

    [StoreFact]
    public async Task A_question_that_is_blocked_reaches_no_model_then_or_later_and_is_answered_politely()
    {
        using var engine = await StartAsync();
        Judge("evil", "violence");
        var chat = await NewChatAsync("telegram", Moderated);

        await chat.SayAsync("an evil plan");
        await DrainAsync(chat);
        await chat.SayAsync("something else");
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.Text).ShouldBe([new ModerationSettings().Refusal, "An answer."]);
        _prompts.ShouldHaveSingleItem().Select(m => m.Text).ShouldNotContain("an evil plan", "it is no part of the history either");
        var turn = (await TurnsAsync(chat))[0];
        (turn.State, turn.Reason, turn.Model).ShouldBe((TurnState.Command, "input_blocked", null));
        var message = (await MessagesAsync(chat))[0];
        message.Kind.ShouldBe(MessageKind.Blocked);
        var record = (await ModerationsAsync(chat)).ShouldHaveSingleItem();
        (record.MessageId, record.Direction, record.Action, record.State, record.Text).ShouldBe((message.Id, ModerationDirection.Input, ModerationAction.Block, ModerationState.Open, null));
        record.Categories.ShouldBe(new Dictionary<string, double> { ["violence"] = 0.97 });
        (await NotesAsync(chat)).Select(n => (n.Kind, n.Detail)).ShouldContain(("moderated", "input blocked: violence 0.97"));
    }

    [StoreFact]
    public async Task An_answer_that_is_blocked_never_leaves_also_where_answers_are_shown_while_they_are_made()
    {
        using var engine = await StartAsync();
        _platform.Streamed = true;
        _answer = "Here is something evil.";
        Judge("evil", "violence");
        var chat = await NewChatAsync("telegram", Moderated);

        await chat.SayAsync("tell me");
        await DrainAsync(chat);

        _platform.Shown.ShouldBeEmpty("nothing is shown before it was judged");
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe(new ModerationSettings().Replacement);
        (await MessagesAsync(chat)).ShouldAllBe(m => !m.Text.Contains("evil"));
        (await PartsAsync(chat)).ShouldAllBe(p => p.Body == null || !p.Body.Contains("evil"));
        (await TurnsAsync(chat)).ShouldHaveSingleItem().Reason.ShouldBe("output_blocked");
        var record = (await ModerationsAsync(chat)).ShouldHaveSingleItem();
        (record.Direction, record.Action, record.Text).ShouldBe((ModerationDirection.Output, ModerationAction.Block, _answer));
    }

    [StoreFact]
    public async Task An_answer_that_nobody_can_judge_stays_here_and_the_model_is_paid_once()
    {
        using var engine = await StartAsync();
        _scores.IsConfigured.Returns(true);
        _scores.ScoreAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<CategoryScore>>(_ => throw new ScoringException("timed_out"));
        var chat = await NewChatAsync("telegram", Moderated);

        await chat.SayAsync("tell me");
        await DrainAsync(chat);

        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe(new ProcessingSettings().Apology);
        _prompts.Count.ShouldBe(1);
        var turn = (await TurnsAsync(chat)).ShouldHaveSingleItem();
        (turn.State, turn.Reason, turn.Attempt).ShouldBe((TurnState.Failed, "moderation_unavailable", 1));
        (await DeadLettersAsync(chat)).ShouldHaveSingleItem().Reason.ShouldBe("moderation_unavailable");
        var records = await ModerationsAsync(chat);
        records.Select(r => (r.Direction, r.Action, r.Reason)).ShouldBe(
            [(ModerationDirection.Input, ModerationAction.Record, "unavailable"), (ModerationDirection.Output, ModerationAction.Block, "unavailable")], ignoreOrder: true);
        records.Single(r => r.Direction == ModerationDirection.Output).Text.ShouldBe("An answer.", "an operator may still send it");

        // A bot may want it otherwise, either way.
        var open = await NewChatAsync("telegram", Moderated with { Moderation = new() { Output = new() { AllowUnchecked = true } } });
        await open.SayAsync("tell me");
        await DrainAsync(open);
        _platform.Sent.Last().Text.ShouldBe("An answer.");
        var closed = await NewChatAsync("telegram", Moderated with { MaxAttempts = 2, Moderation = new() { Input = new() { AllowUnchecked = false } } });
        await closed.SayAsync("tell me");
        await DrainAsync(closed);
        (await TurnsAsync(closed)).ShouldHaveSingleItem().Reason.ShouldBe("moderation_unavailable");
        _prompts.Count.ShouldBe(2, "the model was not asked");
        (await MessagesAsync(closed))[0].Kind.ShouldBe(MessageKind.Blocked, "nor does it read it later, as history");
    }

    [StoreFact]
    public async Task A_picture_that_is_blocked_reaches_no_model_and_one_that_nobody_can_judge_goes_by_the_bots_rule()
    {
        using var engine = await StartAsync();
        Judge("evil", "violence");
        _platform.Fetch = attachment => new Media(Png, "image/png");
        _scores.ScoreImageAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<CategoryScore>>([new CategoryScore("sexual", 0.9, true)]);
        var chat = await NewChatAsync("telegram", Moderated, Sees);

        await SayAsync(chat, "What is this?", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(chat);

        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe(new ModerationSettings().Refusal);
        _prompts.ShouldBeEmpty();
        (await MessagesAsync(chat))[0].Kind.ShouldBe(MessageKind.Blocked);
        (await ModerationsAsync(chat)).ShouldHaveSingleItem().Categories.ShouldBe(new Dictionary<string, double> { ["sexual"] = 0.9 });

        await _scores.Received(1).ScoreImageAsync("data:image/png;base64," + Convert.ToBase64String(Png), Arg.Any<int>(), Arg.Any<CancellationToken>());

        // What the model shows is judged as what it says.
        _answer = "Look:\n\n![a plan](https://pictures.example/plan.png)";
        var shown = await NewChatAsync("telegram", Moderated);
        await shown.SayAsync("show me");
        await DrainAsync(shown);
        _platform.Sent.Last().Text.ShouldBe(new ModerationSettings().Replacement);
        await _scores.Received(1).ScoreImageAsync("https://pictures.example/plan.png", Arg.Any<int>(), Arg.Any<CancellationToken>());
        _answer = "An answer.";
        _prompts.Clear();

        // A model that knows texts only.
        _scores.ScoreImageAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<CategoryScore>>(_ => throw new ScoringException("refused"));
        var open = await NewChatAsync("telegram", Moderated, Sees);
        await SayAsync(open, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(open);
        _prompts.ShouldHaveSingleItem();
        (await ModerationsAsync(open)).ShouldHaveSingleItem().Reason.ShouldBe("unavailable");
        var closed = await NewChatAsync("telegram", Moderated with { MaxAttempts = 2, Moderation = new() { Input = new() { AllowUnchecked = false } } }, Sees);
        await SayAsync(closed, "[photo]", new Attachment { Kind = AttachmentKind.Image, Id = "f1" });
        await DrainAsync(closed);
        (await TurnsAsync(closed)).ShouldHaveSingleItem().Reason.ShouldBe("moderation_unavailable");
        _prompts.ShouldHaveSingleItem();
    }

    [StoreFact]
    public async Task What_is_changed_after_it_was_answered_is_judged_before_a_model_reads_it()
    {
        using var engine = await StartAsync();
        Judge("evil", "violence");
        var chat = await NewChatAsync("telegram", Moderated with { Memory = new() });
        var closed = await NewChatAsync("telegram", Moderated with { Moderation = new() { Input = new() { AllowUnchecked = false } } });
        async Task<InboxMessage> AskAsync(TestChat asking, string text)
        {
            var (message, _) = await asking.SayAsync(text);
            await DrainAsync(asking);
            return message;
        }
        Task EditAsync(TestChat editing, InboxMessage message, string text) => Inbox.RecordAsync(
            editing.Connection, [new InboundEdit { PlatformId = Guid.CreateVersion7().ToString(), EditedPlatformId = message.PlatformMessageId, Text = text }], default);
        var (first, second) = (await AskAsync(chat, "first"), await AskAsync(chat, "second"));

        await EditAsync(chat, first, "an evil plan");
        await EditAsync(chat, second, "a harmless plan");
        await AskAsync(chat, "third");
        await AskAsync(chat, "fourth");

        foreach (var prompt in _prompts.TakeLast(2))
        {
            prompt.Select(m => m.Text).ShouldNotContain("an evil plan");
            prompt.Select(m => m.Text).ShouldContain("a harmless plan");
        }
        (await MessagesAsync(chat))[0].Kind.ShouldBe(MessageKind.Blocked);
        var record = (await ModerationsAsync(chat)).ShouldHaveSingleItem();
        (record.MessageId, record.Direction, record.Action).ShouldBe((first.Id, ModerationDirection.Input, ModerationAction.Block));
        await _scores.Received(1).ScoreAsync("a harmless plan", Arg.Any<int>(), Arg.Any<CancellationToken>());

        // Where nothing goes on unjudged, an edit that nobody can judge is left out until somebody can.
        var edited = await AskAsync(closed, "before");
        await EditAsync(closed, edited, "after");
        _scores.ScoreAsync("after", default, default).ReturnsForAnyArgs<IReadOnlyList<CategoryScore>>(
            call => call.Arg<string>() == "after" ? throw new ScoringException("timed_out") : []);
        await AskAsync(closed, "once more");
        _prompts.Last().Select(m => m.Text).ShouldNotContain("after");
        Judge("evil", "violence");
        await AskAsync(closed, "and again");
        _prompts.Last().Select(m => m.Text).ShouldContain("after");

        // Nor is it written into the summary.
        await engine.StopAsync();
        await FillAsync(chat, 40);
        await EditAsync(chat, second, "a worse and evil plan");
        await Store.Summaries.MarkDueAsync(chat.Id, default);
        using var later = await StartAsync();
        await SummarizeAsync(later);
        _prompts.Last()[^1].Text.ShouldContain("Participant: ");
        _prompts.ShouldAllBe(p => p.All(m => !m.Text.Contains("evil")));
    }

    [StoreFact]
    public async Task What_is_said_among_others_is_judged_when_it_would_be_read_for_the_first_time_and_asked_about_once()
    {
        Judge("evil", "violence");
        var connection = _connections.Add("telegram", Moderated with { Memory = new() }, new AiSettings());
        var group = await TestChat.OpenAsync(Inbox, isGroup: true, connection: connection);
        var (blocked, _) = await group.SayAsync("an evil plan", MessageKind.Overheard);
        await group.SayAsync("a harmless plan", MessageKind.Overheard);
        await group.SayAsync("what do you think?");
        var (later, _) = await group.SayAsync("another evil plan", MessageKind.Overheard);
        using var engine = await StartAsync();

        await DrainAsync(group);

        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("An answer.");
        string Read() => string.Join('\n', _prompts.Last().Select(m => m.Text));
        Read().ShouldContain("a harmless plan");
        Read().ShouldNotContain("evil");
        MessageKind KindOf(IEnumerable<Message> messages, InboxMessage of) => messages.Single(m => m.Id == of.Id).Kind;
        (KindOf(await MessagesAsync(group), blocked), KindOf(await MessagesAsync(group), later)).ShouldBe((MessageKind.Blocked, MessageKind.Overheard));

        await group.SayAsync("and now?");
        await DrainAsync(group);

        Read().ShouldContain("a harmless plan");
        Read().ShouldNotContain("evil");
        _platform.Sent.Count.ShouldBe(2, "nobody has asked what is blocked");
        KindOf(await MessagesAsync(group), later).ShouldBe(MessageKind.Blocked);
        var records = await ModerationsAsync(group);
        records.Select(r => (r.MessageId, r.Direction, r.Action)).ShouldBe(
            [(blocked.Id, ModerationDirection.Input, ModerationAction.Block), (later.Id, ModerationDirection.Input, ModerationAction.Block)]);
        await _scores.Received(1).ScoreAsync("a harmless plan", Arg.Any<int>(), Arg.Any<CancellationToken>());
        await ReadAsync(db =>
        {
            var (bot, now) = (new Bot("Test", new AiSettings(), new ProcessingSettings(), TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
            db.Bots.Add(bot);
            db.Connections.Add(new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Test", "{}", "", now, connection));
            return db.SaveChangesAsync();
        });
        var timeline = await new ReadTimeline(new MessageStore(Store.Database)).HandleAsync(blocked.Id, default);
        (timeline.Outcome, timeline.Reason).ShouldBe(("not_addressed", "input_blocked"));

        // Nor does a summary hold it, where no turn has come before.
        await engine.StopAsync();
        await group.SayAsync("a third evil plan", MessageKind.Overheard);
        await FillAsync(group, 40);
        await Store.Summaries.MarkDueAsync(group.Id, default);
        using var second = await StartAsync();
        await SummarizeAsync(second);
        _prompts.Last()[^1].Text.ShouldContain("What was said since");
        _prompts.ShouldAllBe(p => p.All(m => !m.Text.Contains("evil")));
    }

    [StoreFact]
    public async Task What_no_model_reads_now_is_judged_before_one_reads_it_as_history_and_nothing_is_said_about_it()
    {
        using var engine = await StartAsync();
        Judge("evil", "violence");
        var chat = await NewChatAsync("telegram", Moderated);
        var conversations = new ConversationStore(Store.Database, TimeProvider.System);
        await chat.SayAsync("/help me with an evil plan", MessageKind.Command);
        await DrainAsync(chat);
        await conversations.ChangeStateAsync(chat.Id, c => c.HandOff("Ada"), "taken_over", default);
        await chat.SayAsync("another evil plan");
        await chat.SayAsync("/help", MessageKind.Command);
        await DrainAsync(chat);
        await conversations.ChangeStateAsync(chat.Id, c => c.Resume(), "resumed", default);
        await chat.SayAsync("hello again");
        await DrainAsync(chat);

        _prompts.ShouldAllBe(p => p.All(m => !m.Text.Contains("evil")));
        _platform.Sent.ShouldAllBe(p => p.Text != new ModerationSettings().Refusal);
        (await TurnsAsync(chat)).Select(t => t.Reason).ShouldBe([null, "handed_off", "handed_off", null]);
        (await MessagesAsync(chat)).Where(m => m.Author == MessageAuthor.Participant).Select(m => m.Kind).ShouldBe(
            [MessageKind.Blocked, MessageKind.Blocked, MessageKind.Command, MessageKind.Text]);
        await _scores.DidNotReceive().ScoreAsync("/help", Arg.Any<int>(), Arg.Any<CancellationToken>());
    }

    [StoreFact]
    public async Task What_is_too_much_in_a_minute_is_judged_when_a_later_turn_would_read_it_and_only_the_latest_of_it()
    {
        Judge("evil", "violence");
        var processing = Moderated with { MessagesPerMinute = 1 };
        var chat = await NewChatAsync("telegram", processing);
        int Asked() => _scores.ReceivedCalls().Count(call => call.GetMethodInfo().Name == nameof(IScoresTexts.ScoreAsync));
        var asked = 0;
        using (var engine = await StartAsync())
        {
            await chat.SayAsync("hello");
            await DrainAsync(chat);
            asked = Asked();
            for (var i = 0; i < 12; i++)
            {
                await chat.SayAsync(i == 6 ? "a hasty evil plan" : $"a hasty plan, number {i}");
            }
            await DrainAsync(chat);
            await engine.StopAsync();
        }
        (await TurnsAsync(chat)).Skip(1).ShouldAllBe(t => t.Reason == "rate_limited");
        Asked().ShouldBe(asked, "nobody is asked about what is refused");
        (await MessagesAsync(chat)).Count(m => m.Kind == MessageKind.Unjudged).ShouldBe(12);

        // Another process has counted nothing.
        using var later = await StartAsync();
        await chat.SayAsync("now slowly");
        await DrainAsync(chat);

        var read = _prompts.Last().Select(m => m.Text).ToList();
        read.ShouldAllBe(text => !text.Contains("evil"));
        string.Join('\n', read).ShouldContain("number 11");
        string.Join('\n', read).ShouldNotContain("number 1\n", Case.Sensitive, "of what is too much only the latest is read");
        (await MessagesAsync(chat)).Single(m => m.Text.Contains("evil")).Kind.ShouldBe(MessageKind.Blocked);
        (Asked() - asked).ShouldBe(10 + 2, "ten of them, the question and its answer");
    }

    [StoreFact]
    public async Task Thresholds_and_actions_are_the_bots()
    {
        using var engine = await StartAsync();
        Judge("evil", "violence", 0.6);
        var rule = new ModerationRule
        {
            Action = ModerationAction.Record,
            Categories = new Dictionary<string, CategoryRule> { ["violence"] = new() { Action = ModerationAction.Flag, Threshold = 0.5 }, ["harassment"] = new() { Threshold = 0.9 } },
        };
        var chat = await NewChatAsync("telegram", Moderated with { Moderation = new() { Input = rule, Output = new() { Action = ModerationAction.Ignore } } });

        await chat.SayAsync("an evil plan");
        await DrainAsync(chat);

        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("An answer.");
        var record = (await ModerationsAsync(chat)).ShouldHaveSingleItem();
        (record.Action, record.State).ShouldBe((ModerationAction.Flag, ModerationState.Open));

        // Also where the model then fails.
        _answer = "";
        await chat.SayAsync("an evil plan that gets no answer");
        await DrainAsync(chat);
        (await TurnsAsync(chat))[^1].Reason.ShouldBe("model_empty_answer");
        (await ModerationsAsync(chat)).Select(r => r.Action).ShouldBe([ModerationAction.Flag, ModerationAction.Flag]);
        rule.ActionFor("violence/graphic", 0.5, false).ShouldBe(ModerationAction.Flag);
        rule.ActionFor("violence/graphic", 0.4, true).ShouldBe(ModerationAction.Ignore, "the threshold stands for the endpoint's judgement");
        rule.ActionFor("harassment", 0.95, false).ShouldBe(ModerationAction.Record);
        rule.ActionFor("hate", 0.1, true).ShouldBe(ModerationAction.Record);
    }

    [StoreFact]
    public async Task What_several_workers_find_of_the_same_talk_is_kept_once()
    {
        Judge("rude", "harassment");
        var flags = new ModerationRule { Action = ModerationAction.Flag };
        var connection = _connections.Add("telegram", Moderated with { Moderation = new() { Input = flags } }, new AiSettings());
        var group = await TestChat.OpenAsync(Inbox, isGroup: true, connection: connection);
        var (talk, _) = await group.SayAsync("a rude plan", MessageKind.Overheard);
        foreach (var question in (string[])["what do you think?", "and now?"])
        {
            using var worker = await StartAsync();
            await group.SayAsync(question);
            await DrainAsync(group);
            await worker.StopAsync();
        }

        await _scores.Received(2).ScoreAsync("a rude plan", Arg.Any<int>(), Arg.Any<CancellationToken>());
        (await ModerationsAsync(group)).ShouldHaveSingleItem().MessageId.ShouldBe(talk.Id);
        (await NotesAsync(group)).Count(n => n.Kind == "moderated").ShouldBe(1);
    }

    [StoreFact]
    public async Task The_deployments_words_hold_for_every_bot_and_ask_nobody()
    {
        _settings["Moderation:Words:0"] = "evil plan";
        using var engine = await StartAsync();
        _scores.IsConfigured.Returns(true);
        var chat = await NewChatAsync("telegram");

        await chat.SayAsync("My \u200bÉVIL  plan!");
        await DrainAsync(chat);
        _answer = "Your **evil** plan.";
        await chat.SayAsync("hello");
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.Text).ShouldBe([new ModerationSettings().Refusal, new ModerationSettings().Replacement]);
        await _scores.DidNotReceiveWithAnyArgs().ScoreAsync(default!, default, default);
        (await ModerationsAsync(chat)).ShouldAllBe(r => r.Categories.ContainsKey("word_list"));
    }

    /// <summary>The endpoint objects to texts with this word.</summary>
    private void Judge(string word, string category, double score = 0.97)
    {
        _scores.IsConfigured.Returns(true);
        _scores.ScoreAsync(default!, default, default).ReturnsForAnyArgs(call =>
        {
            var isFlagged = call.Arg<string>().Contains(word, StringComparison.Ordinal);
            return Task.FromResult<IReadOnlyList<CategoryScore>>([new CategoryScore(category, isFlagged ? score : 0.001, isFlagged), new CategoryScore("hate", 0.001, false)]);
        });
    }

    private Task<List<ModerationRecord>> ModerationsAsync(TestChat chat) =>
        ReadAsync(c => c.Moderations.AsNoTracking().Where(m => m.ConversationId == chat.Id).OrderBy(m => m.Id).ToListAsync());
}
