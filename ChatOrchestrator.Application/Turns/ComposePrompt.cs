using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Puts a turn's prompt together: system prompt, as much history as the budget holds, what waits for an answer.</summary>
public static class ComposePrompt
{
    /// <summary>Stands where the middle of a text was left out.</summary>
    public const string Omission = " […] ";

    /// <summary>
    /// What a message costs beside its text, and a prompt beside its messages, in tokens.
    /// <see href="https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken"/>
    /// </summary>
    private const int MessageOverhead = 4;
    private const int PromptOverhead = 3;

    /// <summary>What a picture costs, in tokens, about: <see href="https://platform.openai.com/docs/guides/images-vision#calculating-costs"/>.</summary>
    private const int ImageTokens = 800;

    /// <summary>What the questions get when the system prompt alone exceeds the budget, in tokens.</summary>
    private const int MinQuestionTokens = 64;

    /// <summary>Below this length <see cref="Shorten"/> gives up, in characters.</summary>
    private const int MinShortenedLength = 200;

    /// <summary>
    /// Composes a prompt of at most <paramref name="maxPromptTokens"/> tokens. The oldest history gives way first. The pending
    /// texts always stay: where they alone exceed the budget, the longest lose their middles. Texts of nothing but spaces are left out.
    /// A text has at most as many tokens as UTF-8 bytes; as long as the bytes fit, nothing is counted.
    /// </summary>
    /// <param name="bot">Gives the system prompt, the model and how many messages of history are wanted.</param>
    /// <param name="isGroup">Several people talk: their texts are headed by their names.</param>
    /// <param name="history">Earlier messages, oldest first.</param>
    /// <param name="pending">The messages to answer, oldest first.</param>
    /// <param name="counter">Counts what the bytes do not settle.</param>
    /// <param name="maxPromptTokens">The budget in tokens.</param>
    /// <param name="images">The pictures of pending messages, by message; none is left out.</param>
    public static IList<ChatMessage> Compose(
        BotSnapshot bot,
        bool isGroup,
        IReadOnlyList<LaneMessage> history,
        IReadOnlyList<LaneMessage> pending,
        ITokenCounter counter,
        int maxPromptTokens,
        IReadOnlyDictionary<Guid, IReadOnlyList<DataContent>>? images = null)
    {
        maxPromptTokens = Math.Max(MinQuestionTokens, maxPromptTokens - (ImageTokens * (images?.Values.Sum(i => i.Count) ?? 0)));
        var system = string.IsNullOrWhiteSpace(bot.Ai.SystemPrompt) ? null : bot.Ai.SystemPrompt;
        var oldest = OldestWanted(history, bot.Ai.MaxHistory);
        var fixedBytes = PromptOverhead + (system is null ? 0 : Bytes(system)) + Bytes(pending, 0, isGroup);
        var historyBytes = Bytes(history, oldest, isGroup);

        int[]? limits = null;
        if (fixedBytes + historyBytes > maxPromptTokens)
        {
            var budget = new Budget(counter, bot.Ai.Model, isGroup);
            var left = maxPromptTokens - PromptOverhead - (system is null ? 0 : budget.Count(system));
            var asked = budget.Count(pending);
            if (asked <= left)
            {
                oldest = budget.OldestThatFits(history, oldest, historyBytes, left - asked);
            }
            else
            {
                oldest = history.Count;
                limits = budget.Share(pending, Math.Max(left, MinQuestionTokens));
            }
        }

        var prompt = new List<ChatMessage>(1 + history.Count - oldest + pending.Count);
        if (system is not null)
        {
            prompt.Add(new ChatMessage(ChatRole.System, system));
        }
        for (var i = oldest; i < history.Count; i++)
        {
            if (IsSaid(history[i]))
            {
                prompt.Add(Message(history[i], isGroup, history[i].Text));
            }
        }
        for (var i = 0; i < pending.Count; i++)
        {
            var pictures = images is not null && images.TryGetValue(pending[i].Id, out var found) ? found : null;
            if (IsSaid(pending[i]) || pictures is not null)
            {
                var text = limits is null ? pending[i].Text : CutMiddle(pending[i].Text, limits[i], counter, bot.Ai.Model);
                var message = Message(pending[i], isGroup, text);
                if (pictures is not null)
                {
                    if (text.Length == 0)
                    {
                        // Some servers refuse a text of nothing.
                        message.Contents.Clear();
                    }
                    foreach (var picture in pictures)
                    {
                        message.Contents.Add(picture);
                    }
                }
                prompt.Add(message);
            }
        }
        return prompt;
    }

    /// <summary>
    /// A shorter prompt for a model that found this one too long: without the older half of the history; when there is none left,
    /// with the longest text cut to half. Null: nothing is left to leave out.
    /// </summary>
    /// <param name="prompt">What <see cref="Compose"/> or this method made.</param>
    /// <param name="pending">How many messages at its end wait for an answer.</param>
    public static IList<ChatMessage>? Shorten(IList<ChatMessage> prompt, int pending)
    {
        var first = prompt.Count > 0 && prompt[0].Role == ChatRole.System ? 1 : 0;
        var history = Math.Max(0, prompt.Count - first - pending);
        var shorter = new List<ChatMessage>(prompt);
        if (history > 0)
        {
            shorter.RemoveRange(first, (history + 1) / 2);
            return shorter;
        }
        var longest = -1;
        for (var i = first; i < prompt.Count; i++)
        {
            if (longest < 0 || prompt[i].Text.Length > prompt[longest].Text.Length)
            {
                longest = i;
            }
        }
        if (longest < 0 || prompt[longest].Text.Length < MinShortenedLength)
        {
            return null;
        }
        var text = prompt[longest].Text;
        shorter[longest] = new ChatMessage(
            prompt[longest].Role, [new TextContent(Ends(text, (text.Length / 2) - Omission.Length)), .. prompt[longest].Contents.Where(c => c is not TextContent)]);
        return shorter;
    }

