using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Keeps from the model what a bot does not let in, and from the participant what it does not let out.</summary>
internal sealed partial class ModerateTurn(ModerateText moderate, ModerateHistory unjudged, IFindsPictures pictures, TimeProvider time, ILogger<ModerateTurn> logger)
{
    /// <summary>The question was refused.</summary>
    public const string InputBlocked = "input_blocked";

    /// <summary>The answer was held back, and another text is sent.</summary>
    private const string OutputBlocked = "output_blocked";

    /// <summary>Nobody could judge it, and it must not go on without.</summary>
    private const string NobodyJudged = "moderation_unavailable";

    /// <summary>How many messages that were refused as too many are judged for one turn: the latest. It reads none of the others.</summary>
    internal const int MaxRefusedJudged = 10;

    private static readonly Dictionary<string, double> NoScores = [];

    /// <summary>The turn with what was found in its messages; with an answer when they are refused.</summary>
    /// <exception cref="ScoringException">They cannot be judged now, and the bot answers nothing that is not.</exception>
    public async ValueTask<TurnCommit> InputAsync(TurnCommit turn, HeldLane held, ReadableMessages readable, ConnectionSnapshot connection)
    {
        if (moderate.SettingsOf(connection.Bot) is not { } settings)
        {
            return turn;
        }
        List<ModerationRecord> records = [];
        foreach (var message in readable.Messages)
        {
            var images = readable.Images.TryGetValue(message.Id, out var shown) ? shown.Select(i => i.Uri).ToList() : [];
            if (string.IsNullOrWhiteSpace(message.Text) && images.Count == 0)
            {
                continue;
            }
            var verdict = await moderate.JudgeAsync(settings, ModerationDirection.Input, connection, new JudgedText(held.Lane.Conversation, message.Id, message.Text, images), held.Generation);
            if (verdict.IsUnchecked && !(settings.Input.AllowUnchecked ?? true) && verdict.Action != ModerationAction.Block)
            {
                throw new ScoringException(NobodyJudged);
            }
            if (verdict.Action != ModerationAction.Ignore || verdict.IsUnchecked)
            {
                records.Add(Record(held, connection, message.Id, ModerationDirection.Input, verdict, text: null));
            }
        }
        turn = records.Count == 0 ? turn : turn with { Moderations = records };
        return records.Exists(r => r.Action == ModerationAction.Block)
            ? turn with { State = TurnState.Command, Reason = InputBlocked, Answer = settings.Refusal }
            : turn;
    }

    /// <summary>
    /// The turn with what was found in messages that no model reads now (an operator has the conversation, the bot answers by
    /// itself): a later one has them in its history. Nobody waits for it, and it changes
    /// nothing of what is answered.
    /// </summary>
    public async ValueTask<TurnCommit> UnreadAsync(TurnCommit turn, HeldLane held, IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection)
    {
        if (moderate.SettingsOf(connection.Bot) is not { } settings)
        {
            return turn;
        }
        List<ModerationRecord> records = [];
        foreach (var message in messages)
        {
            if (string.IsNullOrWhiteSpace(message.Text) || Commands.IsBare(message))
            {
                continue;
            }
            var verdict = await moderate.JudgeAsync(settings, ModerationDirection.Input, connection, new JudgedText(held.Lane.Conversation, message.Id, message.Text, []), held.Generation);
            if (verdict.Action != ModerationAction.Ignore || verdict.IsUnchecked)
            {
                records.Add(Record(held, connection, message.Id, ModerationDirection.Input, unjudged.MayBeRead(connection.Bot, verdict) ? verdict : verdict with { Action = ModerationAction.Block }, text: null));
            }
        }
        return records.Count == 0 ? turn : turn with { Moderations = records };
    }

    /// <summary>
    /// The turn of messages that are too many: to judge each of them would let anybody ask for as much as they like. They are
    /// judged when a later turn would read them.
    /// </summary>
    public TurnCommit Refused(TurnCommit turn, IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection) =>
        moderate.SettingsOf(connection.Bot) is null ? turn : turn with { Unjudged = [.. messages.Where(m => !string.IsNullOrWhiteSpace(m.Text) && !Commands.IsBare(m)).Select(m => m.Id)] };

    /// <summary>What a turn that failed because nobody could judge its messages says of them: no later one reads them either.</summary>
    public IReadOnlyList<ModerationRecord> Unjudged(HeldLane held, IReadOnlyList<LaneMessage> messages, ConnectionSnapshot connection) =>
        [.. messages.Where(m => !string.IsNullOrWhiteSpace(m.Text)).Select(m => Record(held, connection, m.Id, ModerationDirection.Input, new Verdict(ModerationAction.Block, NoScores, IsUnchecked: true), text: null))];

