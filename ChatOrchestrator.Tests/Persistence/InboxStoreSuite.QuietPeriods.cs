using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>When a lane comes due.</summary>
public abstract partial class InboxStoreSuite
{
    private const int Quiet = 600_000;

    private static readonly TimeSpan QuietPeriod = TimeSpan.FromMilliseconds(Quiet);

    [StoreFact]
    public async Task Without_a_quiet_period_a_lane_is_due_at_once()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();

        (await TryClaimAsync(chat)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task A_lane_is_due_when_its_quiet_period_has_passed()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync(quietMs: Quiet);

        (await TryClaimAsync(chat)).ShouldBeNull();
        await Store.ElapseAsync(chat.Id, QuietPeriod);
        (await TryClaimAsync(chat)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task Further_messages_extend_the_quiet_period_up_to_five_of_them()
    {
        var chat = await NewChatAsync();
        var most = 0.9 * QuietPeriod;
        await chat.SayAsync(quietMs: Quiet);
        for (var i = 0; i < 5; i++)
        {
            await Store.ElapseAsync(chat.Id, most);
            (await TryClaimAsync(chat)).ShouldBeNull($"message {i + 1} is still followed by others");
            await chat.SayAsync(quietMs: Quiet);
        }

        await Store.ElapseAsync(chat.Id, 0.5 * QuietPeriod);

        (await LoadAsync(await ClaimAsync(chat))).Pending.Count.ShouldBe(6);
    }

    [StoreFact]
    public async Task A_command_flushes_what_waits_and_what_follows_does_not_delay_it()
    {
        var (alone, burst) = (await NewChatAsync(), await NewChatAsync());
        await alone.SayAsync(quietMs: Quiet);
        await alone.SayAsync("/help", MessageKind.Command);
        await alone.SayAsync(quietMs: Quiet);
        await Inbox.AppendAsync([burst.Message(quietMs: Quiet), burst.Message("/help", MessageKind.Command), burst.Message(quietMs: Quiet)], default);

        var due = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).Select(l => l.Conversation).ToHashSet();

        due.ShouldContain(alone.Id);
        due.ShouldContain(burst.Id);
    }

    [StoreFact]
    public async Task A_command_that_came_during_a_turn_is_due_when_the_lane_is_released_whatever_followed_it()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await chat.SayAsync("/help", MessageKind.Command);
        await chat.SayAsync(quietMs: Quiet);
        await CommitAsync(TestChat.Turn(lane, asked, answer: null));

        var released = await ReleaseAsync(lane);

        released.DueIn.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.Zero);
    }

    [StoreFact]
    public async Task A_message_that_came_during_a_turn_is_given_its_quiet_period_after_it()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await chat.SayAsync(quietMs: Quiet);
        await CommitAsync(TestChat.Turn(lane, asked, answer: null));

        var released = await ReleaseAsync(lane);

        released.DueIn.ShouldNotBeNull().ShouldBeInRange(0.5 * QuietPeriod, QuietPeriod);
        (await TryClaimAsync(chat)).ShouldBeNull();
        await Store.ElapseAsync(chat.Id, QuietPeriod);
        (await TryClaimAsync(chat)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task A_lane_that_rests_is_not_brought_forward_by_messages()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = QuietPeriod });

        await chat.SayAsync();
        await chat.SayAsync("/help", MessageKind.Command);

        (await TryClaimAsync(chat)).ShouldBeNull();
        await Store.ElapseAsync(chat.Id, QuietPeriod);
        (await LoadAsync(await ClaimAsync(chat))).Pending.Count.ShouldBe(3);
    }

    [StoreFact]
    public async Task A_lane_in_work_is_not_claimed_again_for_further_messages()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();
        await ClaimAsync(chat);

        await chat.SayAsync();

        (await TryClaimAsync(chat)).ShouldBeNull();
    }

    [StoreFact]
    public async Task Overheard_talk_wakes_nobody_and_the_cursors_pass_it()
    {
        var chat = await NewChatAsync(isGroup: true);
        var (_, talk) = await chat.SayAsync("among ourselves", MessageKind.Overheard);

        var lane = await LaneAsync(chat);
        (lane.DueAt, lane.LastSequence, lane.HandledSequence, lane.WaitingSince).ShouldBe((null, talk, talk, null));

        var (_, asked) = await chat.SayAsync("@bot, and you?");
        await chat.SayAsync("well", MessageKind.Overheard);
        lane = await LaneAsync(chat);
        (lane.LastSequence, lane.HandledSequence).ShouldBe((asked, talk));
        lane.DueAt.ShouldNotBeNull();
    }

    [StoreFact]
    public async Task Talk_after_a_question_that_waits_is_not_waited_for()
    {
        var chat = await NewChatAsync(isGroup: true);
        var results = await Inbox.AppendAsync([chat.Message("a", MessageKind.Overheard), chat.Message("question"), chat.Message("b", MessageKind.Overheard)], default);

        var held = await ClaimAsync(chat);
        var content = await LoadAsync(held);
        content.Pending.Select(m => m.Text).ShouldBe(["question"]);
        content.History.Select(m => m.Text).ShouldBe(["a"]);
        await CommitAsync(TestChat.Turn(held, results[1].Sequence, answer: null));

        (await ReleaseAsync(held)).DueIn.ShouldBeNull();
    }
}
