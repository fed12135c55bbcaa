using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Spending;

/// <summary>Asks a model for something beside the answers, as long as the bot's budget bears it.</summary>
internal sealed class AskBeside(IChatClient model, IModelCatalog catalog, ITokenCounter counter, ChargeCall charge, TimeProvider time)
{
    /// <param name="outputTokens">How many tokens its answer may have, for what is set aside.</param>
    /// <exception cref="BudgetReachedException">The model was not asked.</exception>
    /// <exception cref="ModelException">The model did not answer, or not in time.</exception>
    public async Task<ChatResponse> HandleAsync(
        ConnectionSnapshot connection, CallSubject subject, IList<ChatMessage> prompt, ModelCallOptions options, int outputTokens, TimeSpan patience, CancellationToken cancellationToken)
    {
        var call = await OpenAsync(connection.Bot, prompt, options.ModelId, outputTokens, cancellationToken);
        using var limit = new CancellationTokenSource(patience, time);
        using var link = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        ModelUsage? usage = null;
        string? name = null;
        try
        {
            var response = await model.GetResponseAsync(prompt, options, link.Token);
            name = response.ModelId;
            usage = response.Usage is { InputTokenCount: { } input, OutputTokenCount: { } output } u ? new ModelUsage(input, u.CachedInputTokenCount ?? 0, output) : null;
            return response;
        }
        catch (ModelException e)
        {
            usage = e.Usage;
            throw;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(ModelFailure.TimedOut);
        }
        finally
        {
            var answered = options.Report.AnsweredBy ?? options.ModelId;
            var nanos = usage is { } used ? catalog.PriceOf(answered)?.NanosOf(used) : null;
            await charge.CloseAsync(call, connection, subject, name ?? answered, usage ?? default, nanos);
        }
    }

    private async ValueTask<OpenCall> OpenAsync(BotSnapshot bot, IList<ChatMessage> prompt, string? asked, int outputTokens, CancellationToken cancellationToken)
    {
        if (bot.Processing.Budgets is not { HasLimits: true } budget)
        {
            return default;
        }
        var expected = new ModelUsage(PromptTokens.Count(counter, prompt), 0, outputTokens);
        if (catalog.DearestOf(catalog.ChainOf(asked, null), expected) is not { } nanos)
        {
            if (budget.HasCostLimits)
            {
                throw new BudgetReachedException(BudgetLimit.Unpriced);
            }
            nanos = 0;
        }
        var call = await charge.OpenAsync(bot, null, nanos, expected.Total, percent: 100, cancellationToken);
        return call.Limit == BudgetLimit.None ? call : throw new BudgetReachedException(call.Limit);
    }
}
