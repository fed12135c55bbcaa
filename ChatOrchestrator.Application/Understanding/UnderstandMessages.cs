using System.Collections.Concurrent;
using System.Globalization;
using ChatOrchestrator.Application.Memory;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Understanding;

/// <summary>
/// Finds out what messages say, beside the turns and never in their way. One process at a time (a lease) follows the
/// messages in the store; what it leaves unfinished the next one finds: a message is done when its insight is saved.
/// </summary>
internal sealed partial class UnderstandMessages(
    IInsightStore store,
    IListenerStates positions,
    INamedLeases leases,
    IConnectionDirectory connections,
    JudgeByModel judge,
    ModerateText moderate,
    ModerateHistory unjudged,
    HandOverByRule handOver,
    IChatClient model,
    WorkerIdentity worker,
    TimeProvider time,
    ILogger<UnderstandMessages> logger) : BackgroundService
{
    private const string Name = "understanding";

    /// <summary>How many messages are judged at a time.</summary>
    private const int MaxAtATime = 16;

    private const int MaxListed = 4 * MaxAtATime;
    private const int MaxBroken = 1_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Renew = TimeSpan.FromSeconds(5);

    /// <summary>How often it is looked up whether any bot wants this at all.</summary>
    private static readonly TimeSpan Relist = TimeSpan.FromSeconds(10);

    /// <summary>A message with a smaller sequence may become visible so much later: longer than any commit takes.</summary>
    private static readonly TimeSpan Ripe = TimeSpan.FromSeconds(20);

    /// <summary>How long a message is waited for that must have its turn first.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>What was said longer ago hands nothing over any more.</summary>
    private static readonly TimeSpan HandsOverWithin = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<Guid, Task> _running = new();
    private readonly ConcurrentDictionary<Guid, byte> _broken = new();
    private readonly bool _isDemo = ModelPresence.IsDemo(model);
    private IReadOnlyList<ConnectionId> _wanted = [];
    private long _listedAt;
    private long _renewedAt;
    private bool _isListed;
    private bool _isHeld;
    private bool _isCrowded;
    private long? _position;
    private string? _saved;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await NextAsync(timer, stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(Task.WhenAll(_running.Values), Task.Delay(Renew, time, CancellationToken.None));
            if (_isHeld)
            {
                await Task.WhenAny(leases.ReleaseAsync(Name, worker.Name, CancellationToken.None));
            }
        }
    }

    /// <summary>Where messages wait for a place, they are looked for again once half of the places are free.</summary>
    private async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        if (!_isCrowded)
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        var tick = Task.Delay(Tick, time, cancellationToken);
        await Task.Delay(Pause, time, cancellationToken);
        while (_running.Count > MaxAtATime / 2 && !tick.IsCompleted)
        {
            await Task.WhenAny([tick, .. _running.Values]);
        }
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        _isCrowded = false;
        try
        {
            if (!_isListed || time.GetElapsedTime(_listedAt) >= Relist)
            {
                _wanted = await store.ListConnectionsAsync(cancellationToken);
                (_isListed, _listedAt) = (true, time.GetTimestamp());
            }
            if (_wanted.Count > 0 && await HoldAsync(cancellationToken))
            {
                await FollowAsync(cancellationToken);
            }
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The pump says so already; what is not done yet is found again.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e);
        }
    }

    /// <summary>Waits until everything that was begun is done.</summary>
    internal Task SettleAsync() => Task.WhenAll(_running.Values);

    private async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        if (!_isHeld || time.GetElapsedTime(_renewedAt) >= Renew)
        {
            var before = time.GetTimestamp();
            _isHeld = await leases.TryAcquireAsync(Name, worker.Name, Lease, cancellationToken);
            _renewedAt = before;
            _position = _isHeld ? _position : null;
        }
        return _isHeld;
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var position = _position ??= await PositionAsync(cancellationToken);
        // Before the list is read: what ends in between still stands in it.
        var busy = _running.Keys.ToHashSet();
        var unknown = await store.ListUnknownAsync(_wanted, position, MaxListed, cancellationToken);
        var now = time.GetUtcNow();
        var free = MaxAtATime - _running.Count;
        // The first message that is not done yet; everything before it may be left behind.
        long? open = unknown.Count == MaxListed ? unknown[^1].Sequence : null;
        foreach (var message in unknown)
        {
            if (_broken.ContainsKey(message.Id))
            {
                continue;
            }
            if (!busy.Contains(message.Id))
            {
                if (await MustWaitAsync(message, cancellationToken))
                {
                    if (now - message.CreatedAt > LongestWait)
                    {
                        continue;
                    }
                }
                else if (free > 0)
                {
                    free--;
                    Begin(message, cancellationToken);
                }
                else
                {
                    _isCrowded = true;
                }
            }
            open = open is { } first && first < message.Sequence ? open : message.Sequence;
        }
        var next = await store.LastBeforeAsync(position, now - Ripe, cancellationToken);
        next = open is { } left && left - 1 < next ? left - 1 : next;
        if (next > position)
        {
            await MoveAsync(next, cancellationToken);
        }
    }

    /// <summary>What moderation judges first, and what is to be written down first, has its turn first.</summary>
    private async ValueTask<bool> MustWaitAsync(UnknownMessage message, CancellationToken cancellationToken) =>
        !message.IsHandled && (AttachmentWords.IsPlaceholder(message.Text)
            || (await connections.FindAsync(message.Connection, cancellationToken) is { } connection && moderate.SettingsOf(connection.Bot) is not null));

    private void Begin(UnknownMessage message, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[message.Id] = done.Task;
        _ = Task.Run(
            async () =>
            {
                try
                {
                    await UnderstandAsync(message, cancellationToken);
                }
                catch (Exception e) when (e is OperationCanceledException || StatementTimedOutException.IsStoreAway(e))
                {
                    // It is not done, and will be found again.
                }
                catch (Exception e)
                {
                    if (_broken.Count >= MaxBroken)
                    {
                        _broken.Clear();
                    }
                    _broken[message.Id] = 0;
                    Broke(e, message.Id);
                }
                finally
                {
                    _running.TryRemove(message.Id, out _);
                    done.SetResult();
                }
            },
            CancellationToken.None);
    }

    private async Task UnderstandAsync(UnknownMessage message, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(message.Connection, cancellationToken) is not { Bot.Processing.Understanding: { } settings } connection)
        {
            return;
        }
        var asked = !settings.UseModel || _isDemo || AttachmentWords.IsPlaceholder(message.Text) ? default
            : !await unjudged.MayBeReadAsync(connection, new EarlierMessage(message.Conversation, message.Id, message.EditedAt, message.Text), cancellationToken) ? new ModelJudgement(null, ModerateTurn.InputBlocked)
            : await judge.HandleAsync(connection, settings, new CallSubject(CallPurposes.Understanding, message.Conversation, message.Id), message.Text, cancellationToken);
        var source = asked.Judgement is null ? InsightSource.Lexicon : InsightSource.Model;
        var insight = new Insight(
            message.Id, message.Sequence, message.Conversation, connection.Bot.Id, message.CreatedAt,
            asked.Judgement ?? Lexicon.Judge(message.Text, settings.Intents), source, time.GetUtcNow())
        {
            Failure = asked.Failure,
            Model = asked.Model,
            InputTokens = asked.InputTokens,
            OutputTokens = asked.OutputTokens,
        };
        EngineTelemetry.Understood.Add(1, new("source", source == InsightSource.Model ? "model" : "lexicon"), new("failure", asked.Failure ?? "none"));
        TimelineEvent? note = null;
        if (settings.HandOff is { } rule && rule.ReasonFor(insight) is { } reason && time.GetUtcNow() - message.CreatedAt < HandsOverWithin
            && await handOver.HandleAsync(connection, message.Conversation, reason, rule.Notice, cancellationToken))
        {
            note = new TimelineEvent(message.Conversation, message.Id, "handoff_requested", reason, time.GetUtcNow());
        }
        await KeepAsync(insight, note, cancellationToken);
    }

    /// <summary>Not given up while the store is away for a moment: what the model was paid for is known only here.</summary>
    private async Task KeepAsync(Insight insight, TimelineEvent? note, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                await store.AddAsync(insight, note, cancellationToken);
                return;
            }
            catch (StoreUnavailableException) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Where the last process was; at the first time about a minute ago: what is older was written before anybody wanted this.</summary>
    private async Task<long> PositionAsync(CancellationToken cancellationToken)
    {
        _saved = await positions.FindAsync(Name, cancellationToken);
        return long.TryParse(_saved, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : await store.LastBeforeAsync(0, time.GetUtcNow() - TimeSpan.FromMinutes(1), cancellationToken);
    }

    private async Task MoveAsync(long position, CancellationToken cancellationToken)
    {
        var state = position.ToString(CultureInfo.InvariantCulture);
        if (await positions.ReplaceAsync(Name, _saved, state, cancellationToken))
        {
            (_saved, _position) = (state, position);
        }
        else
        {
            // Another process has it, or had it meanwhile.
            _position = null;
            _isHeld = false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Understanding message {MessageId} broke; it stays without an insight")]
    private partial void Broke(Exception e, Guid messageId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for messages to understand failed")]
    private partial void LookFailed(Exception e);
}