    /// <summary>
    /// The history without what may not be read: what was changed after it was let in, and what was said among others, is
    /// judged first. What was found goes into the turn; what is blocked is no part of the history from then on. What others
    /// say after the question has its turn later.
    /// </summary>
    public async ValueTask<(TurnCommit Turn, IReadOnlyList<LaneMessage> History)> HistoryAsync(TurnCommit turn, HeldLane held, IReadOnlyList<LaneMessage> history, ConnectionSnapshot connection)
    {
        var isDue = new bool[history.Count];
        for (var i = 0; i < isDue.Length; i++)
        {
            isDue[i] = history[i].Kind != MessageKind.Blocked && unjudged.IsDue(connection, Earlier(held, history[i]));
        }
        if (!isDue.Contains(true))
        {
            return (turn, history);
        }
        history = WithoutTooMany(history, isDue);
        isDue = [.. history.Select(m => m.Kind != MessageKind.Blocked && unjudged.IsDue(connection, Earlier(held, m)))];
        // At once: a group may have said much since the bot was asked last, and the answer waits for it.
        var verdicts = await Task.WhenAll(history.Select((m, i) =>
            isDue[i] && m.Sequence <= turn.ThroughSequence ? unjudged.JudgeAsync(connection, Earlier(held, m), held.Generation).AsTask() : Task.FromResult<Verdict?>(null)));
        List<LaneMessage> kept = new(history.Count);
        List<ModerationRecord> records = [.. turn.Moderations];
        for (var i = 0; i < isDue.Length; i++)
        {
            var isLater = isDue[i] && history[i].Sequence > turn.ThroughSequence;
            if (verdicts[i] is { } found && found.Action != ModerationAction.Ignore)
            {
                records.Add(Record(held, connection, history[i].Id, ModerationDirection.Input, found, text: null));
            }
            if (!isLater && (verdicts[i] is not { } verdict || unjudged.MayBeRead(connection.Bot, verdict)))
            {
                kept.Add(history[i]);
            }
        }
        return (records.Count == turn.Moderations.Count ? turn : turn with { Moderations = records }, kept);
    }

    /// <summary>The turn as it may leave: with the model's answer, or with another text in its place.</summary>
    /// <param name="replayed">The question was put again by an operator: the participant has had the apology.</param>
    public async ValueTask<TurnCommit> OutputAsync(TurnCommit turn, HeldLane held, ConnectionSnapshot connection, bool replayed)
    {
        if (moderate.SettingsOf(connection.Bot) is not { } settings)
        {
            return turn;
        }
        var verdict = await moderate.JudgeAsync(
            settings, ModerationDirection.Output, connection, new JudgedText(held.Lane.Conversation, turn.MessageId, turn.Answer!, pictures.PicturesOf(turn.Answer!)), held.Generation);
        if (verdict.Action == ModerationAction.Block)
        {
            return turn with
            {
                State = TurnState.Command,
                Reason = OutputBlocked,
                Answer = settings.Replacement,
                Moderations = [.. turn.Moderations, Record(held, connection, turn.AnswerId, ModerationDirection.Output, verdict, turn.Answer)],
            };
        }
        if (verdict.IsUnchecked && !(settings.Output.AllowUnchecked ?? false))
        {
            // Not tried again: the answer is paid for, and another one would be paid for once more. An operator may still send it.
            HeldBack(held.Lane.Conversation);
            return turn with
            {
                State = TurnState.Failed,
                Reason = NobodyJudged,
                Answer = replayed ? null : connection.Bot.Processing.Apology,
                DeadLetterOf = turn.MessageId,
                Moderations = [.. turn.Moderations, Record(held, connection, turn.MessageId, ModerationDirection.Output, verdict with { Action = ModerationAction.Block }, turn.Answer)],
            };
        }
        return verdict.Action == ModerationAction.Ignore && !verdict.IsUnchecked
            ? turn
            : turn with { Moderations = [.. turn.Moderations, Record(held, connection, turn.AnswerId, ModerationDirection.Output, verdict, text: null)] };
    }

    /// <summary>Of what was refused and is still to be judged, only the latest.</summary>
    private static IReadOnlyList<LaneMessage> WithoutTooMany(IReadOnlyList<LaneMessage> history, bool[] isDue)
    {
        var tooMany = isDue.Where((due, i) => due && history[i].Kind == MessageKind.Unjudged).Count() - MaxRefusedJudged;
        return tooMany <= 0 ? history : [.. history.Where((m, i) => !(isDue[i] && m.Kind == MessageKind.Unjudged && tooMany-- > 0))];
    }

    private static EarlierMessage Earlier(HeldLane held, LaneMessage message) =>
        new(held.Lane.Conversation, message.Id, EarlierMessage.SinceOf(message.Kind, message.CreatedAt, message.EditedAt), message.Text);

    private ModerationRecord Record(HeldLane held, ConnectionSnapshot connection, Guid message, ModerationDirection direction, Verdict verdict, string? text) => new(
        held.Lane.Conversation,
        connection.Bot.Id,
        message,
        direction,
        verdict.Action == ModerationAction.Ignore ? ModerationAction.Record : verdict.Action,
        verdict.IsUnchecked ? ModerationRecord.Unavailable : ModerationRecord.Judged,
        verdict.Categories,
        text,
        time.GetUtcNow());

    [LoggerMessage(Level = LogLevel.Warning, Message = "An answer in {ConversationId} is held back: it could not be judged")]
    private partial void HeldBack(ConversationId conversationId);
}
