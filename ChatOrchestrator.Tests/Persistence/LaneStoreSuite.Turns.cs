using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Turn commits.</summary>
public abstract partial class LaneStoreSuite
{
    [StoreFact]
    public async Task A_turn_saves_answer_parts_usage_and_moves_the_lane_in_one_commit()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var turn = TestChat.Turn(lane, asked, "**bold**") with
        {
            Parts = [new PartBody("<b>bold</b>", "HTML", "bold"), new PartBody(null)],
            Model = "gpt",
            PromptVersion = 3,
            InputTokens = 11,
            OutputTokens = 22,
            CostNanos = 9_000_000_000,
            Attempt = 2,
            StartedAt = started,
            FirstTokenAt = started.AddSeconds(1),
            EndedAt = started.AddSeconds(2),
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };

        var committed = await CommitAsync(turn);

        committed.Held.ShouldBeTrue();
        var answer = (await MessagesAsync(chat))[1];
        (answer.Id, answer.Sequence, answer.Text, answer.Author, answer.AnswersSequence, answer.TurnId, answer.ConnectionId, answer.TraceParent)
            .ShouldBe((turn.AnswerId, committed.AnswerSequence, "**bold**", MessageAuthor.Bot, asked, turn.TurnId, chat.Connection, turn.TraceParent));
        var stored = (await TurnsAsync(chat)).Single();
        (stored.Id, stored.FromSequence, stored.ThroughSequence, stored.State, stored.Model, stored.PromptVersion).ShouldBe((turn.TurnId, asked, asked, TurnState.Answered, "gpt", 3));
        (stored.InputTokens, stored.OutputTokens, stored.CostNanos, stored.Attempt, stored.Worker).ShouldBe((11, 22, 9_000_000_000, 2, "worker"));
        (stored.StartedAt, stored.FirstTokenAt, stored.EndedAt).ShouldBe((turn.StartedAt, turn.FirstTokenAt, turn.EndedAt));
        (await PartsAsync(chat)).Select(p => (p.Ordinal, p.Body, p.Format, p.PlainBody, p.State, p.Attempts))
            .ShouldBe([(0, "<b>bold</b>", "HTML", "bold", PartState.Pending, 0), (1, null, null, null, PartState.Pending, 0)]);
        var row = await LaneAsync(chat);
        (row.HandledSequence, row.OutboundSequence, row.DeliveredSequence, row.LeaseOwner).ShouldBe((asked, committed.AnswerSequence, 0, "worker"));
    }

    [StoreFact]
    public async Task A_turn_that_is_committed_twice_is_saved_once()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var turn = TestChat.Turn(await ClaimAsync(chat), asked);

        (await CommitAsync(turn)).Held.ShouldBeTrue();
        (await CommitAsync(turn)).Held.ShouldBeFalse();

        (await MessagesAsync(chat)).Count.ShouldBe(2);
        (await TurnsAsync(chat)).Count.ShouldBe(1);
        (await PartsAsync(chat)).Count.ShouldBe(1);
    }

    [StoreFact]
    public async Task A_saved_answer_is_found_by_whoever_takes_the_lane_over()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var turn = TestChat.Turn(await ClaimAsync(chat), asked, "whole answer") with { Parts = [new PartBody(null), new PartBody("<i>b</i>", "HTML", "b")] };
        var committed = await CommitAsync(turn);
        await Store.ElapseAsync(chat.Id, Lease);

        var heir = await ClaimAsync(chat);

        (heir.HasInbound, heir.HasOutbound).ShouldBe((false, true));
        var content = await LoadAsync(heir);
        content.Pending.ShouldBeEmpty();
        var wrote = (await MessagesAsync(chat))[0].CreatedAt;
        content.OpenParts.ShouldBe([
            new OpenPart(turn.AnswerId, committed.AnswerSequence, 0, "whole answer", null, null, PartState.Pending, 0) { LastInboundAt = wrote },
            new OpenPart(turn.AnswerId, committed.AnswerSequence, 1, "<i>b</i>", "HTML", "b", PartState.Pending, 0) { LastInboundAt = wrote },
        ]);
    }

    [StoreFact]
    public async Task A_batch_commits_each_turn_on_its_own()
    {
        var chats = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => NewChatAsync()));
        await Inbox.AppendAsync([.. chats.Select(c => c.Message())], default);
        var lanes = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).ToDictionary(l => l.Conversation);
        var turns = chats.Select((c, i) =>
        {
            var lane = lanes[c.Id];
            var turn = TestChat.Turn(lane, lane.LastSequence, i % 3 == 0 ? null : $"answer {i}", [.. Enumerable.Range(0, i % 4 + 1).Select(n => $"{i}.{n}")]);
            return i % 5 == 0 ? turn with { Lease = turn.Lease with { Token = turn.Lease.Token - 1 } } : turn;
        }).ToArray();

        var results = await Lanes.CommitTurnsAsync(turns, default);

        for (var i = 0; i < chats.Length; i++)
        {
            results[i].Held.ShouldBe(i % 5 != 0);
            (results[i].AnswerSequence > 0).ShouldBe(i % 5 != 0 && i % 3 != 0);
            (await PartsAsync(chats[i])).Select(p => p.Body).ShouldBe(results[i].AnswerSequence > 0 ? Enumerable.Range(0, i % 4 + 1).Select(n => (string?)$"{i}.{n}") : []);
        }
    }

    [StoreFact]
    public async Task A_silent_turn_leaves_nothing_to_send()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);

        (await CommitAsync(TestChat.Turn(lane, asked, answer: null) with { Reason = "handed_off" })).ShouldBe(new TurnCommitted(true, 0));

        (await TurnsAsync(chat)).Single().Reason.ShouldBe("handed_off");
        (await ReleaseAsync(lane)).DueIn.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_turn_ends_its_failed_attempts()
    {
        var chat = await NewChatAsync();
        var (message, asked) = await chat.SayAsync();
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var lane = await ClaimAsync(chat);
            lane.Attempts.ShouldBe(attempt - 1);
            await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = Lease, Failure = new FailedAttempt(message.Id, "model_timed_out") });
            await Store.ElapseAsync(chat.Id, Lease);
        }

        var last = await ClaimAsync(chat);
        last.Attempts.ShouldBe(2);
        await CommitAsync(TestChat.Turn(last, asked));

        (await LaneAsync(chat)).Attempts.ShouldBe(0);
        (await NotesAsync(chat)).Select(n => (n.Kind, n.MessageId, n.Detail)).ShouldBe(Enumerable.Repeat(("turn_failed", message.Id, (string?)"model_timed_out"), 2));
    }

    [StoreFact]
    public async Task A_turn_that_failed_for_good_is_a_dead_letter()
    {
        var chat = await NewChatAsync();
        var (message, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);

        await CommitAsync(TestChat.Turn(lane, asked, "Sorry.") with { State = TurnState.Failed, Reason = "model_rejected", Attempt = 4, DeadLetterOf = message.Id, TakenOverFrom = "dead", MessageId = message.Id });

        var letter = await ReadAsync(c => c.DeadLetters.SingleAsync(d => d.ConversationId == chat.Id));
        (letter.MessageId, letter.Stage, letter.Reason, letter.Attempts, letter.State).ShouldBe((message.Id, "turn", "model_rejected", 4, DeadLetterState.Open));
        var note = (await NotesAsync(chat)).Single();
        (note.Kind, note.MessageId, note.Detail).ShouldBe(("taken_over", message.Id, "from dead"));
    }

    [StoreFact]
    public async Task A_refused_turn_leaves_no_dead_letter_and_forgets_nothing()
    {
        var chat = await NewChatAsync();
        var (message, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await Lanes.InterruptAsync(chat.Id, asked, "stop", default);

        (await CommitAsync(TestChat.Turn(lane, asked) with { DeadLetterOf = message.Id, Forget = true, TakenOverFrom = "x" })).Held.ShouldBeFalse();

        (await ReadAsync(c => c.DeadLetters.AnyAsync(d => d.ConversationId == chat.Id))).ShouldBeFalse();
        (await ConversationAsync(chat)).ForgottenThrough.ShouldBe(0);
        (await NotesAsync(chat)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_turn_reopens_a_conversation_that_had_ended()
    {
        var chat = await NewChatAsync();
        await ReadAsync(c => c.Conversations.Where(x => x.Id == chat.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.State, ConversationState.Ended)));
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        lane.State.ShouldBe(ConversationState.Ended);

        await CommitAsync(TestChat.Turn(lane, asked) with { Reopen = true });

        (await ConversationAsync(chat)).State.ShouldBe(ConversationState.Active);
    }

    [StoreFact]
    public async Task A_turn_in_a_conversation_that_was_deleted_is_refused()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await DeleteAsync(chat);

        (await CommitAsync(TestChat.Turn(lane, asked))).Held.ShouldBeFalse();
        (await ReleaseAsync(lane)).Held.ShouldBeFalse();
        (await Lanes.RenewAsync([lane.Lease], Lease, default)).ShouldBeEmpty();
    }
}
