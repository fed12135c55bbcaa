using System.Text;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns.Redaction;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>What the model said.</summary>
/// <param name="Usage">What the provider counted; null: it did not.</param>
/// <param name="IsCut">It became too long.</param>
/// <param name="Withheld">Why the model was not asked at all; null: it was.</param>
internal sealed record GeneratedAnswer(string Text, string? Model, ModelUsage? Usage, DateTimeOffset? FirstTokenAt, bool IsCut, BudgetRefusal? Withheld = null);

/// <summary>Asks the model: streaming where the platform can show it, typing shown where it cannot and the answer takes a while.</summary>
internal sealed partial class GenerateAnswer(
    IChatClient model, IModelCatalog catalog, ReserveBudget reserve, ITokenCounter counter, ModerateText moderate, LanePlaces places, TimeProvider time, ILogger<GenerateAnswer> logger)
{
    private static readonly ModelSettings Defaults = new();
    private static readonly TimeSpan BeforeTyping = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan BetweenTyping = TimeSpan.FromSeconds(4);

    /// <exception cref="ModelException">The model did not answer.</exception>
    public async Task<GeneratedAnswer> HandleAsync(
        HeldLane held,
        IReadOnlyList<LaneMessage> history,
        ReadableMessages readable,
        ConnectionSnapshot connection,
        IPlatformAdapter platform,
        AnswerDraft draft)
    {
        var bot = connection.Bot;
        var models = bot.Processing.Models ?? Defaults;
        var options = new ModelCallOptions
        {
            ModelId = bot.Ai.Model,
            Temperature = (float?)bot.Ai.Temperature,
            MaxOutputTokens = bot.Ai.MaxOutputTokens,
            Fallbacks = models.Fallbacks,
            FirstTokenTimeout = models.FirstTokenTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            CacheFor = TimeSpan.FromSeconds(models.CacheSeconds),
            CacheOf = bot.Id,
        };
        var messages = readable.Messages;
        var prompt = ComposePrompt.Compose(bot, held.Lane.IsGroup, history, messages, counter, bot.Ai.MaxPromptTokens, readable.Images);
        var redaction = PromptRedaction.For(bot.Processing);
        prompt = redaction?.Redact(prompt) ?? prompt;
        var (cheaper, refusal) = await reserve.HandleAsync(held, connection, messages[0].Participant, prompt, held.Cancellation);
        if (refusal is not null)
        {
            return new GeneratedAnswer("", null, null, null, false, refusal);
        }
        if (cheaper is not null)
        {
            options = new ModelCallOptions(options) { ModelId = cheaper, Fallbacks = [] };
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(held.Generation);
        limit.CancelAfter(TimeSpan.FromSeconds(bot.Ai.TimeoutSeconds));
        using var shown = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, held.Cancellation);
        var typing = platform.Capabilities.ShowsTyping ? ShowTypingAsync(platform, connection, held.Lane.Chat, shown.Token) : Task.CompletedTask;
        var streams = platform is IStreamsAnswers able && able.Streams(connection) && !moderate.HoldsAnswers(bot) ? able : null;
        var heard = new StringBuilder();
        try
        {
            GeneratedAnswer answer;
            try
            {
                answer = await AskAsync(prompt, options, streams, connection, held, draft, redaction, heard, limit.Token);
            }
            catch (ModelException e) when (e.Failure == ModelFailure.ContextTooLong && ComposePrompt.Shorten(prompt, messages.Count) is { } shorter)
            {
                answer = await AskAsync(shorter, options, streams, connection, held, draft, redaction, heard, limit.Token);
            }
            if (string.IsNullOrWhiteSpace(answer.Text))
            {
                throw new ModelException(ModelFailure.Empty) { Usage = answer.Usage };
            }
            Count(held.Record, options, answer.Usage ?? (answer.IsCut ? Estimate(prompt, answer.Text) : null), answer.Model);
            return answer;
        }
        catch (ModelException e)
        {
            streams?.Abandon(connection, draft);
            Count(held.Record, options, e.Usage, options.ModelId);
            throw;
        }
        catch (OperationCanceledException) when (!held.Generation.IsCancellationRequested)
        {
            streams?.Abandon(connection, draft);
            throw new ModelException(ModelFailure.TimedOut);
        }
        catch (OperationCanceledException) when (held.IsLost)
        {
            // Whoever says /stop before the end has used it all the same.
            streams?.Abandon(connection, draft);
            Count(held.Record, options, Estimate(prompt, heard.ToString()), options.ModelId);
            throw;
        }
        catch
        {
            streams?.Abandon(connection, draft);
            throw;
        }
        finally
        {
            await EndAsync(shown, typing);
        }
    }

    /// <summary>Notes what the call has used, whether it was an answer or not.</summary>
    private void Count(TurnRecord record, ModelCallOptions options, ModelUsage? usage, string? name)
    {
        var report = options.Report;
        foreach (var (failed, failure) in report.Failed)
        {
            record.Note("model_fallback", $"{failed}: {TurnReasons.Of(failure)}");
        }
        if (report.FromCache)
        {
            record.Note("answered_from_cache", null);
        }
        var price = catalog.PriceOf(report.AnsweredBy ?? options.ModelId);
        record.Count(usage, price);
        EngineTelemetry.Tokens.Add(usage?.Input ?? 0, new("model", name), new("direction", "input"));
        EngineTelemetry.Tokens.Add(usage?.Output ?? 0, new("model", name), new("direction", "output"));
        if (usage is { } used && price is not null)
        {
            ModelTelemetry.Cost.Add((double)price.NanosOf(used) / ModelPrice.NanosPerUnit, new("model", name), new("currency", catalog.Currency), new("purpose", CallPurposes.Answer));
        }
    }

    /// <summary>For an answer that was not heard to its end, and that nobody has counted therefore.</summary>
    private ModelUsage Estimate(IEnumerable<ChatMessage> prompt, string answer) => new(prompt.Sum(m => (long)counter.Count(null, m.Text)), 0, counter.Count(null, answer));

    private async Task<GeneratedAnswer> AskAsync(IList<ChatMessage> prompt, ModelCallOptions options, IStreamsAnswers? streams, ConnectionSnapshot connection, HeldLane held, AnswerDraft draft, PromptRedaction? redaction, StringBuilder text, CancellationToken cancellationToken)
    {
        using var waiting = places.BeginWait();
        var limit = new AnswerLimit((connection.Bot.Processing.Models ?? Defaults).MaxAnswerCharacters);
        if (streams is null)
        {
            var response = await model.GetResponseAsync(prompt, options, cancellationToken);
            var said = limit.Take(redaction?.Restore(response.Text) ?? response.Text);
            return new GeneratedAnswer(said, response.ModelId, UsageOf(response.Usage), null, limit.IsReached);
        }
        text.Clear();
        var restoration = redaction is null ? null : new AnswerRestoration(redaction);
        DateTimeOffset? first = null;
        using var silenced = held.Cancellation.Register(() => streams.Abandon(connection, draft));
        string? name = null;
        UsageDetails? usage = null;
        await foreach (var update in model.GetStreamingResponseAsync(prompt, options, cancellationToken))
        {
            name ??= update.ModelId;
            usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
            var more = update.Text;
            if (more.Length > 0)
            {
                first ??= time.GetUtcNow();
                Show(limit.Take(restoration?.Add(more) ?? more));
                if (limit.IsReached)
                {
                    // Nobody will read the rest: the provider need not write it.
                    break;
                }
            }
        }
        Show(limit.Take(restoration?.End() ?? ""));
        return new GeneratedAnswer(text.ToString(), name, UsageOf(usage), first, limit.IsReached);

        void Show(string more)
        {
            text.Append(more);
            if (more.Length > 0 && !held.IsLost)
            {
                streams.Stream(connection, draft, more);
            }
        }
    }

    private static ModelUsage? UsageOf(UsageDetails? usage) => usage is { InputTokenCount: { } input, OutputTokenCount: { } output }
        ? new ModelUsage(input, usage.CachedInputTokenCount ?? 0, output)
        : null;

    private async Task ShowTypingAsync(IPlatformAdapter platform, ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        await WaitAsync(BeforeTyping, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await platform.ShowTypingAsync(connection, chat, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // The answer is there, or nobody waits for it any more.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Against its contract: no answer that is paid for is lost for that. The type only, as of any adapter's.
                TypingBroke(platform.Platform.Value, e.GetType().Name);
                return;
            }
            await WaitAsync(BetweenTyping, cancellationToken);
        }
    }

    /// <summary>At once: <see cref="CancellationTokenSource.CancelAsync"/> would go through the thread pool, for every answer, to end a wait.</summary>
    private static Task EndAsync(CancellationTokenSource shown, Task typing)
    {
        shown.Cancel();
        return typing;
    }

    /// <summary>Nearly every answer is there before the wait is over: an exception for each was a twentieth of a worker's time.</summary>
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(Level = LogLevel.Error, Message = "Showing on {Platform} that the bot types broke ({Error})")]
    private partial void TypingBroke(string platform, string error);
}
