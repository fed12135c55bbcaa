using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What failed for good, what an operator's takeover overtook, and what platforms say about parts whose outcome is not known.</summary>
public abstract class DeadLetterStoreSuite(TestStore store) : StoreSuite(store)
{
    private DeadLetterStore Letters => new(Store.Database);

    private SuggestionStore Suggestions => new(Store.Database, TimeProvider.System);

    private ConversationStore Conversations => new(Store.Database, TimeProvider.System);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [StoreFact]
    public async Task A_replayed_question_waits_behind_what_came_since_and_is_the_next_turn_of_its_own()
    {
        var chat = await ConnectedChatAsync();
        var (letter, question) = await FailedTurnAsync(chat, "Why?");
        var (_, later) = await chat.SayAsync("And then?");

        var again = await ReplayAsync(letter, question, "Why?");

        var lane = await ClaimAsync(chat);
        var waiting = (await LoadAsync(lane)).Pending;
        waiting.Select(m => (m.Text, m.Kind)).ShouldBe([("And then?", MessageKind.Text), ("Why?", MessageKind.Replay)]);
        waiting[1].Id.ShouldBe(again.Id);
        lane.LastSequence.ShouldBe(waiting[1].Sequence);
        waiting[1].Sequence.ShouldBeGreaterThan(later);
        var read = (await Letters.FindAsync(letter, default)).ShouldNotBeNull().View.Letter;
        (read.State, read.ResolvedBy, read.ReplayedAs).ShouldBe((DeadLetterState.Replayed, "tester", again.Id));
        (await NotesAsync(chat)).Select(n => (n.Kind, n.MessageId)).ShouldBe([("replayed", question.Id), ("replay_of", again.Id)]);
        (await AuditAsync(letter)).Select(a => a.Action).ShouldBe(["test"]);
    }

    [StoreFact]
    public async Task A_lane_that_is_held_keeps_its_holder_and_finds_the_replay_afterwards()
    {
        var chat = await ConnectedChatAsync();
        var (letter, question) = await FailedTurnAsync(chat);
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);

        await ReplayAsync(letter, question, "again");

