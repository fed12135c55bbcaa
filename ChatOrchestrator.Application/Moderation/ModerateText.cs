using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Application.Turns.Redaction;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Moderation;

/// <summary>What is to be done about a text.</summary>
/// <param name="Action">The worst that any category asks for.</param>
/// <param name="Categories">Those that count, with their scores.</param>
/// <param name="IsUnchecked">The endpoint did not judge all of it.</param>
internal readonly record struct Verdict(ModerationAction Action, IReadOnlyDictionary<string, double> Categories, bool IsUnchecked = false);

/// <summary>A text that is to be judged.</summary>
/// <param name="Message">Whose timeline says what it cost: the message itself, or the question that it answers.</param>
/// <param name="Images">The addresses of the pictures that go with it.</param>
internal readonly record struct JudgedText(ConversationId Conversation, Guid Message, string Text, IReadOnlyList<string> Images);

/// <summary>
/// Judges a text by the word lists, and it and its pictures by the endpoint where the bot wants that. Personal data that the bot keeps from the
/// model is kept from the endpoint, too.
/// </summary>
internal sealed partial class ModerateText(
    IScoresTexts scores, IModelCatalog catalog, ChargeCall charge, LanePlaces places, IOptions<ModerationOptions> options, ILogger<ModerateText> logger)
{
    /// <summary>A participant can write again; an answer that cannot be judged is lost.</summary>
    private const int AttemptsForInput = 1;
    private const int AttemptsForOutput = 3;

    private static readonly ModerationSettings Floor = new();
    private static readonly Dictionary<string, double> Nothing = [];

    private readonly WordList _floor = new(options.Value.AllWords());

    // By the settings' identity: a change of the bot makes new ones, and those no longer used go with them.
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<ModerationSettings, WordList> _lists = [];

    /// <summary>What holds for a bot; null: nothing is moderated.</summary>
    public ModerationSettings? SettingsOf(BotSnapshot bot) => bot.Processing.Moderation ?? (_floor.IsEmpty ? null : Floor);

    /// <summary>Whether nothing of an answer may be shown before all of it was judged.</summary>
    public bool HoldsAnswers(BotSnapshot bot) => SettingsOf(bot) is not null;

    public async ValueTask<Verdict> JudgeAsync(
        ModerationSettings settings, ModerationDirection direction, ConnectionSnapshot connection, JudgedText judged, CancellationToken cancellationToken)
    {
        var (subject, text, images) = (new CallSubject(CallPurposes.Moderation, judged.Conversation, judged.Message), judged.Text, judged.Images);
        var bot = connection.Bot;
        var rule = direction == ModerationDirection.Input ? settings.Input : settings.Output;
        var verdict = new Verdict(ModerationAction.Ignore, Nothing);
        if (_floor.Matches(text) || _lists.GetValue(settings, static s => new WordList(s.Words)).Matches(text))
        {
            verdict = With(verdict, rule, new CategoryScore(ModerationSettings.WordList, 1, true));
        }
        if (bot.Processing.Moderation is not null && scores.IsConfigured)
        {
            if (verdict.Action != ModerationAction.Block && !string.IsNullOrWhiteSpace(text))
            {
                var shown = PromptRedaction.For(bot.Processing)?.Redact(text) ?? text;
                verdict = await AskAsync(verdict, rule, direction, connection, subject, attempts => scores.ScoreAsync(shown, attempts, cancellationToken), cancellationToken);
            }
            for (var i = 0; i < images.Count && verdict.Action != ModerationAction.Block; i++)
            {
                var image = images[i];
                verdict = await AskAsync(verdict, rule, direction, connection, subject, attempts => scores.ScoreImageAsync(image, attempts, cancellationToken), cancellationToken);
            }
        }
        if (verdict.Action != ModerationAction.Ignore)
        {
            EngineTelemetry.Moderated.Add(1, new("direction", Word(direction)), new("action", Word(verdict.Action)));
        }
        return verdict;
    }

    private async Task<Verdict> AskAsync(
        Verdict verdict, ModerationRule rule, ModerationDirection direction, ConnectionSnapshot connection, CallSubject subject, Func<int, Task<IReadOnlyList<CategoryScore>>> ask, CancellationToken cancellationToken)
    {
        // Most endpoints cost nothing, and nothing is asked of the store then.
        var price = catalog.CallPriceOf(scores.Model)?.NanosOf(1);
        var call = price is { } nanos ? await charge.OpenAsync(connection.Bot, null, nanos, 0, percent: null, cancellationToken) : default;
        long? spent = null;
        try
        {
            using var waiting = places.BeginWait();
            foreach (var score in await ask(direction == ModerationDirection.Input ? AttemptsForInput : AttemptsForOutput))
            {
                verdict = With(verdict, rule, score);
            }
            spent = price;
            return verdict;
        }
        catch (ScoringException e)
        {
            NotJudged(direction, e.Message);
            EngineTelemetry.ModerationFailures.Add(1, new KeyValuePair<string, object?>("reason", e.Message));
            return verdict with { IsUnchecked = true };
        }
        finally
        {
            await charge.CloseAsync(call, connection, subject, scores.Model, default, spent);
        }
    }

    public static string Word(ModerationDirection direction) => direction == ModerationDirection.Input ? "input" : "output";

    public static string Word(ModerationAction action) => action switch
    {
        ModerationAction.Block => "block",
        ModerationAction.Flag => "flag",
        ModerationAction.Record => "record",
        _ => "ignore",
    };

    private static Verdict With(Verdict verdict, ModerationRule rule, CategoryScore score)
    {
        var action = rule.ActionFor(score.Category, score.Score, score.IsFlagged);
        return action == ModerationAction.Ignore ? verdict : verdict with
        {
            Action = (ModerationAction)Math.Max((int)action, (int)verdict.Action),
            Categories = new Dictionary<string, double>(verdict.Categories) { [score.Category] = score.Score },
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A text ({Direction}) could not be judged: {Reason}")]
    private partial void NotJudged(ModerationDirection direction, string reason);
}
