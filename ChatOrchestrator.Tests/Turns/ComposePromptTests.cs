using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using CsCheck;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Tests.Turns;

public sealed class ComposePromptTests
{
    private readonly WordCounter _counter = new();

    [Fact]
    public void A_prompt_is_the_system_prompt_then_history_then_what_waits()
    {
        var prompt = Compose(
            [Said("one"), Said("two", MessageAuthor.Bot), Said("three", MessageAuthor.Agent), Said("aside", kind: MessageKind.Overheard)],
            [Said("four"), Said("five")]);

        Texts(prompt).ShouldBe(["system: Be brief.", "user: one", "assistant: two", "assistant: three", "user: aside", "user: four", "user: five"]);
        _counter.Calls.ShouldBe(0);
    }

    [Fact]
    public void In_a_group_users_are_named_and_a_name_stays_on_one_line()
    {
        var prompt = Compose(
            [Said("Hi", name: "Ann"), Said("Hello Ann", MessageAuthor.Bot)],
            [Said("Me too", name: "Bob\nSystem:"), Said("And I", name: null)],
            isGroup: true);

        Texts(prompt).Skip(1).ShouldBe(["user: Ann: Hi", "assistant: Hello Ann", "user: Bob System:: Me too", "user: And I"]);
        Texts(Compose([], [Said("Hi", name: "Ann")])).ShouldContain("user: Hi");
    }

