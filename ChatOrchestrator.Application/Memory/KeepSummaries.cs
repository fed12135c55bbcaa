using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Memory;

/// <summary>
/// Keeps the summaries up, beside the answers and never before them. What is due stands in the store; every worker claims
/// some of it, and what one does not finish another takes over when the claim has run out.
/// </summary>
internal sealed partial class KeepSummaries(
    ISummaryStore store,
    IConnectionDirectory connections,
    DueSummaries due,
    WriteSummary write,
    ModerateHistory unjudged,
    ITokenCounter counter,
    TimeProvider time,
    ILogger<KeepSummaries> logger) : BackgroundService
{
    /// <summary>How many summaries one process writes at a time.</summary>
    private const int MaxAtATime = 4;

    /// <summary>How many messages one call adds.</summary>
    private const int MaxAdded = 100;

    /// <summary>A summary that is begun anew reaches back so far behind the recent history.</summary>
    private const int MaxBegun = 200;

    /// <summary>How many of the latest messages are never summarized, at least.</summary>
    private const int MinKept = 2;

    private static readonly TimeSpan Lease = WriteSummary.Patience + TimeSpan.FromSeconds(30);

    /// <summary>What another process has left is looked for so often; one's own turns say at once when there is something.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>With how many messages that no summary covers one is due: before the first of them leaves the recent history.</summary>
    public static int DueAt(int maxHistory) => Math.Max(MinKept + 1, maxHistory * 3 / 4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await WorkAsync(stoppingToken) > 0)
                {
                }
            }
            catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
            {
                // The pump says so already; the turns will see again what is due.
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                WorkFailed(e);
            }
            using var poll = new CancellationTokenSource(Poll, time);
            using var link = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, poll.Token);
            await ((Task)due.WaitAsync(link.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes some of what is due.</summary>
    /// <returns>How many were tried.</returns>
    internal async Task<int> WorkAsync(CancellationToken cancellationToken)
    {
        var marked = new HashSet<ConversationId>();
        while (due.TryTake(out var conversation))
        {
            if (marked.Add(conversation))
            {
                await store.MarkDueAsync(conversation, cancellationToken);
            }
        }
        var claimed = await store.ClaimAsync(MaxAtATime, Lease, cancellationToken);
        await Task.WhenAll(claimed.Select(c => WriteAsync(c, cancellationToken)));
        return claimed.Count;
    }

    private async Task WriteAsync(ClaimedSummary claimed, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await connections.FindAsync(claimed.Connection, cancellationToken);
            if (connection?.Bot.Processing.Memory is not { Summarize: true } memory)
            {
                await store.SaveAsync(claimed, new WrittenSummary(claimed.Summary.Text, claimed.Summary.ThroughSequence, claimed.Summary.ThroughAt, HasMore: false), cancellationToken);
                return;
            }
            await WriteAsync(claimed, connection, memory, cancellationToken);
        }
        catch (ModelException e)
        {
            var failure = Turns.TurnReasons.Of(e.Failure);
            EngineTelemetry.Summaries.Add(1, new KeyValuePair<string, object?>("outcome", failure));
            NotWritten(claimed.Conversation, failure, claimed.Failures + 1);
            await store.PostponeAsync(claimed, failure, Pause(claimed.Failures, e.RetryAfter), cancellationToken);
        }
        catch (BudgetReachedException e)
        {
            EngineTelemetry.Summaries.Add(1, new KeyValuePair<string, object?>("outcome", BudgetReachedException.Reason));
            NotPaid(claimed.Conversation, e.Message);
            await store.PostponeAsync(claimed, BudgetReachedException.Reason, LongestPause, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException && !StatementTimedOutException.IsStoreAway(e))
        {
            Broke(e, claimed.Conversation);
            await store.PostponeAsync(claimed, "internal_error", LongestPause, cancellationToken);
        }
    }

    private async Task WriteAsync(ClaimedSummary claimed, ConnectionSnapshot connection, MemorySettings memory, CancellationToken cancellationToken)
    {
        var bot = connection.Bot;
        var before = claimed.Summary is { Text.Length: > 0 } known && known.ThroughSequence > claimed.ForgottenThrough ? known : new StoredSummary("", claimed.ForgottenThrough, null);
        var isNew = before.Text.Length == 0;
        var kept = bot.Ai.MaxHistory / 2;
        var limit = kept + (isNew ? MaxBegun : MaxAdded);
        var messages = await store.ListMessagesAsync(claimed.Conversation, before.ThroughSequence, limit, latest: isNew, cancellationToken);
        var added = messages.Count - Kept(messages, bot, memory, Math.Max(MinKept, kept));
        if (added <= 0)
        {
            await store.SaveAsync(claimed, new WrittenSummary(before.Text, before.ThroughSequence, before.ThroughAt, HasMore: false), cancellationToken);
            return;
        }
        var (text, said) = Session(before, [.. messages.Take(added)], memory);
        said = [.. (await ReadableAsync(connection, claimed.Conversation, said, cancellationToken)).Where(m => !string.IsNullOrWhiteSpace(m.Text)).Select(m => claimed.IsGroup ? m : m with { Name = null })];
        if (said.Count > 0)
        {
            text = await write.HandleAsync(connection, claimed.Conversation, memory, text, said, cancellationToken);
        }
        var last = messages[added - 1];
        if (await store.SaveAsync(claimed, new WrittenSummary(text, last.Sequence, last.CreatedAt, HasMore: !isNew && messages.Count == limit), cancellationToken))
        {
            EngineTelemetry.Summaries.Add(1, new KeyValuePair<string, object?>("outcome", "written"));
        }
    }

    /// <summary>Without what was said among others, or changed into, that the bot does not let in.</summary>
    private async ValueTask<IReadOnlyList<SaidMessage>> ReadableAsync(ConnectionSnapshot connection, ConversationId conversation, IReadOnlyList<SaidMessage> messages, CancellationToken cancellationToken)
    {
        var readable = new List<SaidMessage>(messages.Count);
        foreach (var message in messages)
        {
            var earlier = new EarlierMessage(conversation, message.Id, EarlierMessage.SinceOf(message.Kind, message.CreatedAt, message.EditedAt), message.Text);
            // What was refused as too many is not worth asking for: nobody has answered it.
            if (!(message.Kind == MessageKind.Unjudged && unjudged.IsDue(connection, earlier)) && await unjudged.MayBeReadAsync(connection, earlier, cancellationToken))
            {
                readable.Add(message);
            }
        }
        return readable;
    }

    /// <summary>How many of the latest messages stay out of the summary: they stand in the prompt themselves, in half of the place that history has.</summary>
    private int Kept(IReadOnlyList<SaidMessage> messages, BotSnapshot bot, MemorySettings memory, int most)
    {
        var left = (memory.HistoryTokens ?? bot.Ai.MaxPromptTokens) / 2;
        var kept = 0;
        while (kept < Math.Min(most, messages.Count))
        {
            left -= counter.Count(bot.Ai.Model, messages[^(kept + 1)].Text);
            if (left < 0 && kept >= MinKept)
            {
                break;
            }
            kept++;
        }
        return kept;
    }

    /// <summary>Where a new session knows nothing of the one before, its summary does not either.</summary>
    private static (string Before, IReadOnlyList<SaidMessage> Said) Session(StoredSummary before, IReadOnlyList<SaidMessage> messages, MemorySettings memory)
    {
        if (memory.KeepSummary || memory.SessionPause() is not { } pause)
        {
            return (before.Text, messages);
        }
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            var previous = i > 0 ? messages[i - 1].CreatedAt : before.ThroughAt;
            if (previous is { } at && messages[i].CreatedAt - at >= pause)
            {
                return ("", [.. messages.Skip(i)]);
            }
        }
        return (before.Text, messages);
    }

    /// <summary>Doubles with every failure, from ten seconds to an hour.</summary>
    private static TimeSpan Pause(int failures, TimeSpan? retryAfter)
    {
        var pause = TimeSpan.FromSeconds(10 * Math.Pow(2, Math.Min(failures, 10)));
        pause = pause < LongestPause ? pause : LongestPause;
        return retryAfter > pause ? retryAfter.Value : pause;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The summary of {ConversationId} was not written ({Failure}, {Failures} in a row)")]
    private partial void NotWritten(ConversationId conversationId, string failure, int failures);

    [LoggerMessage(Level = LogLevel.Information, Message = "The summary of {ConversationId} waits: the bot's budget is used up ({Limit})")]
    private partial void NotPaid(ConversationId conversationId, string limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing the summary of {ConversationId} broke")]
    private partial void Broke(Exception e, ConversationId conversationId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Keeping summaries up failed")]
    private partial void WorkFailed(Exception e);
}
