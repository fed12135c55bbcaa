using System.Globalization;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Whether the model may be asked.</summary>
/// <param name="Model">The model that answers in place of the bot's; null: the bot's own.</param>
/// <param name="Refusal">What happens instead; null: it may.</param>
internal readonly record struct BudgetDecision(string? Model, BudgetRefusal? Refusal);

/// <summary>A limit is reached and no model answers.</summary>
/// <param name="Notice">What the participant is told.</param>
/// <param name="HandsOver">The conversation goes to an operator.</param>
internal sealed record BudgetRefusal(string Notice, bool HandsOver);

/// <summary>Sets aside what an answer may cost before the model is asked for it. Bots without a budget pay nothing for this.</summary>
internal sealed class ReserveBudget(IBudgetStore budgets, IModelCatalog catalog, ITokenCounter counter, ChargeCall charge, TimeProvider time)
{
    /// <summary>A call ends within the bot's time limit, and its commit is tried for a minute.</summary>
    private static readonly TimeSpan AfterCall = TimeSpan.FromMinutes(2);

    public async ValueTask<BudgetDecision> HandleAsync(HeldLane held, ConnectionSnapshot connection, Guid? participant, IEnumerable<ChatMessage> prompt, CancellationToken cancellationToken)
    {
        var bot = connection.Bot;
        if (bot.Processing.Budgets is not { HasLimits: true } budget)
        {
            return default;
        }
        var expected = new ModelUsage(PromptTokens.Count(counter, prompt), 0, bot.Ai.MaxOutputTokens ?? budget.ReserveOutputTokens);
        var limit = await TryReserveAsync(held, bot, participant, expected, catalog.ChainOf(bot.Ai.Model, bot.Processing.Models?.Fallbacks), 100, cancellationToken);
        if (limit == BudgetLimit.None)
        {
            return default;
        }
        var outcome = budget.AtLimit;
        if (outcome == BudgetActions.CheaperModel)
        {
            var further = await TryReserveAsync(held, bot, participant, expected, [budget.CheaperModel!], 100 + budget.CheaperModelPercent, cancellationToken);
            outcome = further == BudgetLimit.None ? outcome : BudgetActions.Answer;
        }
        var refusal = Refuse(held, bot.Id, budget, limit, participant, outcome);
        return outcome == BudgetActions.CheaperModel ? new BudgetDecision(budget.CheaperModel, null) : new BudgetDecision(null, refusal);
    }

    /// <summary>Sets aside what it may cost to put speech into words: where nothing can be answered any more, it is not.</summary>
    public async ValueTask<(OpenCall Call, BudgetRefusal? Refusal)> ForSpeechAsync(HeldLane held, ConnectionSnapshot connection, Guid? participant, long nanos, long tokens, CancellationToken cancellationToken)
    {
        if (connection.Bot.Processing.Budgets is not { HasLimits: true } budget)
        {
            return default;
        }
        var mayAnswerCheaper = budget.AtLimit == BudgetActions.CheaperModel;
        var call = await charge.OpenAsync(connection.Bot, participant, nanos, tokens, mayAnswerCheaper ? 100 + budget.CheaperModelPercent : 100, cancellationToken);
        return call.Limit == BudgetLimit.None
            ? (call, null)
            : (call, Refuse(held, connection.Bot.Id, budget, call.Limit, participant, mayAnswerCheaper ? BudgetActions.Answer : budget.AtLimit));
    }

    private BudgetRefusal Refuse(HeldLane held, BotId bot, BudgetSettings budget, BudgetLimit limit, Guid? participant, string outcome)
    {
        Tell(held, bot, limit, participant, outcome);
        ModelTelemetry.BudgetsReached.Add(1, new("limit", NameOf(limit)), new("outcome", outcome));
        return new BudgetRefusal(budget.Notice, outcome == BudgetActions.Operator);
    }

    /// <summary>In the turn's commit: in its timeline each time, to those who asked for it once a day.</summary>
    private void Tell(HeldLane held, BotId bot, BudgetLimit limit, Guid? participant, string outcome)
    {
        var conversation = held.Lane.Conversation;
        var subject = limit is BudgetLimit.ParticipantCost or BudgetLimit.ParticipantTokens ? participant?.ToString() : null;
        held.Record.Note("budget_reached", $"{NameOf(limit)}: {outcome}");
        held.Record.Tell(NotificationEvent.BudgetReached(bot, NameOf(limit), subject, Today().ToString("O", CultureInfo.InvariantCulture), outcome, conversation));
        if (outcome == BudgetActions.Operator)
        {
            held.Record.Tell(NotificationEvent.HandoffRequested(bot, conversation, null, "budget_reached"));
        }
    }

    private DateOnly Today() => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>The stable word of a limit.</summary>
    public static string NameOf(BudgetLimit limit) => limit switch
    {
        BudgetLimit.BotCost => "bot_cost",
        BudgetLimit.BotTokens => "bot_tokens",
        BudgetLimit.ParticipantCost => "participant_cost",
        BudgetLimit.ParticipantTokens => "participant_tokens",
        BudgetLimit.Unpriced => "model_without_price",
        _ => "none",
    };

    private async Task<BudgetLimit> TryReserveAsync(
        HeldLane held, BotSnapshot bot, Guid? participant, ModelUsage expected, IReadOnlyList<string> models, int percent, CancellationToken cancellationToken)
    {
        var budget = bot.Processing.Budgets!;
        if (catalog.DearestOf(models, expected) is not { } nanos)
        {
            if (budget.HasCostLimits)
            {
                return BudgetLimit.Unpriced;
            }
            nanos = 0;
        }
        var request = new BudgetRequest(
            Guid.CreateVersion7(),
            bot.Id,
            participant,
            held.Lane.Conversation,
            Today(),
            nanos,
            expected.Total,
            TimeSpan.FromSeconds(bot.Ai.TimeoutSeconds) + AfterCall,
            BudgetLimits.OfBot(budget, percent),
            BudgetLimits.OfParticipant(budget, percent));
        var limit = await budgets.ReserveAsync(request, cancellationToken);
        if (limit == BudgetLimit.None)
        {
            held.Record.Reserved(request.Id);
        }
        return limit;
    }
}
