using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Which messages a turn deals with, and whether it answers them.</summary>
/// <param name="Messages">The turn's messages; what was cut off has the next turn.</param>
/// <param name="Refusal">Why they get no answer (<c>rate_limited</c>, <c>bot_loop</c>), or null.</param>
/// <param name="Notice">What the participant is told instead, or null.</param>
internal readonly record struct Admission(IReadOnlyList<LaneMessage> Messages, string? Refusal = null, string? Notice = null);

/// <summary>
/// The limits before the model: how much one participant may ask in a minute, and how long two bots may talk to each other.
/// Asked once for a turn; a retry, or a turn taken over, has been counted and is not counted again.
/// </summary>
internal sealed class AdmitMessages(IRateLimits limits)
{
    /// <summary>How many messages of other bots, or echoes of its own, the bot answers within a minute in one conversation before it falls silent.</summary>
    public const int AnswersToBotsPerMinute = 5;

    private static readonly TimeSpan EchoWindow = TimeSpan.FromMinutes(1);

    public async ValueTask<Admission> HandleAsync(ClaimedLane lane, IReadOnlyList<LaneMessage> messages, IReadOnlyList<LaneMessage> history, ConnectionSnapshot connection)
    {
        if (messages.Count == 0 || lane.State == ConversationState.HandedOff || lane.Attempts > 0 || lane.TakenOverFrom is not null)
        {
            return new Admission(messages);
        }
        var first = messages[0];
        if (first.Kind == MessageKind.Command && Commands.Answer(first.Text, connection.Bot) is not null)
        {
            return new Admission(messages);
        }
        var automated = IsAutomated(first, history);
        var perMinute = connection.Bot.Processing.MessagesPerMinute;
        var run = Take(messages, m => IsAutomated(m, history) == automated && (automated || perMinute == 0 || m.Participant == first.Participant));
        if (automated)
        {
            var loop = new RateLimit($"loop:{lane.Conversation}", AnswersToBotsPerMinute, AnswersToBotsPerMinute, Strict: true);
            return (await limits.TakeAsync(loop, 1, default)).Taken > 0 ? new Admission(run) : Refuse(run, "bot_loop", null);
        }
        if (perMinute == 0)
        {
            return new Admission(run);
        }
        var limit = new RateLimit($"participant:{first.Participant}", perMinute, connection.Bot.Processing.MessageBurst ?? perMinute);
        var (taken, firstRefusal) = await limits.TakeAsync(limit, run.Count, default);
        return taken switch
        {
            0 => Refuse(run, "rate_limited", firstRefusal ? connection.Bot.Processing.RateLimitNotice : null),
            _ when taken < run.Count => new Admission([.. run.Take(taken)]),
            _ => new Admission(run),
        };
    }

    private static Admission Refuse(IReadOnlyList<LaneMessage> messages, string reason, string? notice)
    {
        EngineTelemetry.Skipped.Add(messages.Count, new KeyValuePair<string, object?>("reason", reason));
        return new Admission(messages, reason, notice);
    }

    private static IReadOnlyList<LaneMessage> Take(IReadOnlyList<LaneMessage> messages, Func<LaneMessage, bool> belongs)
    {
        var count = 1;
        while (count < messages.Count && belongs(messages[count]))
        {
            count++;
        }
        return count == messages.Count ? messages : [.. messages.Take(count)];
    }

    /// <summary>Another bot's message, or the bot's own last answer sent back to it within a minute.</summary>
    private static bool IsAutomated(LaneMessage message, IReadOnlyList<LaneMessage> history)
    {
        if (message.Kind == MessageKind.Automated)
        {
            return true;
        }
        for (var i = history.Count - 1; i >= 0; i--)
        {
            if (history[i].Author == MessageAuthor.Bot)
            {
                return message.CreatedAt - history[i].CreatedAt < EchoWindow && message.Text.AsSpan().Trim().Equals(history[i].Text.AsSpan().Trim(), StringComparison.Ordinal);
            }
        }
        return false;
    }
}