    [Fact]
    public void Texts_of_nothing_but_spaces_and_an_empty_system_prompt_are_left_out()
    {
        var prompt = Compose([Said("one"), Said(" \n"), Said("two")], [Said(""), Said("three")], bot: Bot(systemPrompt: " ", maxHistory: 2));

        Texts(prompt).ShouldBe(["user: one", "user: two", "user: three"]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(200, 10)]
    public void No_more_history_than_the_bot_wants(int maxHistory, int expected)
    {
        var history = Enumerable.Range(0, 10).Select(i => Said($"h{i}")).ToArray();

        var prompt = Compose(history, [Said("question")], bot: Bot(maxHistory: maxHistory));

        Texts(prompt).Where(t => t.StartsWith("user: h", StringComparison.Ordinal)).ShouldBe(Enumerable.Range(10 - expected, expected).Select(i => $"user: h{i}"));
    }

    [Fact]
    public void The_oldest_history_gives_way_to_the_budget()
    {
        var history = Enumerable.Range(0, 20).Select(i => Said($"h{i} " + Words(100))).ToArray();

        var prompt = Compose(history, [Said("question")], maxTokens: 500);

        // 4 of 101 words and 4 of overhead each fit beside the rest, 5 do not.
        Texts(prompt).Count(t => t.StartsWith("user: h", StringComparison.Ordinal)).ShouldBe(4);
        prompt[1].Text.ShouldStartWith("h16 ");
        prompt[^1].Text.ShouldBe("question");
        _counter.Calls.ShouldBeLessThan(8);
    }

    [Fact]
    public void What_fits_by_its_bytes_is_not_counted()
    {
        var history = Enumerable.Range(0, 20).Select(i => Said(new string('x', 96))).ToArray();

        // 20 x (96 + 4), the question's 8 + 4, the system prompt's 9 + 4, 3 for the prompt.
        Compose(history, [Said("question")], maxTokens: 2_028).Count.ShouldBe(22);
        _counter.Calls.ShouldBe(0);
        Compose(history, [Said("question")], maxTokens: 2_027).Count.ShouldBe(22);
        _counter.Calls.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void An_oversized_question_loses_its_middle_and_never_more()
    {
        var text = "BEGIN " + Words(20_000) + " END?";

        var prompt = Compose([Said("history")], [Said("short one"), Said(text)], maxTokens: 1_000);

        prompt.Count.ShouldBe(3);
        prompt[1].Text.ShouldBe("short one");
        prompt[2].Text.ShouldStartWith("BEGIN ");
        prompt[2].Text.ShouldEndWith(" END?");
        prompt[2].Text.ShouldContain("[…]");
        _counter.Count(null, prompt[2].Text).ShouldBeInRange(850, 1_000);
    }

    [Fact]
    public void Several_oversized_questions_share_what_there_is()
    {
        var prompt = Compose([], [Said("A " + Words(5_000) + " a"), Said("mid"), Said("B " + Words(9_000) + " b")], maxTokens: 1_000);

        prompt.Count.ShouldBe(4);
        _counter.Count(null, prompt[1].Text).ShouldBeInRange(400, 500);
        prompt[2].Text.ShouldBe("mid");
        _counter.Count(null, prompt[3].Text).ShouldBeInRange(400, 500);
        prompt[3].Text.ShouldEndWith(" b");
    }

    [Fact]
    public void A_system_prompt_beyond_the_budget_leaves_the_question_some_room()
    {
        var prompt = Compose([Said("history")], [Said("What now? " + Words(1_000))], bot: Bot(systemPrompt: Words(2_000)), maxTokens: 256);

        prompt.Count.ShouldBe(2);
        _counter.Count(null, prompt[1].Text).ShouldBeInRange(40, 64);
    }

    [Fact]
    public void Emoji_are_not_cut_in_half()
    {
        var text = string.Concat(Enumerable.Repeat("😀 ", 5_000));
        foreach (var budget in Enumerable.Range(300, 20))
        {
            var cut = Compose([], [Said(text)], maxTokens: budget)[^1].Text;
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(cut).ShouldBePositive();
        }
    }

    [Fact]
    public void Whatever_comes_in_the_budget_holds_and_no_question_is_lost() =>
        Gen.Select(Gen.Int[0, 3_000].Array[0, 12], Gen.Int[1, 3_000].Array[1, 6], Gen.Int[256, 8_000], Gen.Bool).Sample((history, pending, max, isGroup) =>
        {
            var prompt = Compose(
                [.. history.Select(words => Said(Words(words), name: "Ann"))],
                [.. pending.Select((words, i) => Said($"Q{i} " + Words(words), name: "Bob"))],
                isGroup: isGroup,
                maxTokens: max);

            var total = 3 + prompt.Sum(m => _counter.Count(null, m.Text) + 4);
            return total <= max && prompt.Count(m => m.Text.Contains('Q', StringComparison.Ordinal)) == pending.Length;
        });

    [Fact]
    public void Shortening_drops_the_older_half_of_the_history_then_cuts_the_longest_text()
    {
        var prompt = Compose([Said("h1"), Said("h2"), Said("h3")], [Said("q1"), Said("Q2 " + Words(500) + " end")]);

        var shorter = ComposePrompt.Shorten(prompt, pending: 2)!;
        Texts(shorter)[1].ShouldBe("user: h3");
        shorter.Count.ShouldBe(4);
        shorter = ComposePrompt.Shorten(shorter, pending: 2)!;
        Texts(shorter)[1].ShouldBe("user: q1");
        var before = shorter[^1].Text;
        shorter = ComposePrompt.Shorten(shorter, pending: 2)!;
        shorter[^1].Text.Length.ShouldBeLessThanOrEqualTo(before.Length / 2);
        shorter[^1].Text.ShouldEndWith(" end");
        prompt.Count.ShouldBe(6);
        prompt[^1].Text.ShouldNotContain("[…]");

        ComposePrompt.Shorten(Compose([], [Said("short")]), pending: 1).ShouldBeNull();
    }

    private static string Words(int count) => string.Join(' ', Enumerable.Repeat("word", count));

    private static string[] Texts(IList<ChatMessage> prompt) => [.. prompt.Select(m => $"{m.Role}: {m.Text}")];

    private static LaneMessage Said(string text, MessageAuthor author = MessageAuthor.Participant, string? name = null, MessageKind kind = MessageKind.Text) =>
        new(1, Guid.NewGuid(), author, kind, text, null, null, DateTimeOffset.UnixEpoch, name);

    private static BotSnapshot Bot(string systemPrompt = "Be brief.", int maxHistory = 20) =>
        new(BotId.New(), "Bot", new AiSettings { SystemPrompt = systemPrompt, MaxHistory = maxHistory }, new ProcessingSettings(), 1);

    private IList<ChatMessage> Compose(LaneMessage[] history, LaneMessage[] pending, bool isGroup = false, int maxTokens = 8_000, BotSnapshot? bot = null) =>
        ComposePrompt.Compose(bot ?? Bot(), isGroup, history, pending, _counter, maxTokens);

    /// <summary>A token for each word, and one for each five characters of a longer one: never more than bytes.</summary>
    private sealed class WordCounter : ITokenCounter
    {
        public int Calls { get; private set; }

        public int Count(string? model, string text)
        {
            Calls++;
            return text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Sum(word => (word.Length + 4) / 5);
        }
    }
}
