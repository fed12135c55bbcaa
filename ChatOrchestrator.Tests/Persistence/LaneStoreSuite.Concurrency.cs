using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Several workers at once.</summary>
public abstract partial class LaneStoreSuite
{
    [StoreFact]
    public async Task Each_lane_goes_to_one_of_many_claimers()
    {
        const int Claimers = 8, Chats = 200;
        var chats = new List<TestChat>();
        for (var i = 0; i < Chats; i++)
        {
            chats.Add(await NewChatAsync());
        }
        await Inbox.AppendAsync([.. chats.Select(c => c.Message())], default);
        var stores = Enumerable.Range(0, Claimers).Select(_ => Store.Another().Lanes).ToArray();
        var claims = new ConcurrentBag<ConversationId>();

        await Task.WhenAll(stores.Select((lanes, n) => Task.Run(async () =>
        {
            // An empty answer may only mean that another holds the locks of what is left.
            for (var empty = 0; empty < 3;)
            {
                var claimed = await lanes.ClaimAsync($"worker-{n}", 7, Lease, default);
                empty = claimed.Count == 0 ? empty + 1 : 0;
                foreach (var lane in claimed)
                {
                    claims.Add(lane.Conversation);
                }
            }
        }))).WaitAsync(Deadline);

        var mine = chats.Select(c => c.Id).ToHashSet();
        var got = claims.Where(mine.Contains).ToArray();
        got.Length.ShouldBe(got.Distinct().Count(), "no lane is claimed twice");
        got.Length.ShouldBe(Chats);
    }

    [StoreFact]
    public async Task A_message_that_arrives_while_its_lane_is_released_is_never_left_lying()
    {
        var other = Store.Another().Inbox;
        var chat = await NewChatAsync();
        for (var round = 0; round < 200; round++)
        {
            var (_, asked) = await chat.SayAsync();
            var lane = await ClaimAsync(chat);
            (await CommitAsync(TestChat.Turn(lane, asked, answer: null))).Held.ShouldBeTrue();

            var appended = Task.Run(() => other.AppendAsync([chat.Message()], default));
            var released = Task.Run(() => ReleaseAsync(lane));
            await Task.WhenAll(appended, released).WaitAsync(Deadline);

            var next = (await TryClaimAsync(chat)).ShouldNotBeNull($"round {round}: the lane is due");
            next.LastSequence.ShouldBe((await appended)[0].Sequence);
            await CommitAsync(TestChat.Turn(next, next.LastSequence, answer: null));
            (await ReleaseAsync(next)).DueIn.ShouldBeNull();
        }
    }

    [StoreFact]
    public async Task A_turn_and_an_interrupt_at_the_same_time_leave_no_part_to_be_sent()
    {
        var other = Store.Another().Lanes;
        var chat = await NewChatAsync();
        for (var round = 0; round < 50; round++)
        {
            var (_, asked) = await chat.SayAsync();
            var lane = await ClaimAsync(chat);
            var turn = TestChat.Turn(lane, asked, "answer", "one", "two");
            var command = (await chat.SayAsync("/stop", MessageKind.Command)).Sequence;

            var committed = Task.Run(() => CommitAsync(turn));
            var interrupted = Task.Run(() => other.InterruptAsync(chat.Id, command, "stop", default));
            await Task.WhenAll(committed, interrupted).WaitAsync(Deadline);

            (await PartsAsync(chat)).ShouldAllBe(p => p.State == PartState.Cancelled);
            var turns = (await TurnsAsync(chat)).Where(t => t.ThroughSequence == asked).ToArray();
            turns.Single().State.ShouldBe((await committed).Held ? TurnState.Answered : TurnState.Cancelled);
            var next = await ClaimAsync(chat);
            await CommitAsync(TestChat.Turn(next, command, answer: null));
            await ReleaseAsync(next, next.OutboundSequence);
        }
    }