    private static bool IsSaid(LaneMessage message) => message.Kind != MessageKind.Blocked && !string.IsNullOrWhiteSpace(message.Text);

    private static int OldestWanted(IReadOnlyList<LaneMessage> history, int max)
    {
        var oldest = history.Count;
        for (var wanted = max; oldest > 0 && wanted > 0; oldest--)
        {
            wanted -= IsSaid(history[oldest - 1]) ? 1 : 0;
        }
        return oldest;
    }

    private static ChatMessage Message(LaneMessage message, bool isGroup, string text) =>
        message.Author == MessageAuthor.Participant
            ? new ChatMessage(ChatRole.User, isGroup && Name(message) is { } name ? string.Concat(name, ": ", text) : text)
            : new ChatMessage(ChatRole.Assistant, text);

    /// <summary>The author's name on one line: a line break in it could pass for another author's message.</summary>
    private static string? Name(LaneMessage message)
    {
        var name = message.AuthorName;
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }
        if (!name.AsSpan().ContainsAnyInRange('\0', '\u001f') && !name.AsSpan().ContainsAny('\u0085', '\u2028', '\u2029'))
        {
            return name;
        }
        return string.Create(name.Length, name, static (line, name) =>
        {
            for (var i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(name[i]) || name[i] is '\u2028' or '\u2029' ? ' ' : name[i];
            }
        });
    }

    private static int Bytes(string text) => Encoding.UTF8.GetByteCount(text) + MessageOverhead;

    private static int Bytes(LaneMessage message, bool isGroup) =>
        !IsSaid(message) ? 0 : Bytes(message.Text) + NameBytes(message, isGroup);

    private static int NameBytes(LaneMessage message, bool isGroup) =>
        isGroup && message is { Author: MessageAuthor.Participant, AuthorName: { } name } ? Encoding.UTF8.GetByteCount(name) + 2 : 0;

    private static int Bytes(IReadOnlyList<LaneMessage> messages, int from, bool isGroup)
    {
        var bytes = 0;
        for (var i = from; i < messages.Count; i++)
        {
            bytes += Bytes(messages[i], isGroup);
        }
        return bytes;
    }

    /// <summary>Cuts the middle out of a text until it has at most <paramref name="maxTokens"/> tokens.</summary>
    private static string CutMiddle(string text, int maxTokens, ITokenCounter counter, string? model)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maxTokens)
        {
            return text;
        }
        var tokens = counter.Count(model, text);
        var kept = text.Length;
        var cut = text;
        while (tokens > maxTokens && kept > 0)
        {
            // By the tokens' density so far, and a little less each time, as the ends may be denser than the middle.
            kept = Math.Min(kept - 1, (int)((long)kept * maxTokens / tokens * 95 / 100));
            cut = Ends(text, kept);
            tokens = counter.Count(model, cut);
        }
        return cut;
    }

    /// <summary>The first and last characters of a text, without splitting a surrogate pair.</summary>
    internal static string Ends(string text, int length)
    {
        var head = text.Shortened(Math.Max(0, length - (length / 2)));
        var tail = text.Length - Math.Max(0, length / 2);
        if (tail < text.Length && char.IsLowSurrogate(text[tail]))
        {
            tail++;
        }
        return string.Concat(head, Omission, text.AsSpan(tail));
    }

    /// <summary>Counts messages with everything that goes with them.</summary>
    private readonly struct Budget(ITokenCounter counter, string? model, bool isGroup)
    {
        public int Count(string text) => counter.Count(model, text) + MessageOverhead;

        public int Count(LaneMessage message) => IsSaid(message) ? Count(message.Text) + NameBytes(message, isGroup) : 0;

        public int Count(IReadOnlyList<LaneMessage> messages)
        {
            var tokens = 0;
            for (var i = 0; i < messages.Count; i++)
            {
                tokens += Count(messages[i]);
            }
            return tokens;
        }

        /// <summary>From the newest back, until the next would not fit, or the bytes say that all the rest does.</summary>
        public int OldestThatFits(IReadOnlyList<LaneMessage> history, int oldest, int bytes, int left)
        {
            var from = history.Count;
            while (from > oldest && bytes > left)
            {
                var next = history[from - 1];
                bytes -= Bytes(next, isGroup);
                left -= Count(next);
                if (left < 0)
                {
                    return from;
                }
                from--;
            }
            return oldest;
        }

        /// <summary>How many tokens of each text stay: short ones whole, the long ones the same share of what is left.</summary>
        public int[] Share(IReadOnlyList<LaneMessage> pending, int left)
        {
            var costs = new int[pending.Count];
            var order = new int[pending.Count];
            for (var i = 0; i < costs.Length; i++)
            {
                costs[i] = IsSaid(pending[i]) ? counter.Count(model, pending[i].Text) : 0;
                left -= IsSaid(pending[i]) ? MessageOverhead + NameBytes(pending[i], isGroup) : 0;
                order[i] = i;
            }
            var ascending = (int[])costs.Clone();
            Array.Sort(ascending, order);
            left = Math.Max(left, MinQuestionTokens);
            for (var i = 0; i < order.Length; i++)
            {
                var share = left / (order.Length - i);
                costs[order[i]] = Math.Min(ascending[i], share);
                left -= costs[order[i]];
            }
            return costs;
        }
    }
}
