using System.Text;
using ChatOrchestrator.Application.Memory;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>What of a conversation is in a prompt, however long it is.</summary>
public abstract partial class EngineSuite
{
    private const string Notes = "[Notes of what was said before";

    private static readonly ProcessingSettings Remembering = new() { QuietPeriodMs = 0, Memory = new() };

    [StoreFact]
    public async Task A_conversation_of_10000_messages_costs_no_more_tokens_and_time_than_a_short_one()
    {
        CountCharacters();
        var (brief, endless) = (await NewChatAsync("telegram", Remembering), await NewChatAsync("telegram", Remembering));
        await FillAsync(brief, 60);
        await FillAsync(endless, 10_000);
        using var engine = await StartAsync();

        async Task<IReadOnlyList<ChatMessage>> AskAsync(TestChat chat)
        {
            await chat.SayAsync("And what about this question?");
            await DrainAsync(chat);
            var prompt = _prompts.Last();
            await SummarizeAsync(engine);
            return prompt;
        }
        static int Tokens(IEnumerable<ChatMessage> prompt) => prompt.Sum(m => m.Text.Length / 4);
        foreach (var chat in (TestChat[])[brief, endless])
        {
            (await AskAsync(chat)).ShouldAllBe(m => !m.Text.StartsWith(Notes), "nothing is summarized yet");
        }
        var sizes = new List<(int Brief, int Endless)>();
        for (var i = 0; i < 12; i++)
        {
            var (one, other) = (await AskAsync(brief), await AskAsync(endless));
            one[1].Text.ShouldStartWith(Notes);
            other[1].Text.ShouldStartWith(Notes);
            sizes.Add((Tokens(one), Tokens(other)));
        }
        foreach (var (one, other) in sizes)
        {
            other.ShouldBeLessThanOrEqualTo(one + 20, "the long conversation's prompt is no longer");
        }
        sizes.Max(s => s.Endless).ShouldBeLessThan(600);

        // What a turn reads of the store and makes of it, as fast as the machine can.
        var recall = engine.Services.GetRequiredService<RecallHistory>();
        async Task<TimeSpan> TimeAsync(TestChat chat)
        {
            var lane = await LaneAsync(chat);
            var claimed = new ClaimedLane
            {
                Conversation = chat.Id,
                Token = 0,
                Connection = chat.Connection,
                Chat = chat.Address.Chat,
                IsGroup = false,
                State = ConversationState.Active,
                ForgottenThrough = 0,
                LastSequence = lane.LastSequence + 1,
                HandledSequence = lane.HandledSequence,
                OutboundSequence = 0,
                DeliveredSequence = 0,
                Attempts = 0,
            };
            var connection = (await _connections.FindAsync(chat.Connection, default))!;
            var best = TimeSpan.MaxValue;
            for (var i = 0; i < 15; i++)
            {
                var started = TimeProvider.System.GetTimestamp();
                var content = (await Lanes.LoadAsync([new LaneQuery(claimed, 16, connection.Bot.Ai.MaxHistory)], default))[0];
                (await recall.HandleAsync(claimed, content.History, [], connection, default)).Count.ShouldBeInRange(2, 20);
                var took = TimeProvider.System.GetElapsedTime(started);
                best = took < best ? took : best;
            }
            return best;
        }
        var (quick, slow) = (await TimeAsync(brief), await TimeAsync(endless));
        slow.ShouldBeLessThan((quick * 3) + TimeSpan.FromMilliseconds(5));
    }

    [StoreFact]
    public async Task A_summary_that_cannot_be_written_is_tried_again_later_and_holds_nothing_up()
    {
        var chat = await NewChatAsync("telegram", Remembering);
        await FillAsync(chat, 40);
        using var engine = await StartAsync();
        await chat.SayAsync("hello");
        await DrainAsync(chat);

        _answer = "   ";
        await SummarizeAsync(engine);
        var row = await SummaryAsync(chat);
        (row.Text, row.Failures, row.LastFailure).ShouldBe(("", 1, "model_empty_answer"));
        row.DueAt.ShouldNotBeNull().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());

        CountCharacters();
        _answer = "They talk about numbers. " + new string('x', 200_000);
        await Store.ExecuteAsync($"UPDATE summaries SET due_at = due_at - {Store.IntervalOf(TimeSpan.FromHours(2))}");
        await SummarizeAsync(engine);
        row = await SummaryAsync(chat);
        row.Text.ShouldStartWith("They talk about numbers.");
        row.Text.Length.ShouldBeLessThanOrEqualTo(400 * 4 + 4, "a model that writes too much is cut");
        (row.Failures, row.DueAt).ShouldBe((0, null));
        row.ThroughSequence.ShouldBe((await MessagesAsync(chat))[^11].Sequence, "the latest ten stand in the prompt themselves");

