using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>
/// Shows answers in the making on a platform that can edit messages: a message is sent when there is something to read,
/// and edited, not too often, as more comes. Delivery then edits it once more, to the final text
/// (<see cref="DeliverAsync"/>), which is never left to chance: where the edit is refused, or a call that went astray might
/// still undo it, the text is sent as a new message and the shown one is deleted.
/// <para>
/// What is shown is kept in this process only. An answer that another worker delivers is a new message there, and is
/// deleted here when nobody has asked for it for <see cref="Idle"/>. After a crash the shown fragment stays, and the final
/// text comes as a new message below it.
/// </para>
/// </summary>
internal sealed partial class StreamedAnswers(IShowsDrafts platform, TimeProvider time, ILogger logger) : IAsyncDisposable, IDisposable
{
    /// <summary>How many answers are shown at a time; others appear when they are finished.</summary>
    public const int MaxDrafts = 1_024;

    /// <summary>With so many characters the first message is sent, or after <see cref="FirstAfter"/>.</summary>
    public const int FirstLength = 100;

    public static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1);

    /// <summary>After so long without news the answer is taken to be in other hands.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>How long delivery waits for a call under way, before it sends a new message.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A final edit that is too fast by no more than this is made again at once.</summary>
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AtShutdown = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenDeletions = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private const int MaxDeletions = 4;

    private readonly ConcurrentDictionary<Guid, StreamedAnswer> _drafts = new();
    private readonly StreamPace _pace = new(time);

    // Neither is disposed: calls under way look at them, and they hold no handles.
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _aborting = new();

    /// <summary>How many answers are shown, or were until a moment ago.</summary>
    public int Count => _drafts.Count;

    /// <summary>Whether a message shows something of this answer.</summary>
    public bool IsShown(Guid answerId) => _drafts.TryGetValue(answerId, out var answer) && answer.MessageId is not null;

    /// <summary>Adds to an answer. Returns at once; the calls are made by tasks of this class.</summary>
    public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text)
    {
        if (!_drafts.TryGetValue(draft.AnswerId, out var answer))
        {
            if (_closing.IsCancellationRequested || _drafts.Count >= MaxDrafts)
            {
                return;
            }
            answer = new StreamedAnswer(connection, draft, time.GetUtcNow());
            if (!_drafts.TryAdd(draft.AnswerId, answer))
            {
                return;
            }
            answer.Run = Task.Run(() => RunAsync(answer), CancellationToken.None);
        }
        answer.Append(text, FirstLength, time.GetUtcNow());
    }

    /// <summary>Deletes what is shown of an answer that will not be delivered. Returns at once.</summary>
    public void Abandon(AnswerDraft draft) => Withdraw(draft.AnswerId);

    /// <summary>
    /// Delivers a part: the first one of an answer that is shown by making the shown message the final one, every other by
    /// sending it. Attempts may be repeated: the same message is edited again.
    /// </summary>
    /// <param name="edit">Edits the message of this id; <see cref="FailureScope.Part"/>: it cannot be edited, send a new one. Null: this part is of a kind that no text becomes.</param>
    /// <param name="send">Sends a new message.</param>
    public async Task<DeliveryOutcome> DeliverAsync(
        OutboundPart part, Func<string, Task<DeliveryOutcome>>? edit, Func<Task<DeliveryOutcome>> send, CancellationToken cancellationToken)
    {
        if (part.Ordinal > 0 || await TakeAsync(part.MessageId, cancellationToken) is not { } messageId)
        {
            return await send();
        }
        if (edit is not null)
        {
            var edited = await edit(messageId);
            if (edited is DeliveryOutcome.Retry { Throttled: true } wait && wait.After <= LongestNap)
            {
                // The lane is not given back for it: only this process knows the message.
                await Task.Delay(wait.After, time, cancellationToken);
                edited = await edit(messageId);
            }
            if (edited is not DeliveryOutcome.Failed { Scope: FailureScope.Part })
            {
                if (edited is DeliveryOutcome.Delivered && _drafts.TryGetValue(part.MessageId, out var answer))
                {
                    answer.Settle();
                }
                return edited;
            }
        }
        var sent = await send();
        Withdraw(part.MessageId);
        return sent;
    }

    /// <summary>The message that shows an answer, now that nothing changes it any more; null: there is none that the final text could be put into.</summary>
    public async ValueTask<string?> TakeAsync(Guid answerId, CancellationToken cancellationToken)
    {
        if (!_drafts.TryGetValue(answerId, out var answer) || !answer.Take(time.GetUtcNow()))
        {
            return null;
        }
        await answer.Stopped.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!answer.Stopped.IsCompleted)
        {
            answer.Withdraw();
            return null;
        }
        if (answer.MessageId is null)
        {
            answer.Settle();
        }
        else if (answer.IsSpoiled)
        {
            answer.Withdraw();
        }
        return answer.Phase == StreamPhase.Taken ? answer.MessageId : null;
    }

    /// <summary>Deletes what is shown, as far as that is done quickly: nobody else knows of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        var runs = new List<Task>();
        foreach (var answer in _drafts.Values)
        {
            answer.Withdraw();
            runs.Add(answer.Run);
        }
        await Task.WhenAll(runs).WaitAsync(AtShutdown, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _aborting.CancelAsync();
    }

    public void Dispose()
    {
        _closing.Cancel();
        _aborting.Cancel();
    }

    private void Withdraw(Guid answerId)
    {
        if (_drafts.TryGetValue(answerId, out var answer))
        {
            answer.Withdraw();
        }
    }

    /// <summary>The whole life of one answer. Throws nothing: nobody waits for it.</summary>
    private async Task RunAsync(StreamedAnswer answer)
    {
        try
        {
            await ShowAsync(answer);
            await EndAsync(answer);
            if (answer.Phase == StreamPhase.Withdrawn)
            {
                await DeleteAsync(answer);
                if (answer.MayGrow)
                {
                    // Remembered for a while, so that a straggler of the model's stream does not begin it anew.
                    await Task.Delay(Idle, time, _closing.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The process goes away.
        }
        catch (Exception e)
        {
            // The type only: a client's message may quote an address with a token in it.
            Broke(answer.Draft.AnswerId, e.GetType().Name);
        }
        finally
        {
            answer.Stop();
            _drafts.TryRemove(answer.Draft.AnswerId, out _);
        }
    }

    private async Task ShowAsync(StreamedAnswer answer)
    {
        try
        {
            await GrowAsync(answer);
        }
        catch (Exception e) when (!_aborting.IsCancellationRequested)
        {
            answer.Spoil();
            Broke(answer.Draft.AnswerId, e.GetType().Name);
        }
        answer.Stop();
    }

    /// <summary>Shows more of the answer until it is taken or withdrawn.</summary>
    private async Task GrowAsync(StreamedAnswer answer)
    {
        DateTimeOffset? due = null;
        while (true)
        {
            var changed = answer.Changed;
            var now = time.GetUtcNow();
            if (answer.Phase != StreamPhase.Growing || answer.IsSpoiled)
            {
                return;
            }
            if (!answer.HasNews)
            {
                await WaitAsync(changed, answer.WithdrawAfter(Idle, now));
                continue;
            }
            if (answer.MessageId is null && answer.Length < FirstLength && now < answer.StartedAt + FirstAfter)
            {
                await WaitAsync(changed, answer.StartedAt + FirstAfter - now);
                continue;
            }
            due ??= _pace.Reserve(answer.Connection.Id, answer.Draft.Chat, platform.Between(answer.Draft));
            if (now < due)
            {
                await WaitAsync(changed, due.Value - now);
                continue;
            }
            due = null;
            await ShowMoreAsync(answer);
        }
    }

    private async Task ShowMoreAsync(StreamedAnswer answer)
    {
        if (platform.Render(answer.Read()) is not { } body || body == answer.Shown)
        {
            return;
        }
        var call = answer.MessageId is { } messageId
            ? await platform.EditAsync(answer.Connection, answer.Draft, messageId, body, _aborting.Token)
            : await platform.SendAsync(answer.Connection, answer.Draft, body, _aborting.Token);
        _pace.Called(answer.Connection.Id, answer.Draft.Chat, platform.Between(answer.Draft));
        switch (call.State)
        {
            case DraftCallState.Done:
                answer.Show(call.MessageId, body);
                break;
            case DraftCallState.TooFast:
                _pace.Throttled(answer.Connection.Id, answer.Draft.Chat, call.RetryAfter);
                answer.PutBack();
                break;
            default:
                answer.Spoil();
                NotShown(answer.Draft.AnswerId, call.State);
                break;
        }
    }

    /// <summary>Waits until it is known what becomes of the message.</summary>
    private async Task EndAsync(StreamedAnswer answer)
    {
        while (true)
        {
            var changed = answer.Changed;
            if (answer.Phase is StreamPhase.Settled or StreamPhase.Withdrawn)
            {
                return;
            }
            await WaitAsync(changed, answer.WithdrawAfter(Idle, time.GetUtcNow()));
        }
    }

    private async Task DeleteAsync(StreamedAnswer answer)
    {
        if (answer.MessageId is not { } messageId)
        {
            return;
        }
        for (var attempt = 1; attempt <= MaxDeletions; attempt++)
        {
            var call = await platform.DeleteAsync(answer.Connection, answer.Draft, messageId, _aborting.Token);
            if (call.State is DraftCallState.Done or DraftCallState.Refused)
            {
                return;
            }
            var pause = call.RetryAfter ?? BetweenDeletions;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, _aborting.Token);
        }
        NotDeleted(answer.Draft.AnswerId);
    }

    private async Task WaitAsync(Task changed, TimeSpan atMost)
    {
        if (atMost > TimeSpan.Zero)
        {
            await changed.WaitAsync(atMost, time, _aborting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _aborting.Token.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Answer {AnswerId} is not shown any further while it is made ({State})")]
    private partial void NotShown(Guid answerId, DraftCallState state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was shown of answer {AnswerId} could not be deleted")]
    private partial void NotDeleted(Guid answerId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Showing answer {AnswerId} broke ({Error})")]
    private partial void Broke(Guid answerId, string error);
}
