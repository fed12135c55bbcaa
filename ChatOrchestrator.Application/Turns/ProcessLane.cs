using System.Diagnostics;
using ChatOrchestrator.Application.Delivery;
using ChatOrchestrator.Application.Memory;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// Works on one claimed lane: what is saved but not sent goes out first, then the next turn is made, saved and sent.
/// It always ends by giving the lane back, unless the lane is somebody else's by then.
/// </summary>
internal sealed partial class ProcessLane(
    IConnectionDirectory connections,
    Platforms platforms,
    AdmitMessages admit,
    ReadAttachments readAttachments,
    ModerateTurn moderate,
    RecallHistory recall,
    GenerateAnswer generate,
    DeliverParts deliver,
    LaneCommits commits,
    KeepSuggestion suggest,
    WakeRestingLanes wake,
    WorkerIdentity worker,
    TimeProvider time,
    ILogger<ProcessLane> logger)
{
    private const string CannotRead = "Sorry, I cannot read that kind of message. Please tell me in words.";

    private static readonly TimeSpan WhileDisabled = TimeSpan.FromMinutes(5);

    /// <summary>A busy lane takes its next turn with what is loaded already, but not for longer: so lanes move to where there is time for them.</summary>
    private static readonly TimeSpan LongestStay = TimeSpan.FromSeconds(4);

    public async Task HandleAsync(HeldLane held, LaneContent content)
    {
        var lane = held.Lane;
        using var scope = logger.BeginScope(held.Log);
        try
        {
            var connection = await connections.FindAsync(lane.Connection, held.Cancellation);
            if (connection is null || connection.DisabledReason is not null || !platforms.TryFind(connection.Platform.Value, out var platform))
            {
                await commits.CommitAsync(held, new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = WhileDisabled }, held.Cancellation);
                if (connection?.DisabledReason is not null)
                {
                    await wake.UnlessStillOffAsync(connection);
                }
            }
            else if (lane.HasOutbound)
            {
                held.Log.Platform = connection.Platform.Value;
                await deliver.HandleAsync(held, connection, platform, content.OpenParts, lane.OutboundSequence);
            }
            else if (lane.HasInbound)
            {
                while (await TakeTurnAsync(held, content, connection, platform) is { } rest)
                {
                    content = rest;
                }
            }
            else
            {
                await GiveBackAsync(held);
            }
        }
        catch (OperationCanceledException) when (held.Cancellation.IsCancellationRequested)
        {
            await (held.IsLost ? ChargeAsync(held) : GiveBackAsync(held));
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // Nothing more can be saved. The lease runs out, and whoever takes the lane then finds what was committed.
            LaneLeft(lane.Conversation, "store_unavailable");
        }
        catch (Exception e)
        {
            LaneFailed(e, lane.Conversation);
            await RestAsync(held, content);
        }
    }

    /// <summary>Answers the next of what waits.</summary>
    /// <returns>What is left of it, when the lane stays in hand; null when it was given back.</returns>
    private async Task<LaneContent?> TakeTurnAsync(HeldLane held, LaneContent content, ConnectionSnapshot connection, IPlatformAdapter platform)
    {
        var admission = await admit.HandleAsync(held.Lane, NextTurn.Of(content.Pending, platforms.QuietPeriodMs(connection)), content.History, connection);
        var messages = admission.Messages;
        held.Log.Platform = connection.Platform.Value;
        if (messages.Count > 0)
        {
            held.Log.Begin(messages[^1], connection.Bot.Ai.Model);
        }
        var started = time.GetUtcNow();
        var clock = time.GetTimestamp();
        using var activity = StartActivity(messages, connection);

        var turn = new TurnCommit
        {
            Lease = held.Lane.Lease,
            Connection = connection.Id,
            TurnId = Guid.CreateVersion7(),
            AnswerId = Guid.CreateVersion7(),
            FromSequence = messages.Count > 0 ? messages[0].Sequence : held.Lane.HandledSequence + 1,
            ThroughSequence = messages.Count > 0 ? messages[^1].Sequence : held.Lane.LastSequence,
            MessageId = messages.Count > 0 ? messages[^1].Id : Guid.Empty,
            State = TurnState.Silent,
            PromptVersion = connection.Bot.PromptVersion,
            Attempt = held.Lane.Attempts + 1,
            Worker = worker.Name,
            StartedAt = started,
            EndedAt = started,
            TraceParent = activity?.Id ?? (messages.Count > 0 ? messages[^1].TraceParent : null),
            Reopen = held.Lane.State == ConversationState.Ended,
            TakenOverFrom = held.Lane.TakenOverFrom,
        };
        try
        {
            if (messages.Count > 0 && held.Lane.State != ConversationState.HandedOff && turn.Attempt > connection.Bot.Processing.MaxAttempts)
            {
                throw new InvalidOperationException("The last attempt ended in something that could not be saved; it is not made once more.");
            }
            turn = admission.Refusal is { } refusal
                ? moderate.Refused(turn with { Reason = refusal, Answer = admission.Notice }, messages, connection)
                : await DecideAsync(turn, held, content, messages, connection, platform);
            if (turn.Answer is not null)
            {
                turn = turn with { Parts = platform.Split(turn.Answer) };
            }
            if (turn.State == TurnState.Answered && turn.Parts.Count == 0)
            {
                // Nothing of it can be seen: as good as no answer, and the user must not be left without one.
                throw new ModelException(ModelFailure.Empty);
            }
            if (turn.Answer is not null && turn.Parts.Count == 0)
            {
                // A greeting or help text of markup only: there is nothing to send, and the timeline says so.
                turn = turn with { State = TurnState.Silent, Reason = "empty_answer", Answer = null };
            }
        }
        catch (Exception e) when (e is not OperationCanceledException && !StatementTimedOutException.IsStoreAway(e))
        {
            var reason = TurnReasons.Of(e);
            if (e is not (ModelException or MediaException or ScoringException))
            {
                TurnBroke(e, held.Lane.Conversation);
            }
            if (!IsFinal(e, turn.Attempt, connection))
            {
                await RetryLaterAsync(held, messages, turn.Attempt, reason, (e as ModelException)?.RetryAfter);
                return null;
            }
            TurnFailed(held.Lane.Conversation, turn.Attempt, reason);
            // One apology for a question: whose replay fails was told so the first time.
            var apology = messages[^1].Kind == MessageKind.Replay ? null : ApologyFor(e, connection.Bot.Processing);
            turn = turn with { State = TurnState.Failed, Reason = reason, Answer = apology, Parts = apology is null ? [] : [new PartBody(null)], DeadLetterOf = turn.MessageId };
            turn = turn with { Moderations = e is ScoringException ? moderate.Unjudged(held, messages, connection) : held.Record.Moderations };
        }
        turn = held.Record.MoveTo(turn) with { EndedAt = time.GetUtcNow() };
        held.Log.Model = turn.Model ?? held.Log.Model;
        var committed = await commits.CommitAsync(held, turn, held.Generation);
        if (!committed.Held)
        {
            Abandon(platform, connection, DraftOf(held, turn, messages));
            await suggest.KeepAsync(held.Lane, turn, CancellationToken.None);
            return null;
        }
        if (turn.HandOver && platform is IShowsConversationState shows)
        {
            shows.ShowState(connection, held.Lane.Chat, ConversationState.HandedOff);
        }
        var took = time.GetElapsedTime(clock);
        EngineTelemetry.TurnDuration.Record(took.TotalSeconds);
        TurnEnded(turn.TurnId, held.Lane.Conversation, turn.State, turn.Reason, turn.Parts.Count, (turn.InputTokens ?? 0) + (turn.OutputTokens ?? 0), took.TotalMilliseconds);
        if (committed.IsBehind)
        {
            // Whoever claims the lane next finds everything that is to be sent, in its order.
            await GiveBackAsync(held);
            return null;
        }
        var keep = MayStay(held, turn) && content.Pending.Count > messages.Count;
        try
        {
            if (!await deliver.HandleAsync(
                held, connection, platform, OpenParts(turn, committed.AnswerSequence, messages), committed.AnswerSequence, keep, messages.Count > 0 ? messages[0].CreatedAt : null))
            {
                return null;
            }
        }
        finally
        {
            if (held.IsLost)
            {
                // What was delivered stays; what was only shown is not the bot's to say any more.
                Abandon(platform, connection, DraftOf(held, turn, messages));
            }
        }
        held.MoveOn(turn.ThroughSequence, committed.AnswerSequence);
        if (held.IsOutdated)
        {
            // Since it was kept: while its answer was sent.
            await GiveBackAsync(held);
            return null;
        }
        return content.After(messages, turn, committed.AnswerSequence, connection.Bot.Ai.MaxHistory);
    }

    /// <summary>Not where what is loaded may have changed: by a command, by talk among others, or because somebody edited what waits.</summary>
    private bool MayStay(HeldLane held, TurnCommit turn) =>
        held.Lane.State == ConversationState.Active && !held.Lane.IsGroup && !held.IsOutdated && !turn.Forget && !turn.HandOver && turn.Moderations.Count == 0 && turn.Unjudged.Count == 0 && !held.Cancellation.IsCancellationRequested
        && time.GetElapsedTime(held.ClaimedAt) < LongestStay;

    /// <summary>Fills in what the turn answers, if anything.</summary>
    private async Task<TurnCommit> DecideAsync(TurnCommit turn, HeldLane held, LaneContent content, IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection, IPlatformAdapter platform)
    {
        if (messages.Count == 0)
        {
            return turn with { Reason = "nothing_to_answer" };
        }
        if (held.Lane.State == ConversationState.HandedOff)
        {
            return await moderate.UnreadAsync(turn with { Reason = "handed_off" }, held, messages, connection);
        }
        var last = messages[^1];
        if (last.Kind == MessageKind.Command && Commands.Answer(last.Text, connection.Bot) is { } answer)
        {
            return await moderate.UnreadAsync(turn with { State = TurnState.Command, Answer = answer, Forget = Commands.Forgets(last.Text) }, held, messages, connection);
        }
        if (messages.All(m => m.Kind == MessageKind.Unsupported))
        {
            return await moderate.UnreadAsync(turn with { State = TurnState.Command, Reason = "unsupported_content", Answer = CannotRead }, held, messages, connection);
        }
        var readable = await readAttachments.HandleAsync(held, messages, connection, platform, insist: turn.Attempt < connection.Bot.Processing.MaxAttempts);
        if (readable.Withheld is { } unspoken)
        {
            return await moderate.UnreadAsync(turn with { Reason = BudgetReachedException.Reason, Answer = unspoken.Notice, HandOver = unspoken.HandsOver }, held, messages, connection);
        }
        if (readable.Unreadable is { } what)
        {
            var sorry = $"Sorry, I cannot read this kind of attachment here ({what}). Please tell me in words.";
            return await moderate.UnreadAsync(turn with { State = TurnState.Command, Reason = "unreadable_attachment", Answer = sorry }, held, messages, connection);
        }
        turn = await moderate.InputAsync(turn, held, readable, connection);
        if (turn.Answer is not null)
        {
            return turn;
        }
        (turn, var said) = await moderate.HistoryAsync(turn, held, content.History, connection);
        held.Record.Moderations = turn.Moderations;
        var history = await recall.HandleAsync(held.Lane, said, readable.Messages, connection, held.Generation);
        var generated = await generate.HandleAsync(held, history, readable, connection, platform, DraftOf(held, turn, messages));
        if (generated.Withheld is { } withheld)
        {
            return turn with { Reason = BudgetReachedException.Reason, Answer = withheld.Notice, HandOver = withheld.HandsOver };
        }
        turn = turn with
        {
            State = TurnState.Answered,
            // Postgres cannot store U+0000 in text: an answer with one could never be saved.
            Answer = generated.Text.Replace('\0', '\uFFFD'),
            Model = generated.Model,
            Reason = generated.IsCut ? "model_answer_too_long" : turn.Reason,
            FirstTokenAt = generated.FirstTokenAt,
        };
        return await moderate.OutputAsync(turn, held, connection, replayed: last.Kind == MessageKind.Replay);
    }

    private static AnswerDraft DraftOf(HeldLane held, TurnCommit turn, IReadOnlyList<LaneMessage> messages) =>
        new(held.Lane.Chat, turn.TurnId, turn.AnswerId, messages.Count > 0 ? messages[^1].Content?.AnswerVia : null);

    private static void Abandon(IPlatformAdapter platform, ConnectionSnapshot connection, AnswerDraft draft)
    {
        if (platform is IStreamsAnswers streams && streams.Streams(connection))
        {
            streams.Abandon(connection, draft);
        }
    }

    private static List<OpenPart> OpenParts(TurnCommit turn, long sequence, IReadOnlyList<LaneMessage> messages)
    {
        var last = messages.Count > 0 ? messages[^1] : null;
        var parts = new List<OpenPart>(turn.Parts.Count);
        foreach (var body in turn.Parts)
        {
            parts.Add(new OpenPart(turn.AnswerId, sequence, parts.Count, body.Body ?? turn.Answer!, body.Format, body.PlainBody, PartState.Pending, 0, MessageAuthor.Bot, last?.CreatedAt, last?.Content?.AnswerVia));
        }
        return parts;
    }

    private async Task RetryLaterAsync(HeldLane held, IReadOnlyList<LaneMessage> messages, int attempt, string reason, TimeSpan? retryAfter)
    {
        EngineTelemetry.TurnFailures.Add(1, new KeyValuePair<string, object?>("reason", reason));
        var delay = Backoff.After(attempt, retryAfter);
        TurnPostponed(held.Lane.Conversation, attempt, reason, delay.TotalSeconds);
        await commits.CommitAsync(
            held,
            new DeliveryCommit { Lease = held.Lane.Lease, Next = LaneNext.Hold, Hold = delay, Failure = new FailedAttempt(messages[^1].Id, reason) },
            held.Cancellation);
    }

    /// <summary>
    /// Something that should not happen did: the lane rests before it is tried again. It counts as an attempt at the turn,
    /// so that a message that breaks us every time becomes a dead letter like any other.
    /// </summary>
    private async Task RestAsync(HeldLane held, LaneContent content)
    {
        var lane = held.Lane;
        var failure = !lane.HasOutbound && content.Pending is [var first, ..] ? new FailedAttempt(first.Id, TurnReasons.Of(null)) : (FailedAttempt?)null;
        try
        {
            await commits.CommitAsync(
                held,
                new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = Backoff.After(Math.Max(5, lane.Attempts + 1), null), Failure = failure },
                CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            LaneLeft(held.Lane.Conversation, "store_unavailable");
        }
    }

    /// <summary>Nobody wants the answer any more; what was used for it was paid for.</summary>
    private async Task ChargeAsync(HeldLane held)
    {
        try
        {
            await commits.SettleAsync(held);
        }
        catch (StoreUnavailableException)
        {
            LaneLeft(held.Lane.Conversation, "store_unavailable");
        }
    }

    private async Task GiveBackAsync(HeldLane held)
    {
        try
        {
            await commits.CommitAsync(held, new DeliveryCommit { Lease = held.Lane.Lease, Next = LaneNext.Release }, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            LaneLeft(held.Lane.Conversation, "store_unavailable");
        }
    }

    /// <summary>The turn goes on in the trace of the webhook that brought its last message.</summary>
    private static Activity? StartActivity(IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection)
    {
        if (messages.Count == 0 || !EngineTelemetry.Source.HasListeners())
        {
            return null;
        }
        ActivityContext.TryParse(messages[^1].TraceParent, null, isRemote: true, out var parent);
        var activity = EngineTelemetry.Source.StartActivity("turn", ActivityKind.Consumer, parent);
        activity?.SetTag("chat.platform", connection.Platform.Value).SetTag("chat.messages", messages.Count);
        return activity;
    }

    private static bool IsFinal(Exception e, int attempt, ConnectionSnapshot connection) =>
        TurnReasons.IsFinal(e) || attempt >= connection.Bot.Processing.MaxAttempts;

    /// <summary>A refusal is no failure that passes: to try again in a moment would be bad advice.</summary>
    private static string ApologyFor(Exception e, ProcessingSettings processing) =>
        e is ModelException { Failure: ModelFailure.Refused } ? processing.Models?.Refusal ?? ModelSettings.DefaultRefusal : processing.Apology;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Turn {TurnId} in {ConversationId} is saved: {State} ({Reason}), {Parts} parts, {Tokens} tokens, {Milliseconds:F1} ms")]
    private partial void TurnEnded(Guid turnId, ConversationId conversationId, TurnState state, string? reason, int parts, int tokens, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "A turn in {ConversationId} broke")]
    private partial void TurnBroke(Exception e, ConversationId conversationId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn in {ConversationId}: attempt {Attempt} failed ({Reason}); next in {Seconds:F1} s")]
    private partial void TurnPostponed(ConversationId conversationId, int attempt, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Turn in {ConversationId} failed for good after {Attempt} attempts ({Reason})")]
    private partial void TurnFailed(ConversationId conversationId, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Working on lane {ConversationId} failed")]
    private partial void LaneFailed(Exception e, ConversationId conversationId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lane {ConversationId} is left to its lease's end ({Reason})")]
    private partial void LaneLeft(ConversationId conversationId, string reason);
}
