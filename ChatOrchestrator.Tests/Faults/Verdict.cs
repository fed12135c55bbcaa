namespace ChatOrchestrator.Tests.Faults;

/// <summary>What became of the questions of a ledger.</summary>
/// <param name="DeadLetters">Not answered, and stored as failed for good with a reason.</param>
/// <param name="RepeatedByInterruption">Answers that were in flight when a process was ended or held: at most one for each chat and interruption.</param>
/// <param name="RepeatedAfterSilence">Answers that the platform had accepted without saying so.</param>
/// <param name="SlowestAfterKill">The longest that a question waited that was open at a kill or was asked before everything ran again.</param>
/// <param name="Violations">What must not be, in words.</param>
public sealed record Verdict(
    int Acknowledged,
    int Answered,
    int DeadLetters,
    int Lost,
    int OutOfOrder,
    int RepeatedByInterruption,
    int RepeatedAfterSilence,
    int RepeatedWithoutReason,
    TimeSpan SlowestAfterKill,
    IReadOnlyList<string> Violations)
{
    public static readonly Verdict None = new(0, 0, 0, 0, 0, 0, 0, 0, TimeSpan.Zero, []);

    /// <summary>A part that a kill interrupts arrived at most this long before it: what is older was saved long ago.</summary>
    private static readonly TimeSpan LongestInFlight = TimeSpan.FromSeconds(10);

    public Verdict And(Verdict other) => new(
        Acknowledged + other.Acknowledged,
        Answered + other.Answered,
        DeadLetters + other.DeadLetters,
        Lost + other.Lost,
        OutOfOrder + other.OutOfOrder,
        RepeatedByInterruption + other.RepeatedByInterruption,
        RepeatedAfterSilence + other.RepeatedAfterSilence,
        RepeatedWithoutReason + other.RepeatedWithoutReason,
        SlowestAfterKill > other.SlowestAfterKill ? SlowestAfterKill : other.SlowestAfterKill,
        [.. Violations, .. other.Violations]);

    /// <param name="ledger">Everything that happened; nothing may be on its way any more.</param>
    /// <param name="deadLetters">The questions whose turn or answer is stored as a dead letter.</param>
    public static Verdict Of(Ledger ledger, IReadOnlySet<Question> deadLetters)
    {
        var violations = new List<string>();
        var firsts = new Dictionary<Question, TimeSpan>();
        var (outOfOrder, byInterruption, afterSilence, withoutReason) = (0, 0, 0, 0);
        var lateOfThawed = new HashSet<Interruption>();
        foreach (var chat in ledger.Chats)
        {
            var last = new Arrival(-1, TimeSpan.Zero);
            var silences = new Dictionary<int, int>();
            var excused = new HashSet<Interruption>();
            foreach (var arrival in ledger.Arrivals(chat))
            {
                var question = new Question(chat, arrival.Number);
                if (!ledger.Asked.ContainsKey(question))
                {
                    violations.Add($"chat {chat}: an answer to question {arrival.Number}, which nobody asked there");
                    continue;
                }
                if (firsts.TryAdd(question, arrival.At))
                {
                    if (arrival.Number < last.Number)
                    {
                        outOfOrder++;
                        violations.Add($"chat {chat}: {arrival.Number} was answered at {arrival.At} after {last.Number}");
                    }
                    last = arrival;
                    continue;
                }
                // What the platform accepted in silence is sent again before anything else goes to the chat, and so is what a kill interrupted.
                if (arrival.Number == last.Number)
                {
                    var before = last;
                    last = arrival;
                    if (ledger.AcceptedInSilence.GetValueOrDefault(question) > silences.GetValueOrDefault(arrival.Number))
                    {
                        silences[arrival.Number] = silences.GetValueOrDefault(arrival.Number) + 1;
                        afterSilence++;
                        continue;
                    }
                    if (ledger.Interruptions.FirstOrDefault(i => Interrupted(i, before.At, arrival.At) && excused.Add(i)) is not null)
                    {
                        byInterruption++;
                        continue;
                    }
                }
                // ADR 0009: a process that is held in the instant between its last look at the lease and the platform's receipt. One instant, one part.
                if (ledger.Interruptions.FirstOrDefault(i => i.Thawed <= arrival.At && arrival.At < i.Thawed + LongestInFlight && lateOfThawed.Add(i)) is not null)
                {
                    byInterruption++;
                    continue;
                }
                withoutReason++;
                violations.Add($"chat {chat}: {arrival.Number} was answered again at {arrival.At}, first at {firsts[question]}, for no reason");
            }
        }

        var lost = ledger.Acknowledged.Keys.Where(q => !firsts.ContainsKey(q) && !deadLetters.Contains(q)).ToList();
        violations.AddRange(lost.Select(q => $"chat {q.Chat}: {q.Number} was acknowledged at {ledger.Acknowledged[q]} and never answered"));
        return new Verdict(
            ledger.Acknowledged.Count,
            ledger.Acknowledged.Keys.Count(firsts.ContainsKey),
            ledger.Acknowledged.Keys.Count(q => !firsts.ContainsKey(q) && deadLetters.Contains(q)),
            lost.Count,
            outOfOrder,
            byInterruption,
            afterSilence,
            withoutReason,
            Slowest(ledger, firsts),
            violations);
    }

    private static bool Interrupted(Interruption interruption, TimeSpan first, TimeSpan again) =>
        first >= interruption.From - LongestInFlight && first <= interruption.InFlightUntil && again >= interruption.From;

    private static TimeSpan Slowest(Ledger ledger, Dictionary<Question, TimeSpan> firsts)
    {
        var waits =
            from interruption in ledger.Interruptions
            where FaultKinds.Kills.Contains(interruption.Kind)
            from answered in firsts
            let asked = ledger.Asked[answered.Key]
            where asked < interruption.Back && answered.Value > interruption.From
            select answered.Value - (asked > interruption.From ? asked : interruption.From);
        return waits.DefaultIfEmpty().Max();
    }
}
