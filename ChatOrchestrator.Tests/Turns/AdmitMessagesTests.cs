using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.InProcess;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Turns;

public sealed class AdmitMessagesTests
{
    private static readonly Guid Ada = Guid.CreateVersion7(), Ben = Guid.CreateVersion7();

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly AdmitMessages _admit;
    private long _sequence;

    public AdmitMessagesTests() => _admit = new AdmitMessages(new InProcessRateLimits(_time));

    [Fact]
    public async Task Without_a_limit_everything_is_admitted()
    {
        var messages = Enumerable.Range(0, 500).Select(i => From(Ada, $"m{i}")).ToArray();
        (await AdmitAsync(messages, new ProcessingSettings())).ShouldBe(new Admission(messages));
    }

    [Fact]
    public async Task What_is_over_the_limit_is_refused_with_one_notice_and_nobody_elses()
    {
        var settings = new ProcessingSettings { MessagesPerMinute = 3 };
        for (var i = 0; i < 3; i++)
        {
            (await AdmitAsync([From(Ada)], settings)).Refusal.ShouldBeNull();
        }
        (await AdmitAsync([From(Ada)], settings)).ShouldSatisfyAllConditions(
            a => a.Refusal.ShouldBe("rate_limited"),
            a => a.Notice.ShouldBe(settings.RateLimitNotice));
        (await AdmitAsync([From(Ada)], settings)).ShouldSatisfyAllConditions(a => a.Refusal.ShouldBe("rate_limited"), a => a.Notice.ShouldBeNull());
        (await AdmitAsync([From(Ben)], settings)).Refusal.ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(20));
        (await AdmitAsync([From(Ada)], settings)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task A_burst_is_cut_where_the_limit_is_reached_and_the_rest_refused_with_the_notice()
    {
        var settings = new ProcessingSettings { MessagesPerMinute = 60, MessageBurst = 3 };
        var burst = Enumerable.Range(0, 5).Select(i => From(Ada, $"m{i}")).ToArray();

        (await AdmitAsync(burst, settings)).Messages.ShouldBe(burst[..3]);
        var rest = await AdmitAsync(burst[3..], settings);

        rest.Messages.ShouldBe(burst[3..]);
        (rest.Refusal, rest.Notice).ShouldBe(("rate_limited", settings.RateLimitNotice));
    }

    [Fact]
    public async Task Commands_that_the_bot_answers_itself_are_not_counted_and_others_are()
    {
        var settings = new ProcessingSettings { MessagesPerMinute = 1 };
        foreach (var command in (string[])["/stop", "/reset", "/help", "/start"])
        {
            (await AdmitAsync([From(Ada, command, MessageKind.Command)], settings)).Refusal.ShouldBeNull();
        }
        (await AdmitAsync([From(Ada, "/joke", MessageKind.Command)], settings)).Refusal.ShouldBeNull();
        (await AdmitAsync([From(Ada, "/joke", MessageKind.Command)], settings)).Refusal.ShouldBe("rate_limited");
        (await AdmitAsync([From(Ada, "/stop", MessageKind.Command)], settings)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task A_retry_and_a_turn_that_was_taken_over_are_not_counted_again()
    {
        var settings = new ProcessingSettings { MessagesPerMinute = 1 };
        (await AdmitAsync([From(Ada)], settings)).Refusal.ShouldBeNull();
        (await AdmitAsync([From(Ada)], settings, Lane() with { Attempts = 1 })).Refusal.ShouldBeNull();
        (await AdmitAsync([From(Ada)], settings, Lane() with { TakenOverFrom = "dead" })).Refusal.ShouldBeNull();
        (await AdmitAsync([From(Ada)], settings)).Refusal.ShouldBe("rate_limited");
    }

    [Fact]
    public async Task In_a_group_a_turn_holds_one_participants_messages_where_there_is_a_limit()
    {
        LaneMessage[] messages = [From(Ada), From(Ada), From(Ben)];
        (await AdmitAsync(messages, new ProcessingSettings { MessagesPerMinute = 10 })).Messages.ShouldBe(messages[..2]);
        (await AdmitAsync(messages, new ProcessingSettings())).Messages.ShouldBe(messages);
    }

    [Fact]
    public async Task Two_bots_that_talk_to_each_other_fall_silent_until_one_has_paused_and_people_are_answered_all_the_while()
    {
        var (settings, lane) = (new ProcessingSettings { AnswerBots = true }, Lane());
        for (var i = 0; i < AdmitMessages.AnswersToBotsPerMinute; i++)
        {
            (await AdmitAsync([From(Ben, kind: MessageKind.Automated)], settings, lane)).Refusal.ShouldBeNull();
        }
        for (var i = 0; i < 10; i++)
        {
            (await AdmitAsync([From(Ben, kind: MessageKind.Automated)], settings, lane)).ShouldSatisfyAllConditions(
                a => a.Refusal.ShouldBe("bot_loop"),
                a => a.Notice.ShouldBeNull());
            _time.Advance(TimeSpan.FromSeconds(30));
        }
        (await AdmitAsync([From(Ada)], settings, lane)).Refusal.ShouldBeNull();
        (await AdmitAsync([From(Ben, kind: MessageKind.Automated)], settings, Lane())).Refusal.ShouldBeNull("another conversation");
        _time.Advance(TimeSpan.FromSeconds(61));
        (await AdmitAsync([From(Ben, kind: MessageKind.Automated)], settings, lane)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task Who_sends_the_bots_own_answers_back_counts_as_a_bot()
    {
        var lane = Lane();
        var refused = 0;
        for (var i = 0; i < 10; i++)
        {
            var history = new[] { From(Ada, "Hello"), From(null, $" answer {i}\n", author: MessageAuthor.Bot) };
            refused += (await AdmitAsync([From(Ada, $"answer {i}")], new ProcessingSettings(), lane, history)).Refusal == "bot_loop" ? 1 : 0;
            (await AdmitAsync([From(Ada, "Hello")], new ProcessingSettings(), lane, history)).Refusal.ShouldBeNull("the same question again is no echo");
        }
        refused.ShouldBe(10 - AdmitMessages.AnswersToBotsPerMinute);
    }

    [Fact]
    public async Task While_an_operator_holds_the_conversation_nothing_is_counted()
    {
        var settings = new ProcessingSettings { MessagesPerMinute = 1 };
        for (var i = 0; i < 5; i++)
        {
            (await AdmitAsync([From(Ada)], settings, Lane() with { State = ConversationState.HandedOff })).Refusal.ShouldBeNull();
        }
        (await AdmitAsync([From(Ada)], settings)).Refusal.ShouldBeNull();
    }

    private async Task<Admission> AdmitAsync(IReadOnlyList<LaneMessage> messages, ProcessingSettings settings, ClaimedLane? lane = null, IReadOnlyList<LaneMessage>? history = null)
    {
        using var none = JsonDocument.Parse("{}");
        return await _admit.HandleAsync(lane ?? Lane(), messages, history ?? [], new ConnectionSnapshot
        {
            Id = new ConnectionId(Guid.CreateVersion7()),
            Platform = PlatformName.From("telegram"),
            DisplayName = "Test",
            Settings = none.RootElement.Clone(),
            Secrets = new Dictionary<string, string>(),
            Bot = new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", new AiSettings(), settings, 1),
        });
    }

    private LaneMessage From(Guid? participant, string text = "hello", MessageKind kind = MessageKind.Text, MessageAuthor author = MessageAuthor.Participant) =>
        new(++_sequence, Guid.CreateVersion7(), author, kind, text, null, null, _time.GetUtcNow(), null, participant);

    private static ClaimedLane Lane() => TestLane.Claimed(isGroup: true);
}
