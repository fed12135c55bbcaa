using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What waits in a lane, and the history before it.</summary>
public abstract partial class LaneStoreSuite
{
    [StoreFact]
    public async Task An_answer_stands_behind_its_question_whatever_arrived_in_between()
    {
        var chat = await NewChatAsync();
        var sequences = (await Inbox.AppendAsync([.. Enumerable.Range(1, 4).Select(i => chat.Message($"q{i}"))], default)).Select(r => r.Sequence).ToArray();

        // One message per turn: the answers are stored behind all questions.
        for (var i = 0; i < 3; i++)
        {
            var lane = await ClaimAsync(chat);
            var content = await LoadAsync(lane, maxPending: 1);
            content.Pending.Single().Text.ShouldBe($"q{i + 1}");
            content.History.Select(m => m.Text).ShouldBe(Enumerable.Range(1, i).SelectMany(n => new[] { $"q{n}", $"a{n}" }));
            var committed = await CommitAsync(TestChat.Turn(lane, sequences[i], $"a{i + 1}"));
            (await ReleaseAsync(lane, committed.AnswerSequence)).DueIn.ShouldNotBeNull();
        }
        await chat.SayAsync("q5");

        var last = await LoadAsync(await ClaimAsync(chat));

        last.Pending.Select(m => m.Text).ShouldBe(["q4", "q5"]);
        last.History.Select(m => m.Text).ShouldBe(["q1", "a1", "q2", "a2", "q3", "a3"]);
        last.History[1].ShouldSatisfyAllConditions(
            m => m.Author.ShouldBe(MessageAuthor.Bot),
            m => m.AnswersSequence.ShouldBe(sequences[0]));
    }

    [StoreFact]
    public async Task No_more_is_loaded_than_asked_for_the_oldest_that_wait_and_the_latest_before()
    {
        var chat = await NewChatAsync();
        for (var i = 1; i <= 6; i++)
        {
            await ConverseAsync(chat, $"q{i}", $"a{i}");
        }
        await Inbox.AppendAsync([.. Enumerable.Range(1, 1_000).Select(i => chat.Message($"p{i}"))], default);
        var lane = await ClaimAsync(chat);

        var content = await LoadAsync(lane, maxPending: 1, maxHistory: 3);
        content.Pending.Select(m => m.Text).ShouldBe(["p1"]);
        content.History.Select(m => m.Text).ShouldBe(["a5", "q6", "a6"]);

        (await LoadAsync(lane, maxPending: 1_000, maxHistory: 0)).ShouldSatisfyAllConditions(
            c => c.Pending.Select(m => m.Text).ShouldBe(Enumerable.Range(1, 1_000).Select(i => $"p{i}")),
            c => c.History.ShouldBeEmpty());
    }

    [StoreFact]
    public async Task Lanes_are_loaded_in_the_order_given()
    {
        var chats = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => NewChatAsync()));
        await Inbox.AppendAsync([.. chats.SelectMany((c, i) => Enumerable.Range(0, i).Select(n => c.Message($"{i}.{n}")))], default);
        var claimed = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).ToDictionary(l => l.Conversation);

        var contents = await Lanes.LoadAsync([.. chats.Skip(1).Reverse().Select(c => new LaneQuery(claimed[c.Id], 3, 10))], default);

        contents.Select(c => c.Pending.Count).ShouldBe([3, 3, 3, 2, 1]);
        contents.SelectMany(c => c.Pending).Select(m => m.Text).ShouldBe(["5.0", "5.1", "5.2", "4.0", "4.1", "4.2", "3.0", "3.1", "3.2", "2.0", "2.1", "1.0"]);
        (await Lanes.LoadAsync([], default)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task What_was_forgotten_is_not_loaded_nor_are_the_answers_to_it()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat, "secret", "I will keep it");

        // The answer to a question before /reset may be saved behind the command.
        var asked = (await chat.SayAsync("another secret")).Sequence;
        var lane = await ClaimAsync(chat);
        var reset = (await chat.SayAsync("/reset", MessageKind.Command)).Sequence;
        var late = await CommitAsync(TestChat.Turn(lane, asked, "too late"));
        await ReleaseAsync(lane, late.AnswerSequence);
        lane = await ClaimAsync(chat);
        var done = await CommitAsync(TestChat.Turn(lane, reset, "Forgotten.") with { Forget = true });
        await ReleaseAsync(lane, done.AnswerSequence);
        (await ConversationAsync(chat)).ForgottenThrough.ShouldBe(reset);

        await chat.SayAsync("new");
        lane = await ClaimAsync(chat);
        (await LoadAsync(lane)).History.ShouldBeEmpty();
        var answered = await CommitAsync(TestChat.Turn(lane, lane.LastSequence, "fresh"));
        await ReleaseAsync(lane, answered.AnswerSequence);

        await chat.SayAsync("newer");
        (await LoadAsync(await ClaimAsync(chat))).History.Select(m => m.Text).ShouldBe(["new", "fresh"]);
    }

    [StoreFact]
    public async Task A_group_s_messages_come_with_their_authors_names_and_the_talk_around_them()
    {
        var group = await NewChatAsync(isGroup: true);
        var other = (await Inbox.ResolveAsync([group.Address with { Author = new InboundAuthor("bob", "Bob") }], default))[0];
        await Inbox.AppendAsync([group.Message("lunch?", MessageKind.Overheard), group.Message("yes", MessageKind.Overheard) with { Participant = other.Participant }, group.Message("@bot where?")], default);
        var lane = await ClaimAsync(group);

        var content = await LoadAsync(lane);

        content.History.Select(m => (m.Text, m.AuthorName)).ShouldBe([("lunch?", group.Address.Author.DisplayName), ("yes", "Bob")]);
        content.Pending.Single().AuthorName.ShouldBe(group.Address.Author.DisplayName);
        var alone = await NewChatAsync();
        await alone.SayAsync();
        (await LoadAsync(await ClaimAsync(alone))).Pending.Single().AuthorName.ShouldBeNull();
    }

    [StoreFact]
    public async Task Talk_that_came_while_a_question_was_answered_is_in_the_history_of_the_next()
    {
        var group = await NewChatAsync(isGroup: true);
        var (_, asked) = await group.SayAsync("q1");
        var lane = await ClaimAsync(group);
        await group.SayAsync("talk", MessageKind.Overheard);
        var committed = await CommitAsync(TestChat.Turn(lane, asked, "a1"));
        await group.SayAsync("more talk", MessageKind.Overheard);
        (await ReleaseAsync(lane, committed.AnswerSequence)).DueIn.ShouldBeNull();
        await group.SayAsync("q2");

        var content = await LoadAsync(await ClaimAsync(group));

        content.Pending.Select(m => m.Text).ShouldBe(["q2"]);
        content.History.Select(m => m.Text).ShouldBe(["q1", "a1", "talk", "more talk"]);
    }
}