    [StoreFact]
    public async Task Of_two_holders_of_one_lane_only_the_later_saves_its_turn()
    {
        var other = Store.Another().Lanes;
        for (var round = 0; round < 30; round++)
        {
            var chat = await NewChatAsync();
            var (_, asked) = await chat.SayAsync();
            var old = await ClaimAsync(chat);
            await Store.ElapseAsync(chat.Id, Lease);

            var late = Task.Run(() => CommitAsync(TestChat.Turn(old, asked, "old")));
            var taken = Task.Run(async () => (await other.ClaimAsync("heir", 10_000, Lease, default)).SingleOrDefault(l => l.Conversation == chat.Id));
            await Task.WhenAll(late, taken).WaitAsync(Deadline);

            // The claim passes over a lane whose row is locked in that instant; then the old holder had it.
            var heir = await taken ?? await ClaimAsync(chat);
            var saved = heir.HasInbound && (await other.CommitTurnsAsync([TestChat.Turn(heir, asked, "new")], default))[0].Held;
            saved.ShouldBe(!(await late).Held);
            (await MessagesAsync(chat)).Count(m => m.Author == MessageAuthor.Bot).ShouldBe(1);
        }
    }

    [StoreFact]
    public async Task Workers_and_writers_together_answer_every_message_once_and_in_order()
    {
        const int Workers = 4, Chats = 10, Messages = 15;
        var chats = await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => NewChatAsync()));
        var mine = chats.Select(c => c.Id).ToHashSet();
        var left = Chats * Messages;
        using var deadline = new CancellationTokenSource(Deadline);

        var writers = Enumerable.Range(0, 3).Select(w => (Store.Another().Inbox, w)).Select(x => Task.Run(async () =>
        {
            for (var i = x.w; i < Messages; i += 3)
            {
                await x.Inbox.AppendAsync([.. chats.Select(c => c.Message($"{i}"))], deadline.Token);
            }
        }));
        var workers = Enumerable.Range(0, Workers).Select(n => (Store.Another().Lanes, n)).Select(x => Task.Run(async () =>
        {
            while (Volatile.Read(ref left) > 0)
            {
                var claimed = await x.Lanes.ClaimAsync($"w{x.n}", 5, Lease, deadline.Token);
                var contents = await x.Lanes.LoadAsync([.. claimed.Select(l => new LaneQuery(l, 1, 5))], deadline.Token);
                var work = claimed.Zip(contents).Where(c => mine.Contains(c.First.Conversation) && c.Second.Pending.Count > 0).ToArray();
                var turns = work.Select(w => TestChat.Turn(w.First, w.Second.Pending[0].Sequence, "re: " + w.Second.Pending[0].Text)).ToArray();
                var answers = await x.Lanes.CommitTurnsAsync(turns, deadline.Token);
                answers.ShouldAllBe(a => a.Held);
                var done = await x.Lanes.CommitDeliveriesAsync(
                    [.. turns.Zip(answers).Select(t => new DeliveryCommit
                    {
                        Lease = t.First.Lease,
                        Part = new PartOutcome { MessageId = t.First.AnswerId, Ordinal = 0, State = PartState.Sent },
                        DeliveredThrough = t.Second.AnswerSequence,
                        Next = LaneNext.Release,
                    })],
                    deadline.Token);
                done.ShouldAllBe(d => d.Held);
                Interlocked.Add(ref left, -turns.Length);
            }
        }));
        await Task.WhenAll(writers.Concat(workers));

        foreach (var chat in chats)
        {
            var messages = await MessagesAsync(chat);
            var questions = messages.Where(m => m.Author == MessageAuthor.Participant).ToArray();
            questions.Length.ShouldBe(Messages);
            messages.Where(m => m.Author == MessageAuthor.Bot).Select(m => (m.Text, m.AnswersSequence))
                .ShouldBe(questions.Select(q => ($"re: {q.Text}", (long?)q.Sequence)));
            (await LaneAsync(chat)).DueAt.ShouldBeNull();
        }
    }
}