        (await TryClaimAsync(chat, "other")).ShouldBeNull();
        var committed = await CommitAsync(TestChat.Turn(lane, asked));
        committed.Held.ShouldBeTrue();
        (await ReleaseAsync(lane, committed.AnswerSequence)).DueIn.ShouldNotBeNull();
        (await LoadAsync(await ClaimAsync(chat))).Pending.Single().Text.ShouldBe("again");
    }

    [StoreFact]
    public async Task Of_many_replays_at_once_one_is_done()
    {
        var chat = await ConnectedChatAsync();
        var (letter, question) = await FailedTurnAsync(chat);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TryReplayAsync(letter, question))));

        results.Order().ShouldBe(["done", .. Enumerable.Repeat("replayed", 7)]);
        (await MessagesAsync(chat)).Count(m => m.Kind == MessageKind.Replay).ShouldBe(1);
        (await AuditAsync(letter)).Count.ShouldBe(1);
    }

    [StoreFact]
    public async Task What_was_answered_discarded_or_may_not_be_said_is_refused_and_leaves_nothing_behind()
    {
        var chat = await ConnectedChatAsync();
        var (letter, question) = await FailedTurnAsync(chat);
        var rows = (await MessagesAsync(chat)).Count;
        await Conversations.ChangeStateAsync(chat.Id, c => c.HandOff("Ada"), "taken_over", default);
        (await TryReplayAsync(letter, question)).ShouldBe("handed_off");
        await Conversations.ChangeStateAsync(chat.Id, c => c.End(), "ended", default);
        (await TryReplayAsync(letter, question)).ShouldBe("ended");
        await Store.ExecuteAsync($"UPDATE conversations SET state = 0 WHERE id = '{chat.Id.Value.ToString().ToUpperInvariant()}'");
        (await MessagesAsync(chat)).Count.ShouldBe(rows);
        (await AuditAsync(letter)).ShouldBeEmpty();

        await Conversations.AddMessageAsync(Message.ByAgent(chat.Id, chat.Connection, "Ada", "By hand.", Now), [new PartBody(null)], null, null, default);
        (await TryReplayAsync(letter, question)).ShouldBe("answered");

        (await Letters.DiscardAsync(letter, " done by hand ", Audit(letter), default)).ShouldBeTrue();
        (await TryReplayAsync(letter, question)).ShouldBe("discarded");
        var read = (await Letters.FindAsync(letter, default)).ShouldNotBeNull().View.Letter;
        (read.State, read.Resolution).ShouldBe((DeadLetterState.Discarded, "done by hand"));
        await Should.ThrowAsync<DomainException>(() => Letters.DiscardAsync(letter, "twice", Audit(letter), default));
        (await Letters.DiscardAsync(Guid.CreateVersion7(), "reason", Audit(letter), default)).ShouldBeFalse();
        (await AuditAsync(letter)).Count.ShouldBe(1);
        await Should.ThrowAsync<NotFoundException>(() => Letters.ReplayAsync(Guid.CreateVersion7(), Message.Again(question, "x", Now), [], Audit(letter), default));
    }

    [StoreFact]
    public async Task A_discard_needs_a_reason()
    {
        var chat = await ConnectedChatAsync();
        var (letter, _) = await FailedTurnAsync(chat);

        foreach (var reason in new[] { null, "", "  ", new string('x', 501) })
        {
            (await Should.ThrowAsync<DomainException>(() => Letters.DiscardAsync(letter, reason, Audit(letter), default))).Field.ShouldBe("reason");
        }
        (await AuditAsync(letter)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task What_was_not_delivered_is_said_again_behind_what_was_said_since()
    {
        var chat = await ConnectedChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked, "answer", "one", "two", "three");
        var answer = (await CommitAsync(turn)).AnswerSequence;
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Keep, Part = Outcome(turn, 0, PartState.Sent) });
        await CommitAsync(new DeliveryCommit
        {
            Lease = lane.Lease,
            Next = LaneNext.Release,
            DeliveredThrough = answer,
            Part = Outcome(turn, 1, PartState.Failed) with { Error = "http_400", FailsRest = true, DeadLetter = true },
        });
        await ConverseAsync(chat);
        var record = (await Letters.FindAsync((await LetterAsync(chat)).Id, default)).ShouldNotBeNull();
        record.FailedParts.Select(p => p.Body).ShouldBe(["two", "three"]);

        var again = Message.Resent(record.Message, "two\n\nthree", Now);
        await Letters.ReplayAsync(record.View.Letter.Id, again, [.. record.FailedParts.Select(p => new PartBody(p.Body))], Audit(record.View.Letter.Id), default);

        lane = await ClaimAsync(chat);
        lane.HasInbound.ShouldBeFalse();
        (await LoadAsync(lane)).OpenParts.Select(p => (p.MessageId, p.Text, p.Attempts)).ShouldBe([(again.Id, "two", 0), (again.Id, "three", 0)]);
        var stored = (await MessagesAsync(chat)).Single(m => m.Id == again.Id);
        (stored.Author, stored.TurnId, stored.AnswersSequence, stored.ReplayOf).ShouldBe((MessageAuthor.Bot, turn.TurnId, asked, turn.AnswerId));
    }

    [StoreFact]
    public async Task Lists_follow_the_filter_and_their_pages_leave_no_gap()
    {
        var chat = await ConnectedChatAsync();
        var other = await ConnectedChatAsync();
        var letters = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            letters.Add((await FailedTurnAsync(chat, $"{i}")).Letter);
        }
        await FailedTurnAsync(other);
        await Letters.DiscardAsync(letters[2], "reason", Audit(letters[2]), default);
        var bot = (await ConversationAsync(chat)).BotId;

        (await PagesAsync(new DeadLetterFilter(Conversation: chat.Id), oldestFirst: true)).Order().ShouldBe(letters.Order());
        (await PagesAsync(new DeadLetterFilter(Conversation: chat.Id), oldestFirst: false)).Order().ShouldBe(letters.Order());
        (await PagesAsync(new DeadLetterFilter(Connection: chat.Connection, State: DeadLetterState.Open), oldestFirst: true)).Count.ShouldBe(4);
        (await PagesAsync(new DeadLetterFilter(Bot: bot, State: DeadLetterState.Discarded), oldestFirst: true)).ShouldBe([letters[2]]);
        (await PagesAsync(new DeadLetterFilter(Bot: bot, Reason: "model_rejected"), oldestFirst: true)).Count.ShouldBe(5);
        (await PagesAsync(new DeadLetterFilter(Bot: bot, Reason: "other"), oldestFirst: true)).ShouldBeEmpty();
        (await PagesAsync(new DeadLetterFilter(Bot: bot, From: Now.AddHours(-1), To: Now.AddHours(1)), oldestFirst: true)).Count.ShouldBe(5);
        (await PagesAsync(new DeadLetterFilter(Bot: bot, To: Now.AddHours(-1)), oldestFirst: true)).ShouldBeEmpty();
        (await PagesAsync(new DeadLetterFilter(Bot: bot, From: Now.AddHours(1)), oldestFirst: true)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task The_parts_that_a_takeover_withdraws_are_kept_as_a_suggestion_and_stay_one_after_it()
    {
        var chat = await ConnectedChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked, "answer", "one", "two", "three");
        await CommitAsync(turn);
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Keep, Part = Outcome(turn, 0, PartState.Sent) });

        await Conversations.ChangeStateAsync(chat.Id, c => c.HandOff("Ada"), "taken_over", default);
        await Conversations.ChangeStateAsync(chat.Id, c => c.Resume(), null, default);

        var suggestion = (await Suggestions.ListAsync(chat.Id, null, new PageRequest(10, null), default)).Items.ShouldHaveSingleItem();
        (suggestion.Text, suggestion.State, suggestion.AnswersSequence, suggestion.TurnId).ShouldBe(("two\n\nthree", SuggestionState.Open, asked, turn.TurnId));
        (await LaneAsync(chat)).ShouldSatisfyAllConditions(l => l.DeliveredSequence.ShouldBe(l.OutboundSequence));
        await Store.ElapseAsync(chat.Id, TimeSpan.FromSeconds(10));
        (await LoadAsync(await ClaimAsync(chat))).OpenParts.ShouldBeEmpty("nothing is sent after it");
        (await NotesAsync(chat)).Select(n => n.Kind).ShouldContain("suggested");
    }

    [StoreFact]
    public async Task Ending_a_conversation_and_withdrawing_an_apology_leave_no_suggestion()
    {
        var ended = await ConnectedChatAsync();
        var (_, asked) = await ended.SayAsync();
        await CommitAsync(TestChat.Turn(await ClaimAsync(ended), asked));
        await Conversations.ChangeStateAsync(ended.Id, c => c.End(), "ended", default);
        var sorry = await ConnectedChatAsync();
        (_, asked) = await sorry.SayAsync();
        await CommitAsync(TestChat.Turn(await ClaimAsync(sorry), asked, "Sorry") with { State = TurnState.Failed });
        await Conversations.ChangeStateAsync(sorry.Id, c => c.HandOff("Ada"), "taken_over", default);

        foreach (var chat in new[] { ended, sorry })
        {
            (await Suggestions.ListAsync(chat.Id, null, new PageRequest(10, null), default)).Items.ShouldBeEmpty();
        }
    }

    [StoreFact]
    public async Task An_answer_is_kept_when_an_operator_overtook_it_and_not_when_another_worker_did()
    {
        var chat = await ConnectedChatAsync();
        var (_, asked) = await chat.SayAsync();
        var turn = TestChat.Turn(await ClaimAsync(chat), asked, "generated");
        Suggestion Overtaken() => new(chat.Id, turn.TurnId, asked, "generated", Now);
        (await Suggestions.KeepAsync(Overtaken(), default)).ShouldBeFalse("nobody took over");

        await Conversations.ChangeStateAsync(chat.Id, c => c.HandOff("Ada"), "taken_over", default);
        (await CommitAsync(turn)).Held.ShouldBeFalse();
        var kept = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Suggestions.KeepAsync(Overtaken(), default))));

        kept.Count(k => k).ShouldBe(1);

        // Resumed at once: the bot answers the question itself, and then nothing is suggested.
        var quick = await ConnectedChatAsync();
        (_, asked) = await quick.SayAsync();
        await ClaimAsync(quick);
        await Conversations.ChangeStateAsync(quick.Id, c => c.HandOff("Ada"), "taken_over", default);
        await Conversations.ChangeStateAsync(quick.Id, c => c.Resume(), null, default);
        await Store.ElapseAsync(quick.Id, TimeSpan.FromSeconds(10));
        (await CommitAsync(TestChat.Turn(await ClaimAsync(quick), asked))).Held.ShouldBeTrue();
        (await Suggestions.KeepAsync(new Suggestion(quick.Id, Guid.CreateVersion7(), asked, "late", Now), default)).ShouldBeFalse();
    }

    [StoreFact]
    public async Task A_suggestion_is_sent_or_dismissed_once_and_only_in_its_conversation()
    {
        var chat = await ConnectedChatAsync();
        var stranger = await ConnectedChatAsync();
        var suggestion = await SuggestedAsync(chat);
        (await Suggestions.FindAsync(stranger.Id, suggestion.Id, default)).ShouldBeNull();
        (await Suggestions.DismissAsync(stranger.Id, suggestion.Id, "Ada", null, default)).ShouldBeNull();
        (await Conversations.AddMessageAsync(Message.ByAgent(stranger.Id, stranger.Connection, "Ada", "x", Now), [new PartBody(null)], suggestion.Id, null, default)).ShouldBeFalse();

        var sent = Message.ByAgent(chat.Id, chat.Connection, "Ada", "edited", Now, suggestion.AnswersSequence);
        (await Conversations.AddMessageAsync(sent, [new PartBody(null)], suggestion.Id, null, default)).ShouldBeTrue();

        var read = (await Suggestions.FindAsync(chat.Id, suggestion.Id, default)).ShouldNotBeNull();
        (read.State, read.SentAs, read.ResolvedBy).ShouldBe((SuggestionState.Sent, sent.Id, "Ada"));
        var twice = Message.ByAgent(chat.Id, chat.Connection, "Ada", "twice", Now);
        await Should.ThrowAsync<DomainException>(() => Conversations.AddMessageAsync(twice, [new PartBody(null)], suggestion.Id, null, default));
        await Should.ThrowAsync<DomainException>(() => Suggestions.DismissAsync(chat.Id, suggestion.Id, "Ada", null, default));
        (await MessagesAsync(chat)).Count(m => m.Author == MessageAuthor.Agent).ShouldBe(1);
        (await NotesAsync(chat)).Select(n => n.Kind).ShouldContain("suggestion_sent");
        var other = await SuggestedAsync(stranger);
        (await Suggestions.DismissAsync(stranger.Id, other.Id, "Ada", null, default)).ShouldNotBeNull().State.ShouldBe(SuggestionState.Dismissed);
        (await Suggestions.ListAsync(stranger.Id, SuggestionState.Open, new PageRequest(10, null), default)).Items.ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_receipt_with_a_reference_settles_a_part_before_and_after_its_outcome_is_saved()
    {
        var chat = await ConnectedChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked, "answer", "one", "two", "three");
        await CommitAsync(turn);
        // The first is not saved yet, the second is known to be unknown, the third is nobody's business.
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Keep, Part = Outcome(turn, 1, PartState.Unknown) with { Error = "connection_broken" } });

        await RecordAsync(chat, turn, 0, PartState.Delivered, "p-0");
        await RecordAsync(chat, turn, 1, PartState.Sent, "p-1");
        await Inbox.RecordAsync(new ConnectionId(Guid.CreateVersion7()), [Receipt(chat, turn, 2, PartState.Delivered, "p-2")], default);

        var parts = await PartsAsync(chat);
        parts.Select(p => (p.State, p.PlatformMessageId, p.Error)).ShouldBe([(PartState.Delivered, "p-0", null), (PartState.Sent, "p-1", null), (PartState.Pending, null, null)]);
        parts[0].ShouldSatisfyAllConditions(p => p.SentAt.ShouldNotBeNull(), p => p.DeliveredAt.ShouldNotBeNull());
        (await NotesAsync(chat)).Where(n => n.Kind == "part_reconciled").Select(n => (n.MessageId, n.Detail)).ShouldBe([(turn.AnswerId, "part 1")]);
        // The outcome that comes late changes nothing, and neither does an older status.
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Keep, Part = Outcome(turn, 0, PartState.Unknown) with { Error = "late" } });
        await RecordAsync(chat, turn, 0, PartState.Sent, "p-9");
        await RecordAsync(chat, turn, 0, PartState.Failed, "p-9");
        (await PartsAsync(chat))[0].ShouldSatisfyAllConditions(p => p.State.ShouldBe(PartState.Delivered), p => p.PlatformMessageId.ShouldBe("p-0"));
        (await ReleaseAsync(lane)).Held.ShouldBeTrue();
        (await LoadAsync(await ClaimAsync(chat))).OpenParts.Select(p => p.Text).ShouldBe(["three"]);
    }

    [StoreFact]
    public async Task A_part_that_may_arrive_twice_is_marked()
    {
        var chat = await ConnectedChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked);
        await CommitAsync(turn);

        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Keep, Part = Outcome(turn, 0, PartState.Sent) with { MayRepeat = true } });

        (await NotesAsync(chat)).Select(n => (n.Kind, n.MessageId, n.Detail)).ShouldBe([("part_resent", turn.AnswerId, "part 0: may have been delivered twice")]);
    }

    private async Task<TestChat> ConnectedChatAsync()
    {
        var bot = new Bot("Bot", new AiSettings(), new ProcessingSettings(), Now);
        var connection = new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Test", "{}", "", Now);
        await using var context = Store.CreateContext();
        context.AddRange(bot, connection);
        await context.SaveChangesAsync();
        return await TestChat.OpenAsync(Inbox, connection: connection.Id);
    }

    private async Task<(Guid Letter, Message Question)> FailedTurnAsync(TestChat chat, string text = "question")
    {
        var (message, asked) = await chat.SayAsync(text);
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked, "Sorry") with { State = TurnState.Failed, Reason = "model_rejected", DeadLetterOf = message.Id, MessageId = message.Id };
        var committed = await CommitAsync(turn);
        (await ReleaseAsync(lane, committed.AnswerSequence)).Held.ShouldBeTrue();
        var letter = await ReadAsync(c => c.DeadLetters.SingleAsync(d => d.MessageId == message.Id));
        return (letter.Id, (await MessagesAsync(chat)).Single(m => m.Id == message.Id));
    }

    private async Task<Suggestion> SuggestedAsync(TestChat chat)
    {
        var (_, asked) = await chat.SayAsync();
        await CommitAsync(TestChat.Turn(await ClaimAsync(chat), asked, "suggested"));
        await Conversations.ChangeStateAsync(chat.Id, c => c.HandOff("Ada"), "taken_over", default);
        return (await Suggestions.ListAsync(chat.Id, null, new PageRequest(10, null), default)).Items.ShouldHaveSingleItem();
    }

    private async Task<Message> ReplayAsync(Guid letter, Message question, string text)
    {
        var again = Message.Again(question, text, Now);
        await Letters.ReplayAsync(letter, again, [], Audit(letter), default);
        return again;
    }

    private async Task<string> TryReplayAsync(Guid letter, Message question)
    {
        try
        {
            await ReplayAsync(letter, question, "again");
            return "done";
        }
        catch (ReplayRefusedException e)
        {
            return e.Reason;
        }
    }

    private async Task<List<Guid>> PagesAsync(DeadLetterFilter filter, bool oldestFirst)
    {
        var seen = new List<Guid>();
        for (string? cursor = null; ;)
        {
            var page = await Letters.ListAsync(filter, oldestFirst, new PageRequest(2, cursor), default);
            seen.AddRange(page.Items.Select(v => v.Letter.Id));
            if ((cursor = page.NextCursor) is null)
            {
                seen.ShouldBe(oldestFirst ? seen.Order() : seen.OrderDescending());
                return seen;
            }
        }
    }

    private Task<DeadLetter> LetterAsync(TestChat chat) => ReadAsync(c => c.DeadLetters.SingleAsync(d => d.ConversationId == chat.Id));

    private Task<List<AuditEntry>> AuditAsync(Guid letter)
    {
        var subject = letter.ToString();
        return ReadAsync(c => c.AuditLog.AsNoTracking().Where(a => a.SubjectId == subject).ToListAsync());
    }

    private Task<int> RecordAsync(TestChat chat, TurnCommit turn, int ordinal, PartState state, string platformId) =>
        Inbox.RecordAsync(chat.Connection, [Receipt(chat, turn, ordinal, state, platformId)], default);

    private static DeliveryReceipt Receipt(TestChat chat, TurnCommit turn, int ordinal, PartState state, string platformId) => new()
    {
        PlatformId = $"r-{Guid.NewGuid()}",
        Chat = chat.Address.Chat,
        PartPlatformId = platformId,
        State = state,
        Reference = new PartReference(turn.AnswerId, ordinal),
    };

    private static PartOutcome Outcome(TurnCommit turn, int ordinal, PartState state) => new() { MessageId = turn.AnswerId, Ordinal = ordinal, State = state };

    private static AuditEntry Audit(Guid letter) =>
        new() { Id = Guid.CreateVersion7(), At = Now, Actor = "tester", Action = "test", SubjectType = "dead_letter", SubjectId = letter.ToString(), Detail = "{}" };
}
