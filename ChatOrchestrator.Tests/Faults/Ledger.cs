using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.EndToEnd;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>The question <paramref name="Number"/> of a chat.</summary>
public readonly record struct Question(long Chat, int Number);

/// <summary>An answer arrived at the platform.</summary>
public readonly record struct Arrival(int Number, TimeSpan At);

/// <summary>A time in which processes that were sending were ended or held, or could not save what they had sent.</summary>
/// <param name="From">Just before.</param>
/// <param name="InFlightUntil">What arrived until then may have been on its way from such a process.</param>
/// <param name="Thawed">When a held process went on; null: it never did.</param>
/// <param name="Back">When everything ran again.</param>
public sealed record Interruption(FaultKind Kind, TimeSpan From, TimeSpan InFlightUntil, TimeSpan? Thawed, TimeSpan Back);

/// <summary>What was asked, what was acknowledged, what arrived, and what was done to the processes, each with its time since the ledger began.</summary>
public sealed partial class Ledger(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private readonly ConcurrentDictionary<long, List<Arrival>> _arrivals = new();
    private readonly ConcurrentQueue<Interruption> _interruptions = new();

    public TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>When each question was first posted.</summary>
    public ConcurrentDictionary<Question, TimeSpan> Asked { get; } = new();

    /// <summary>The questions that were answered with 200.</summary>
    public ConcurrentDictionary<Question, TimeSpan> Acknowledged { get; } = new();

    /// <summary>How often an answer was accepted without our being told.</summary>
    public ConcurrentDictionary<Question, int> AcceptedInSilence { get; } = new();

    public IReadOnlyCollection<Interruption> Interruptions => _interruptions;

    public IEnumerable<long> Chats => _arrivals.Keys.Concat(Asked.Keys.Select(q => q.Chat)).Distinct().Order();

    public void Ask(Question question) => Asked.TryAdd(question, Now);

    public void Acknowledge(Question question) => Acknowledged.TryAdd(question, Now);

    /// <summary>An answer arrived. What repeats no question's token (an apology) is none.</summary>
    public void Arrive(long chat, string text)
    {
        if (QuestionOf(text) is not { } question)
        {
            return;
        }
        var arrivals = _arrivals.GetOrAdd(chat, _ => []);
        lock (arrivals)
        {
            // An answer in the wrong chat is a question that nobody asked there.
            arrivals.Add(new Arrival(question.Chat == chat ? question.Number : -1, Now));
        }
    }

    public void AcceptInSilence(string text)
    {
        if (QuestionOf(text) is { } question)
        {
            AcceptedInSilence.AddOrUpdate(question, 1, (_, times) => times + 1);
        }
    }

    public void Interrupt(Interruption interruption) => _interruptions.Enqueue(interruption);

    /// <summary>Which faults there were and when, for those who look for a violation's cause.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>In the order in which they arrived.</summary>
    public IReadOnlyList<Arrival> Arrivals(long chat)
    {
        if (!_arrivals.TryGetValue(chat, out var arrivals))
        {
            return [];
        }
        lock (arrivals)
        {
            return [.. arrivals];
        }
    }

    public static Question? QuestionOf(string text) =>
        Token().Match(text) is { Success: true } match
            ? new Question(long.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture))
            : null;

    /// <seealso cref="Update.Token"/>
    [GeneratedRegex(@"m(\d+)s(\d+)z")]
    private static partial Regex Token();
}