        // Two workers claim what is due once, and what one has lost it cannot save.
        await Store.Summaries.MarkDueAsync(chat.Id, default);
        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Store.Summaries.ClaimAsync(4, TimeSpan.Zero, default)));
        var first = claims.SelectMany(c => c).First(c => c.Conversation == chat.Id);
        claims.SelectMany(c => c).Count(c => c.Conversation == chat.Id && c.Token == first.Token).ShouldBe(1);
        (await Store.Summaries.ClaimAsync(4, TimeSpan.FromMinutes(1), default)).ShouldContain(c => c.Conversation == chat.Id);
        (await Store.Summaries.SaveAsync(first, new WrittenSummary("late", 1, null, false), default)).ShouldBeFalse();
    }

    [StoreFact]
    public async Task What_is_forgotten_and_what_belongs_to_a_session_that_is_over_is_in_no_prompt()
    {
        var settings = Remembering with { Memory = new() { SessionMinutes = 60 } };
        var (reset, later, keeping) = (await NewChatAsync("telegram", settings), await NewChatAsync("telegram", settings), await NewChatAsync("telegram", settings with { Memory = new() { SessionMinutes = 60, KeepSummary = true } }));
        using var engine = await StartAsync();
        foreach (var chat in (TestChat[])[reset, later, keeping])
        {
            for (var i = 0; i < 10; i++)
            {
                await chat.SayAsync($"remember {i}");
                await DrainAsync(chat);
            }
            await SummarizeAsync(engine);
            await chat.SayAsync("still here?");
            await DrainAsync(chat);
            _prompts.Last()[1].Text.ShouldStartWith(Notes);
        }

        await reset.SayAsync("/reset", MessageKind.Command);
        await DrainAsync(reset);
        await Store.ExecuteAsync($"UPDATE messages SET created_at = created_at - {Store.IntervalOf(TimeSpan.FromHours(2))}");
        await Store.ExecuteAsync($"UPDATE summaries SET through_at = through_at - {Store.IntervalOf(TimeSpan.FromHours(2))}");
        async Task<List<string>> PromptAsync(TestChat chat)
        {
            await chat.SayAsync("what do you know?");
            await DrainAsync(chat);
            return [.. _prompts.Last().Skip(1).Select(m => m.Text)];
        }
        (await PromptAsync(reset)).ShouldBe(["what do you know?"]);
        (await PromptAsync(later)).ShouldBe(["what do you know?"]);
        var kept = await PromptAsync(keeping);
        kept.Count.ShouldBe(2);
        kept[0].ShouldStartWith(Notes);
    }

    /// <summary>A token is four characters.</summary>
    private void CountCharacters() => _counter.Count(default, default!).ReturnsForAnyArgs(call => call.ArgAt<string>(1).Length / 4);

    /// <summary>Messages that have had their turns.</summary>
    [StoreFact]
    public async Task Half_a_character_is_in_no_summary()
    {
        var chat = await NewChatAsync("telegram", Remembering);
        await Inbox.AppendAsync([chat.Message("!" + string.Concat(Enumerable.Repeat("😀", 2_500)))], default);
        await FillAsync(chat, 40);
        await Store.Summaries.MarkDueAsync(chat.Id, default);
        using var engine = await StartAsync();
        await SummarizeAsync(engine);

        var material = _prompts.Last()[^1].Text;
        material.ShouldContain("😀 […] ");
        Should.NotThrow(() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(material), "what is half cannot be sent to anybody");
    }

    private async Task FillAsync(TestChat chat, int count)
    {
        for (var left = count; left > 0; left -= 500)
        {
            await Inbox.AppendAsync([.. Enumerable.Range(0, Math.Min(left, 500)).Select(i => chat.Message($"This is something that was said long ago, number {i % 10}."))], default);
        }
        await Store.ExecuteAsync($"""
            UPDATE lanes SET last_sequence = (SELECT max(sequence) FROM messages WHERE conversation_id = lanes.conversation_id),
                handled_sequence = (SELECT max(sequence) FROM messages WHERE conversation_id = lanes.conversation_id), due_at = NULL, waiting_since = NULL
            WHERE conversation_id = '{chat.Id.Value.ToString().ToUpperInvariant()}'
            """);
    }

    private static async Task SummarizeAsync(IHost engine)
    {
        while (await engine.Services.GetRequiredService<KeepSummaries>().WorkAsync(default) > 0)
        {
        }
    }

    private Task<Infrastructure.Persistence.Model.ConversationSummary> SummaryAsync(TestChat chat) =>
        ReadAsync(c => c.Summaries.AsNoTracking().SingleAsync(s => s.ConversationId == chat.Id));
}
