using System.Diagnostics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Delivery;

/// <summary>
/// Sends parts in order, each outcome saved before the next part goes, so that a crash repeats at most the one in flight.
/// The last outcome gives the lane back in the same commit, unless the lane goes on to its next turn.
/// </summary>
internal sealed partial class DeliverParts(
    LaneLeases leases,
    LanePlaces places,
    LaneCommits commits,
    IPacer pacer,
    IConnectionDirectory connections,
    ReconcileDelivery reconcile,
    WakeRestingLanes wake,
    TimeProvider time,
    ILogger<DeliverParts> logger)
{
    private const int MaxAttempts = 10;

    /// <summary>Waits shorter than this are slept through with the lane in hand; longer ones give it back.</summary>
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WhileDisabled = TimeSpan.FromMinutes(5);

    /// <param name="throughSequence">The last outbound message of the lane: with the last part everything is delivered up to here.</param>
    /// <param name="keep">Whether the lane goes on when all is sent, without waiting for the last outcome's commit.</param>
    /// <param name="askedAt">When the question was stored, for the metrics.</param>
    /// <returns>Whether the lane is still in hand.</returns>
    public async Task<bool> HandleAsync(
        HeldLane held,
        ConnectionSnapshot connection,
        IPlatformAdapter platform,
        IReadOnlyList<OpenPart> parts,
        long throughSequence,
        bool keep = false,
        DateTimeOffset? askedAt = null)
    {
        var lease = held.Lane.Lease;
        if (parts.Count == 0)
        {
            if (!keep)
            {
                await commits.CommitAsync(held, new DeliveryCommit { Lease = lease, DeliveredThrough = throughSequence, Next = LaneNext.Release }, held.Cancellation);
            }
            return keep;
        }
        using var activity = EngineTelemetry.Source.StartActivity("deliver", ActivityKind.Producer);
        var chat = held.Lane.Chat;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            var wait = await pacer.ReserveAsync(connection, platform.Capabilities.Pace, chat.ChatId, held.Cancellation);
            if (wait > LongestNap)
            {
                await commits.CommitAsync(held, new DeliveryCommit { Lease = lease, Next = LaneNext.Hold, Hold = wait }, held.Cancellation);
                return false;
            }
            if (wait > TimeSpan.Zero)
            {
                using var napping = places.BeginWait();
                await Task.Delay(wait, time, held.Cancellation);
            }
            if (!await leases.IsHeldAsync(held, held.Cancellation))
            {
                return false;
            }
            var outgoing = new OutboundPart(part.MessageId, part.Ordinal, chat, part.Text, part.Format, part.PlainText, part.Attempts)
            {
                Author = part.Author,
                LastInboundAt = part.LastInboundAt,
                AnswerVia = part.AnswerVia,
            };
            var mayHaveArrived = ReconcileDelivery.MayHaveArrived(held.Lane, part, first: i == 0);
            var found = mayHaveArrived ? await reconcile.FindAsync(platform, connection, outgoing, held.Cancellation) : null;
            // From here on a cancellation leaves it open whether the part has arrived.
            held.Cancellation.ThrowIfCancellationRequested();
            var sending = time.GetTimestamp();
            var outcome = found ?? await SendAsync(platform, connection, outgoing, held.Cancellation);
            string? movedTo = null;
            if (outcome is DeliveryOutcome.Moved moved)
            {
                // Followed at once, so that the answer arrives even if the new chat already has a conversation of its own.
                movedTo = moved.ChatId;
                chat = chat with { ChatId = moved.ChatId };
                outcome = await SendAsync(platform, connection, outgoing with { Chat = chat }, held.Cancellation);
            }
            Count(platform, outcome, time.GetElapsedTime(sending), part);
            if (outcome is DeliveryOutcome.Delivered && i == 0 && askedAt is { } asked)
            {
                EngineTelemetry.AnswerDuration.Record((time.GetUtcNow() - asked).TotalSeconds);
            }
            var commit = await CommitOfAsync(outcome, part, held.Lane, connection);
            commit = commit with
            {
                Part = commit.Part! with { MovedToChatId = movedTo, MayRepeat = mayHaveArrived && found is null && ReconcileDelivery.MayRepeat(platform, outcome) },
            };
            if (commit.Next == LaneNext.Keep)
            {
                var skipsRest = commit.Part!.FailsRest;
                while (skipsRest && i + 1 < parts.Count && parts[i + 1].MessageId == part.MessageId)
                {
                    i++;
                }
                var last = i + 1 == parts.Count;
                commit = commit with
                {
                    DeliveredThrough = last ? throughSequence : parts[i + 1].MessageSequence - 1,
                    Next = last && !keep ? LaneNext.Release : LaneNext.Keep,
                };
                if (last && keep)
                {
                    await commits.BeginCommitAsync(held, commit);
                    return true;
                }
            }
            // What was sent is saved even when this process is told to stop meanwhile.
            if (!await commits.CommitAsync(held, commit, CancellationToken.None) || commit.Next != LaneNext.Keep)
            {
                if (outcome is DeliveryOutcome.Failed { Scope: FailureScope.Connection })
                {
                    await wake.UnlessStillOffAsync(connection);
                }
                return false;
            }
        }
        return false;
    }

    /// <summary>
    /// An adapter that throws against its contract may have sent: the part counts as unknown, and its attempts are capped like
    /// any other's. So may one that is cancelled, because the process stops: whoever has the lane next must know.
    /// </summary>
    private async Task<DeliveryOutcome> SendAsync(IPlatformAdapter platform, ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        using var waiting = places.BeginWait();
        try
        {
            return await platform.SendAsync(connection, part, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new DeliveryOutcome.Unknown("interrupted");
        }
        catch (Exception e)
        {
            // The type only: a client's message may quote an address with a token in it.
            AdapterBroke(part.MessageId, part.Ordinal, e.GetType().Name);
            return new DeliveryOutcome.Unknown("internal_error");
        }
    }

    /// <summary>What the outcome means for the part and the lane; <see cref="LaneNext.Keep"/>: go on with the next part.</summary>
    private async Task<DeliveryCommit> CommitOfAsync(DeliveryOutcome outcome, OpenPart part, ClaimedLane lane, ConnectionSnapshot connection)
    {
        var attempt = part.Attempts + 1;
        var saved = new PartOutcome { MessageId = part.MessageId, Ordinal = part.Ordinal, State = PartState.Sent, Attempts = attempt };
        var commit = new DeliveryCommit { Lease = lane.Lease, Part = saved, Next = LaneNext.Keep };
        switch (outcome)
        {
            case DeliveryOutcome.Delivered delivered:
                return commit with { Part = saved with { PlatformMessageId = delivered.PlatformMessageId } };

            case DeliveryOutcome.Retry { Throttled: true } retry:
                // Being told to slow down is no failure of the part: it is tried for as long as it takes.
                await pacer.ThrottledAsync(connection, lane.Chat.ChatId, retry.After, CancellationToken.None);
                return commit with { Part = saved with { State = PartState.Retry, Error = retry.Reason }, Next = LaneNext.Hold, Hold = retry.After > LongestNap ? retry.After : LongestNap };

            case DeliveryOutcome.Failed { Scope: FailureScope.Connection } failed:
                ConnectionRefused(connection.Id, failed.Reason);
                await connections.DisableAsync(connection, failed.Reason, CancellationToken.None);
                return commit with { Part = saved with { State = PartState.Retry, Error = failed.Reason }, Next = LaneNext.Hold, Hold = WhileDisabled };

            case DeliveryOutcome.Failed failed:
                PartFailed(lane.Conversation, part.MessageId, part.Ordinal, failed.Reason);
                return commit with
                {
                    Part = saved with
                    {
                        State = PartState.Failed,
                        Error = failed.Reason,
                        FailsRest = failed.Scope == FailureScope.Chat,
                        Blocked = failed.Scope == FailureScope.Chat,
                        DeadLetter = true,
                    },
                };
        }
        var (state, reason, after) = outcome switch
        {
            DeliveryOutcome.Retry retry => (PartState.Retry, retry.Reason, (TimeSpan?)retry.After),
            DeliveryOutcome.Unknown unknown => (PartState.Unknown, unknown.Reason, null),
            DeliveryOutcome.Moved => (PartState.Retry, "chat_moved", null),
            _ => throw new InvalidOperationException($"There is no rule for {outcome.GetType().Name}."),
        };
        if (attempt >= MaxAttempts)
        {
            PartFailed(lane.Conversation, part.MessageId, part.Ordinal, reason);
            return commit with { Part = saved with { State = PartState.Failed, Error = reason, FailsRest = true, DeadLetter = true } };
        }
        PartPostponed(lane.Conversation, part.MessageId, part.Ordinal, attempt, reason);
        return commit with { Part = saved with { State = state, Error = reason }, Next = LaneNext.Hold, Hold = Backoff.After(attempt, after) };
    }

    private void Count(IPlatformAdapter platform, DeliveryOutcome outcome, TimeSpan took, OpenPart part)
    {
        var name = outcome switch
        {
            DeliveryOutcome.Delivered => "delivered",
            DeliveryOutcome.Retry => "retry",
            DeliveryOutcome.Failed => "failed",
            DeliveryOutcome.Moved => "moved",
            _ => "unknown",
        };
        EngineTelemetry.Parts.Add(1, new("platform", platform.Platform.Value), new("outcome", name));
        EngineTelemetry.SendDuration.Record(took.TotalSeconds, new("platform", platform.Platform.Value), new("outcome", name));
        PartSent(part.Ordinal, part.MessageId, platform.Platform.Value, name, took.TotalMilliseconds);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Part {Ordinal} of message {MessageId} was given to {Platform}: {Outcome}, {Milliseconds:F1} ms")]
    private partial void PartSent(int ordinal, Guid messageId, string platform, string outcome, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Part {Ordinal} of message {MessageId} in {ConversationId}: attempt {Attempt} came to nothing ({Reason})")]
    private partial void PartPostponed(ConversationId conversationId, Guid messageId, int ordinal, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Part {Ordinal} of message {MessageId} in {ConversationId} failed for good ({Reason})")]
    private partial void PartFailed(ConversationId conversationId, Guid messageId, int ordinal, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sending part {Ordinal} of message {MessageId} broke ({Error})")]
    private partial void AdapterBroke(Guid messageId, int ordinal, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {ConnectionId} is disabled: its platform refuses it ({Reason})")]
    private partial void ConnectionRefused(Domain.Bots.ConnectionId connectionId, string reason);
}
