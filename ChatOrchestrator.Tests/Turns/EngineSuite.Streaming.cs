using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>Answers that are shown while they are made: what becomes of what was shown.</summary>
public abstract partial class EngineSuite
{
    [StoreFact]
    public async Task What_was_shown_becomes_the_answer_that_is_delivered()
    {
        using var engine = await StartAsync();
        _platform.Streamed = true;
        var chat = await NewChatAsync("telegram");
        await chat.SayAsync();
        await DrainAsync(chat);

        var draft = _platform.Shown.ShouldHaveSingleItem();
        draft.Chat.ShouldBe(chat.Address.Chat);
        _platform.Sent.ShouldHaveSingleItem().MessageId.ShouldBe(draft.AnswerId);
        _platform.Abandoned.ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_lane_that_is_lost_between_commit_and_delivery_takes_back_what_was_shown()
    {
        using var engine = await StartAsync();
        _platform.Streamed = true;
        var chat = await NewChatAsync("telegram");
        _platform.Send = part =>
        {
            if (_platform.Abandoned.IsEmpty)
            {
                engine.Services.GetRequiredService<LaneLeases>().Interrupt(new Interrupts(chat.Id, KeepsAnswer: true, null));
                return new DeliveryOutcome.Retry(TimeSpan.FromSeconds(1), "unreachable", Throttled: false);
            }
            return Delivered(part);
        };
        await chat.SayAsync();
        await Eventually.TrueAsync(() => !_platform.Abandoned.IsEmpty, Deadline, "the draft is taken back");
        _platform.Abandoned.ShouldAllBe(d => d.AnswerId == _platform.Shown.First().AnswerId);
    }
}
