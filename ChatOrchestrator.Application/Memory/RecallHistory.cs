using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Memory;

/// <summary>
/// What of a conversation goes into a prompt: the recent history of its session within the token budget, behind a summary
/// of what came before. It costs the same however long the conversation is.
/// </summary>
internal sealed class RecallHistory(ISummaryStore summaries, DueSummaries due, ITokenCounter counter, IChatClient model)
{
    /// <summary>What a message costs beside its text, in tokens, as <see cref="Turns.ComposePrompt"/> counts it.</summary>
    private const int MessageOverhead = 4;

    private readonly bool _isDemo = ModelPresence.IsDemo(model);

    /// <param name="history">Earlier messages, oldest first.</param>
    /// <param name="pending">The messages to answer.</param>
    public async ValueTask<IReadOnlyList<LaneMessage>> HandleAsync(
        ClaimedLane lane, IReadOnlyList<LaneMessage> history, IReadOnlyList<LaneMessage> pending, ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        if (connection.Bot.Processing.Memory is not { } memory)
        {
            return history;
        }
        var session = InSession(history, pending, memory.SessionPause());
        var summary = memory.Summarize && !_isDemo ? await summaries.FindAsync(lane.Conversation, cancellationToken) : null;
        if (summary is not null && (summary.Text.Length == 0 || summary.ThroughSequence <= lane.ForgottenThrough || !IsOfSession(summary, history, session, pending, memory)))
        {
            summary = null;
        }
        return Fit(lane, session, pending, connection.Bot, memory, summary);
    }

    /// <summary>What was said since the last pause that ends a session.</summary>
    private static IReadOnlyList<LaneMessage> InSession(IReadOnlyList<LaneMessage> history, IReadOnlyList<LaneMessage> pending, TimeSpan? pause)
    {
        if (pause is not { } longest || pending.Count == 0)
        {
            return history;
        }
        var after = pending[0].CreatedAt;
        for (var i = history.Count - 1; i >= 0; i--)
        {
            if (after - history[i].CreatedAt >= longest)
            {
                return [.. history.Skip(i + 1)];
            }
            after = history[i].CreatedAt < after ? history[i].CreatedAt : after;
        }
        return history;
    }

    /// <summary>Whether no pause lies between what the summary covers and what follows it.</summary>
    private static bool IsOfSession(
        StoredSummary summary, IReadOnlyList<LaneMessage> history, IReadOnlyList<LaneMessage> session, IReadOnlyList<LaneMessage> pending, MemorySettings memory)
    {
        if (memory.KeepSummary || memory.SessionPause() is not { } pause)
        {
            return true;
        }
        if (session.Count < history.Count)
        {
            return session.Count > 0 && session[0].Sequence <= summary.ThroughSequence;
        }
        var next = session.FirstOrDefault(m => m.Sequence > summary.ThroughSequence) ?? (pending.Count > 0 ? pending[0] : null);
        return next is null || summary.ThroughAt is not { } through || next.CreatedAt - through < pause;
    }

    /// <summary>The summary, and as many of the latest messages that it does not cover as the budget holds.</summary>
    private List<LaneMessage> Fit(ClaimedLane lane, IReadOnlyList<LaneMessage> session, IReadOnlyList<LaneMessage> pending, BotSnapshot bot, MemorySettings memory, StoredSummary? summary)
    {
        var through = summary?.ThroughSequence ?? 0;
        var left = Budget(pending, bot, memory);
        var fitted = new List<LaneMessage>(session.Count + 1);
        var remembered = summary is null ? null : Remember(summary);
        if (remembered is not null)
        {
            left -= Cost(remembered, bot);
        }
        var room = bot.Ai.MaxHistory - (remembered is null ? 0 : 1);
        var isCut = false;
        var uncovered = 0;
        for (var i = session.Count - 1; i >= 0; i--)
        {
            var message = session[i];
            if (message.Sequence <= through || string.IsNullOrWhiteSpace(message.Text) || message.Kind == MessageKind.Blocked)
            {
                continue;
            }
            uncovered++;
            if (isCut || fitted.Count >= room || (left -= Cost(message, bot)) < 0)
            {
                isCut = true;
                continue;
            }
            fitted.Add(message);
        }
        if (memory.Summarize && !_isDemo && (isCut || uncovered >= KeepSummaries.DueAt(bot.Ai.MaxHistory)))
        {
            due.Add(lane.Conversation);
        }
        if (remembered is not null)
        {
            fitted.Add(remembered);
        }
        fitted.Reverse();
        return fitted;
    }

    private int Budget(IReadOnlyList<LaneMessage> pending, BotSnapshot bot, MemorySettings memory)
    {
        var left = bot.Ai.MaxPromptTokens - MessageOverhead - (string.IsNullOrWhiteSpace(bot.Ai.SystemPrompt) ? 0 : MessageOverhead + counter.Count(bot.Ai.Model, bot.Ai.SystemPrompt));
        for (var i = 0; i < pending.Count; i++)
        {
            left -= Cost(pending[i], bot);
        }
        return memory.HistoryTokens is { } most && most < left ? most : left;
    }

    private int Cost(LaneMessage message, BotSnapshot bot) =>
        MessageOverhead + counter.Count(bot.Ai.Model, message.Text) + (message.AuthorName is { } name ? counter.Count(bot.Ai.Model, name) + 1 : 0);

    /// <summary>Not with the system prompt's weight: participants' words are in it. And so it passes the redaction of personal data like any of theirs.</summary>
    private static LaneMessage Remember(StoredSummary summary) => new(
        summary.ThroughSequence, Guid.Empty, MessageAuthor.Participant, MessageKind.Text,
        $"[Notes of what was said before in this conversation:\n{summary.Text}]", null, null, summary.ThroughAt ?? default, null);
}
