using System.Runtime.CompilerServices;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>What ends in the middle: what was used is charged, what may have arrived is known, and nobody is kept from going on.</summary>
public abstract partial class EngineSuite
{
    [StoreFact]
    public async Task An_answer_that_was_stopped_in_its_last_moment_is_charged()
    {
        PriceDear();
        var model = Substitute.For<IChatClient>();
        using var engine = await StartAsync(model);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty }, new AiSettings { Model = "dear" });
        model.GetResponseAsync(default!).ReturnsForAnyArgs(async _ =>
        {
            await StopAsync(engine, chat);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "Too late.")) { Usage = new UsageDetails { InputTokenCount = 11, OutputTokenCount = 7 } };
        });

        await chat.SayAsync();

        await Eventually.TrueAsync(async _ => await SpentAsync(chat) == new BudgetSpending(AnswerNanos, 18, 0, 0), Deadline, "the answer is charged");
        _platform.Sent.ShouldBeEmpty();
    }

    [StoreFact]
    public async Task An_answer_that_was_stopped_half_way_is_charged_by_what_was_heard_of_it()
    {
        PriceDear();
        _counter.Count(default, default!).ReturnsForAnyArgs(call => call.ArgAt<string>(1).Length);
        _platform.Streamed = true;
        var model = Substitute.For<IChatClient>();
        using var engine = await StartAsync(model);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty }, new AiSettings { Model = "dear" });
        model.GetStreamingResponseAsync(default!).ReturnsForAnyArgs(call => HalfAsync(call.Arg<CancellationToken>()));

        await chat.SayAsync();

        await Eventually.TrueAsync(async _ => await SpentAsync(chat) is { Nanos: > 4 * 600, Tokens: > 4, ReservedNanos: 0, ReservedTokens: 0 }, Deadline, "what was heard is charged");
        _platform.Sent.ShouldBeEmpty();

        async IAsyncEnumerable<ChatResponseUpdate> HalfAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Half");
            await StopAsync(engine, chat);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    [StoreFact]
    public async Task A_stop_does_not_stop_its_own_answer_even_when_whoever_said_it_has_gone_away()
    {
        var asked = new TaskCompletionSource();
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(async call =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, call.Arg<CancellationToken>());
            return new ChatResponse();
        });
        using var engine = await StartAsync(model);
        var chat = await NewChatAsync("telegram");
        await chat.SayAsync();
        await asked.Task.WaitAsync(Deadline);
        var (sending, sent) = (new TaskCompletionSource(), new TaskCompletionSource());
        _platform.Sending = async (part, token) =>
        {
            sending.TrySetResult();
            await sent.Task.WaitAsync(token);
            return Delivered(part);
        };
        var lanes = Substitute.For<ILaneStore>();
        lanes.InterruptAsync(default, default, default!, default).ReturnsForAnyArgs(async call =>
        {
            await Store.Lanes.InterruptAsync(call.Arg<ConversationId>(), call.Arg<long>(), call.Arg<string>(), call.Arg<CancellationToken>());
            await sending.Task.WaitAsync(Deadline);
        });
        await using var inbox = InboxOf(engine, lanes);

        await inbox.ReceiveAsync(
            (await _connections.FindAsync(chat.Connection, default))!,
            [new InboundMessage { PlatformId = "stop", Chat = chat.Address.Chat, Author = chat.Address.Author, Kind = MessageKind.Command, Text = "/stop" }],
            new CancellationToken(canceled: true));
        sent.SetResult();

        await DrainAsync(chat);
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("Stopped.");
        (await TurnsAsync(chat)).Select(t => t.State).ShouldBe([TurnState.Cancelled, TurnState.Command]);
    }

    [StoreFact]
    public async Task A_reset_that_is_answered_before_it_is_carried_out_does_not_withdraw_its_own_answer()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram");
        var postponed = false;
        _platform.Sending = (part, _) =>
        {
            // As Discord does while the interaction is not acknowledged: its webhook waits for the interrupt.
            DeliveryOutcome outcome = postponed ? Delivered(part) : new DeliveryOutcome.Retry(TimeSpan.FromSeconds(1), "interaction_not_acknowledged", Throttled: false);
            postponed = true;
            return Task.FromResult(outcome);
        };
        var lanes = Substitute.For<ILaneStore>();
        lanes.InterruptAsync(default, default, default!, default).ReturnsForAnyArgs(async call =>
        {
            await Eventually.TrueAsync(async _ => (await PartsAsync(chat)) is [{ State: PartState.Retry }], Deadline, "the first try has failed");
            await Store.Lanes.InterruptAsync(call.Arg<ConversationId>(), call.Arg<long>(), call.Arg<string>(), call.Arg<CancellationToken>());
        });
        await using var inbox = InboxOf(engine, lanes);

        await inbox.ReceiveAsync(
            (await _connections.FindAsync(chat.Connection, default))!,
            [new InboundMessage { PlatformId = "reset", Chat = chat.Address.Chat, Author = chat.Address.Author, Kind = MessageKind.Command, Text = "/reset" }],
            default);

        await DrainAsync(chat);
        _platform.Sent.Select(p => p.Text).ShouldAllBe(t => t.Contains("forgotten", StringComparison.Ordinal));
        (await PartsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(PartState.Sent);
    }

    [StoreFact]
    public async Task What_is_edited_or_taken_back_while_a_question_before_it_is_answered_is_read_anew()
    {
        var (asked, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(async call =>
        {
            _prompts.Enqueue([.. call.Arg<IEnumerable<ChatMessage>>()]);
            asked.TrySetResult();
            await answered.Task.WaitAsync(Deadline);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, _answer));
        });
        var chat = await NewChatAsync("telegram");
        await chat.SayAsync("first");
        var (regretted, _) = await chat.SayAsync("regretted");
        var (mistyped, _) = await chat.SayAsync("mistyped");
        using var engine = await StartAsync(model);
        await asked.Task.WaitAsync(Deadline);

        await ReceiveAsync(
            engine,
            chat,
            new InboundDeletion { PlatformId = "deletion", DeletedPlatformId = regretted.PlatformMessageId! },
            new InboundEdit { PlatformId = "edit", EditedPlatformId = mistyped.PlatformMessageId!, Text = "typed" });
        answered.SetResult();

        await DrainAsync(chat);
        _prompts.Select(p => p[^1].Text).ShouldBe(["first", "typed"]);
    }

    [StoreFact]
    public async Task What_is_edited_while_the_answer_before_it_is_sent_is_read_anew()
    {
        var chat = await NewChatAsync("telegram");
        await chat.SayAsync("first");
        var (mistyped, _) = await chat.SayAsync("mistyped");
        var (sending, sent) = (new TaskCompletionSource(), new TaskCompletionSource());
        _platform.Sending = async (part, token) =>
        {
            sending.TrySetResult();
            await sent.Task.WaitAsync(token);
            return Delivered(part);
        };
        using var engine = await StartAsync();
        await sending.Task.WaitAsync(Deadline);

        await ReceiveAsync(engine, chat, new InboundEdit { PlatformId = "edit", EditedPlatformId = mistyped.PlatformMessageId!, Text = "typed" });
        sent.SetResult();

        await DrainAsync(chat);
        _prompts.Select(p => p[^1].Text).ShouldBe(["first", "typed"]);
    }

    [StoreFact]
    public async Task A_part_whose_sending_a_stop_of_the_process_has_interrupted_may_have_arrived_and_the_timeline_says_so()
    {
        _settings["Engine:DrainSeconds"] = "0";
        var sending = new TaskCompletionSource();
        _platform.Sending = async (_, token) =>
        {
            sending.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return new DeliveryOutcome.Unknown("never");
        };
        var chat = await NewChatAsync("telegram");
        using (var engine = await StartAsync())
        {
            await chat.SayAsync();
            await sending.Task.WaitAsync(Deadline);
            await engine.StopAsync();
        }

        (await PartsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(PartState.Unknown);
        (await LaneAsync(chat)).LeaseOwner.ShouldBeNull("nobody waits for the end of a lease");

        _platform.Sending = null;
        using var next = await StartAsync();
        await DrainAsync(chat);
        (await PartsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(PartState.Sent);
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "part_resent");
    }

    [StoreFact]
    public async Task A_recording_that_was_put_into_words_while_the_process_stops_is_not_put_into_words_again()
    {
        _settings["Engine:DrainSeconds"] = "0";
        var transcribing = new TaskCompletionSource();
        _speech.IsConfigured.Returns(true);
        _speech.Model.Returns("whisper");
        _speech.TranscribeAsync(default!, default, default).ReturnsForAnyArgs(async call =>
        {
            transcribing.TrySetResult();
            await Task.Delay(Timeout.Infinite, call.Arg<CancellationToken>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new Transcript("Call me back.");
        });
        _platform.Fetch = _ => new Media(new byte[10], "audio/ogg");
        var chat = await NewChatAsync("telegram");
        using (var engine = await StartAsync())
        {
            await SayAsync(chat, "[voice message]", new Attachment { Kind = AttachmentKind.Voice, Id = "v1" });
            await transcribing.Task.WaitAsync(Deadline);
            await engine.StopAsync();
        }

        using var next = await StartAsync();
        await DrainAsync(chat);
        await _speech.ReceivedWithAnyArgs(1).TranscribeAsync(default!, default, default);
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("An answer.");
    }

    [StoreFact]
    public async Task A_lane_that_cannot_be_read_rests_and_the_others_go_on()
    {
        var (unreadable, other) = (await NewChatAsync("telegram"), await NewChatAsync("telegram"));
        await unreadable.SayAsync();
        await WriteContentAsync(unreadable, """{"attachments":[{"kind":"hologram"}]}""");
        await other.SayAsync();

        using var engine = await StartAsync();
        await DrainAsync(other);
        await Eventually.TrueAsync(
            async _ => await LaneAsync(unreadable) is { LeaseOwner: null, HoldUntil: { } until } && until > TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30), Deadline, "the lane rests");
        await other.SayAsync("another question");
        await DrainAsync(other);
        _platform.Sent.Select(p => p.Chat).ShouldBe([other.Address.Chat, other.Address.Chat]);

        await WriteContentAsync(unreadable, "{}");
        await DrainAsync(unreadable);
        _platform.Sent.Last().Chat.ShouldBe(unreadable.Address.Chat);
    }

    [StoreFact]
    public async Task An_adapter_that_breaks_when_it_shows_typing_costs_no_answer()
    {
        var typed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _platform.Typing = () =>
        {
            typed.TrySetResult();
            throw new InvalidOperationException($"https://api.example/bot{Secret}/sendChatAction");
        };
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(async _ =>
        {
            await typed.Task;
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "An answer."));
        });
        using var engine = await StartAsync(model);
        var chat = await NewChatAsync("telegram");

        await chat.SayAsync();
        await DrainAsync(chat);

        (await TurnsAsync(chat)).ShouldHaveSingleItem().Attempt.ShouldBe(1);
        await model.ReceivedWithAnyArgs(1).GetResponseAsync(default!);
        _log.ToString().ShouldNotContain(Secret);
    }

    [StoreFact]
    public async Task A_stop_whose_signal_comes_late_does_not_cut_off_the_answer_to_a_later_question()
    {
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(async call =>
        {
            asked.SetResult();
            await answer.Task.WaitAsync(call.Arg<CancellationToken>());
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "An answer."));
        });
        using var engine = await StartAsync(model);
        var chat = await NewChatAsync("telegram");
        var (_, stop) = await chat.SayAsync("/stop", MessageKind.Command);
        await DrainAsync(chat);

        await chat.SayAsync("a later question");
        await asked.Task.WaitAsync(Deadline);
        engine.Services.GetRequiredService<ISignals>().Publish(Interrupts.Channel, Interrupts.OfStop(chat.Id, stop));
        answer.SetResult();
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.Text).ShouldBe(["Stopped.", "An answer."]);
        var turn = (await TurnsAsync(chat)).Last();
        (turn.State, turn.Attempt).ShouldBe((TurnState.Answered, 1));
    }

    private void PriceDear() => _aiOptions.Models["dear"] = new ModelOptions { InputPrice = 0.15m, OutputPrice = 0.6m };

    /// <summary>What <c>/stop</c> does to the turn in hand.</summary>
    private async Task StopAsync(IHost engine, TestChat chat)
    {
        await Store.Lanes.InterruptAsync(chat.Id, (await LaneAsync(chat)).LastSequence + 1, "stop", default);
        engine.Services.GetRequiredService<LaneLeases>().Interrupt(new Interrupts(chat.Id, KeepsAnswer: false, null));
    }

    private async Task ReceiveAsync(IHost engine, TestChat chat, params InboundEvent[] events)
    {
        await using var inbox = InboxOf(engine, Store.Lanes);
        await inbox.ReceiveAsync((await _connections.FindAsync(chat.Connection, default))!, events, default);
    }

    private Inbox InboxOf(IHost engine, ILaneStore lanes)
    {
        var platforms = engine.Services.GetRequiredService<ChatOrchestrator.Application.Platforms>();
        var names = new LearnNames(platforms, Substitute.For<IParticipantStore>(), TimeProvider.System, NullLogger<LearnNames>.Instance);
        return new Inbox(
            Store.Inbox, lanes, engine.Services.GetRequiredService<ISignals>(), engine.Services.GetRequiredService<Doorbell>(), platforms, names, Options.Create(new EngineOptions()), NullLogger<Inbox>.Instance);
    }

    private Task WriteContentAsync(TestChat chat, string json) =>
        Store.ExecuteAsync($"UPDATE messages SET content = '{json}' WHERE conversation_id = '{chat.Id.Value.ToString().ToUpperInvariant()}'");
}
