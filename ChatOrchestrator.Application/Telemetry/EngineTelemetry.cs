using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ChatOrchestrator.Application.Telemetry;

/// <summary>The engine's spans and instruments. ServiceDefaults listens to the source and the meter by <see cref="Name"/>.</summary>
public static class EngineTelemetry
{
    public const string Name = "ChatOrchestrator";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    };

    private static readonly InstrumentAdvice<int> Items = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };

    /// <summary>Inbound messages by <c>platform</c> and <c>result</c> (<c>stored</c>, <c>duplicate</c>, <c>event</c>, <c>ignored</c>).</summary>
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("chat.messages.received", "{message}", "Inbound messages and events.");

    /// <summary>Turns by <c>state</c>.</summary>
    public static readonly Counter<long> Turns = Meter.CreateCounter<long>("chat.turns", "{turn}", "Turns that ended.");

    /// <summary>Failed attempts at a turn by <c>reason</c>.</summary>
    public static readonly Counter<long> TurnFailures = Meter.CreateCounter<long>("chat.turns.failures", "{attempt}", "Failed attempts at a turn.");

    /// <summary>Messages that got no answer because of a limit, by <c>reason</c> (<c>rate_limited</c>, <c>bot_loop</c>).</summary>
    public static readonly Counter<long> Skipped = Meter.CreateCounter<long>("chat.messages.skipped", "{message}", "Messages skipped because of a limit.");

    /// <summary>Lanes given back because their connection has all its places in this worker.</summary>
    public static readonly Counter<long> GivenBack = Meter.CreateCounter<long>("chat.lanes.given_back", "{lane}", "Lanes given back because their connection has all its places.");

    /// <summary>Requests that were refused because too much was in flight.</summary>
    public static readonly Counter<long> Shed = Meter.CreateCounter<long>("chat.ingress.shed", "{request}", "Requests refused with 503 because too much was waiting.");

    /// <summary>Parts by <c>platform</c> and <c>outcome</c>.</summary>
    public static readonly Counter<long> Parts = Meter.CreateCounter<long>("chat.parts", "{part}", "Parts given to a platform, by outcome.");

    /// <summary>How long a platform took to answer for one part, by <c>platform</c> and <c>outcome</c>.</summary>
    public static readonly Histogram<double> SendDuration = Meter.CreateHistogram<double>("chat.platform.send.duration", "s", "From giving a part to a platform to its answer.", tags: null, Seconds);

    /// <summary>What failed for good, by <c>stage</c> (<c>turn</c>, <c>delivery</c>).</summary>
    public static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>("chat.dead_letters", "{dead_letter}", "Turns and messages that failed for good.");

    /// <summary>Lanes that this process works on.</summary>
    public static readonly UpDownCounter<long> Held = Meter.CreateUpDownCounter<long>("chat.lanes.held", "{lane}", "Lanes that this process works on.");

    /// <summary>Conversations that an operator took over, gave back or ended, by <c>action</c> (<c>handed_off</c>, <c>resumed</c>, <c>ended</c>).</summary>
    public static readonly Counter<long> Steered = Meter.CreateCounter<long>("chat.conversations.steered", "{conversation}", "Conversations that an operator took over, gave back or ended.");

    /// <summary>Calls of a model that failed, retries included, by <c>model</c> and <c>reason</c>.</summary>
    public static readonly Counter<long> ModelFailures = Meter.CreateCounter<long>("chat.model.failures", "{call}", "Calls of a model that failed.");

    /// <summary>A model's circuit breaker: 0 closed, 1 open, by <c>model</c>.</summary>
    public static readonly Gauge<int> CircuitOpen = Meter.CreateGauge<int>("chat.model.circuit_open", "{circuit}", "1 while a model is not asked because it keeps failing.");

    /// <summary>Lanes whose previous holder had not released them.</summary>
    public static readonly Counter<long> Takeovers = Meter.CreateCounter<long>("chat.lanes.takeovers", "{lane}", "Lanes taken over from a worker that did not release them.");

    /// <summary>Commits that the store refused because the lease was lost.</summary>
    public static readonly Counter<long> Fenced = Meter.CreateCounter<long>("chat.lanes.fenced", "{commit}", "Commits refused because the lease was lost.");

    /// <summary>Stuck lanes by <c>reason</c>, as the process that has the watchdog's lease sees them.</summary>
    public static readonly Gauge<long> Stuck = Meter.CreateGauge<long>("chat.lanes.stuck", "{lane}", "Lanes that do not get on, by reason.");

    /// <summary>Lanes that waited without a due time: there should be none.</summary>
    public static readonly Counter<long> Repaired = Meter.CreateCounter<long>("chat.lanes.repaired", "{lane}", "Lanes that waited without a due time and were made due.");

    /// <summary>Messages deleted because they were older than their bot keeps them.</summary>
    public static readonly Counter<long> Expired = Meter.CreateCounter<long>("chat.messages.expired", "{message}", "Messages deleted for their age.");

    /// <summary>From the start of a turn to the saved answer.</summary>
    public static readonly Histogram<double> TurnDuration = Meter.CreateHistogram<double>("chat.turn.duration", "s", "From the start of a turn to its saved answer.", tags: null, Seconds);

    /// <summary>From the stored message to the first part that the platform accepted.</summary>
    public static readonly Histogram<double> AnswerDuration = Meter.CreateHistogram<double>("chat.answer.duration", "s", "From the stored message to the accepted answer.", tags: null, Seconds);

    /// <summary>Items that shared one commit, by <c>batch</c> (<c>inbox</c>, <c>turn</c>, <c>delivery</c>).</summary>
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("chat.batch.size", "{item}", "Items that shared one commit.", tags: null, Items);

    /// <summary>Texts that moderation objected to, by <c>direction</c> (<c>input</c>, <c>output</c>) and <c>action</c> (<c>block</c>, <c>flag</c>, <c>record</c>).</summary>
    public static readonly Counter<long> Moderated = Meter.CreateCounter<long>("chat.moderation.objections", "{text}", "Texts that moderation objected to.");

    /// <summary>Texts that could not be judged, by <c>reason</c>.</summary>
    public static readonly Counter<long> ModerationFailures = Meter.CreateCounter<long>("chat.moderation.failures", "{text}", "Texts that could not be judged.");

    /// <summary>Summaries by <c>outcome</c>: <c>written</c>, or why not.</summary>
    public static readonly Counter<long> Summaries = Meter.CreateCounter<long>("chat.memory.summaries", "{summary}", "Summaries that were written, or why not.");

    /// <summary>Messages that were understood, by <c>source</c> (<c>model</c>, <c>lexicon</c>) and <c>failure</c> (<c>none</c>, or why the model did not judge).</summary>
    public static readonly Counter<long> Understood = Meter.CreateCounter<long>("chat.understanding.messages", "{message}", "Messages that were understood.");

    /// <summary>Tokens by <c>model</c> and <c>direction</c>.</summary>
    public static readonly Counter<long> Tokens = Meter.CreateCounter<long>("chat.tokens", "{token}", "Tokens that the provider counted.");

    /// <summary>Attempts at notifications by <c>channel</c> and <c>outcome</c> (<c>delivered</c>, <c>retry</c>, <c>failed</c>, <c>fenced</c>).</summary>
    public static readonly Counter<long> Notifications = Meter.CreateCounter<long>("chat.notifications", "{attempt}", "Attempts at delivering notifications, by outcome.");

    /// <summary>Messages that were added to the numbers of the analytics.</summary>
    public static readonly Counter<long> RolledUp = Meter.CreateCounter<long>("chat.messages.rolled_up", "{message}", "Messages added to the roll-ups of the analytics.");

    /// <summary>
    /// Every counter and each word it may carry starts at 0: an alert on the first dead letter needs to have seen none, and
    /// a dashboard shows what can happen before it does. Called once the exporters listen.
    /// </summary>
    /// <param name="platforms">The names of all platforms.</param>
    public static void Announce(IEnumerable<string> platforms)
    {
        foreach (var counter in (Counter<long>[])[GivenBack, Shed, Takeovers, Fenced, Repaired, Expired, RolledUp])
        {
            counter.Add(0);
        }
        Held.Add(0);
        Announce(Turns, "state", ["answered", "command", "silent", "cancelled", "failed"]);
        Announce(TurnFailures, "reason", ["model_timed_out", "model_rate_limited", "model_unavailable", "model_rejected", "model_unauthorized", "model_empty_answer", "model_refused", "model_malformed_answer", "model_incomplete_answer", "model_context_too_long", "internal_error"]);
        Announce(Skipped, "reason", ["rate_limited", "bot_loop"]);
        Announce(DeadLetters, "stage", ["turn", "delivery"]);
        Announce(Steered, "action", ["handed_off", "resumed", "ended"]);
        foreach (var platform in platforms)
        {
            foreach (var outcome in (string[])["delivered", "retry", "failed", "unknown"])
            {
                Parts.Add(0, new("platform", platform), new("outcome", outcome));
            }
            foreach (var result in (string[])["stored", "duplicate", "event"])
            {
                Received.Add(0, new("platform", platform), new("result", result));
            }
        }
    }

    private static void Announce(Counter<long> counter, string tag, ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            counter.Add(0, new KeyValuePair<string, object?>(tag, word));
        }
    }
}
