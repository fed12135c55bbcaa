using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns.Redaction;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Turns;

/// <summary>What the model said.</summary>
internal sealed record GeneratedAnswer(string Text, string? Model, int? InputTokens, int? OutputTokens, DateTimeOffset? FirstTokenAt);

/// <summary>Asks the model: streaming where the platform can show it, typing shown where it cannot and the answer takes a while.</summary>
internal sealed class GenerateAnswer(IChatClient model, ITokenCounter counter, LanePlaces places, TimeProvider time)
{
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
        var options = new ChatOptions
        {
            ModelId = bot.Ai.Model,
            Temperature = (float?)bot.Ai.Temperature,
            MaxOutputTokens = bot.Ai.MaxOutputTokens,
        };
        var messages = readable.Messages;
        var prompt = ComposePrompt.Compose(bot, held.Lane.IsGroup, history, messages, counter, bot.Ai.MaxPromptTokens, readable.Images);
        var redaction = PromptRedaction.For(bot.Processing);
        prompt = redaction?.Redact(prompt) ?? prompt;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(held.Generation);
        limit.CancelAfter(TimeSpan.FromSeconds(bot.Ai.TimeoutSeconds));
        using var shown = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, held.Cancellation);
        var typing = platform.Capabilities.ShowsTyping ? ShowTypingAsync(platform, connection, held.Lane.Chat, shown.Token) : Task.CompletedTask;
        var streams = platform is IStreamsAnswers able && able.Streams(connection) ? able : null;
        try
        {
            GeneratedAnswer answer;
            try
            {
                answer = await AskAsync(prompt, options, streams, connection, held, draft, redaction, limit.Token);
            }
            catch (ModelException e) when (e.Failure == ModelFailure.ContextTooLong && ComposePrompt.Shorten(prompt, messages.Count) is { } shorter)
            {
                answer = await AskAsync(shorter, options, streams, connection, held, draft, redaction, limit.Token);
            }
            if (string.IsNullOrWhiteSpace(answer.Text))
            {
                throw new ModelException(ModelFailure.Empty);
            }
            EngineTelemetry.Tokens.Add(answer.InputTokens ?? 0, new("model", answer.Model), new("direction", "input"));
            EngineTelemetry.Tokens.Add(answer.OutputTokens ?? 0, new("model", answer.Model), new("direction", "output"));
            return answer;
        }
        catch (OperationCanceledException) when (!held.Generation.IsCancellationRequested)
        {
            streams?.Abandon(connection, draft);
            throw new ModelException(ModelFailure.TimedOut);
        }
        catch
        {
            streams?.Abandon(connection, draft);
            throw;
        }
        finally
        {
            await limit.CancelAsync();
            await typing;
        }
    }

    private async Task<GeneratedAnswer> AskAsync(IList<ChatMessage> prompt, ChatOptions options, IStreamsAnswers? streams, ConnectionSnapshot connection, HeldLane held, AnswerDraft draft, PromptRedaction? redaction, CancellationToken cancellationToken)
    {
        using var waiting = places.BeginWait();
        if (streams is null)
        {
            var response = await model.GetResponseAsync(prompt, options, cancellationToken);
            return new GeneratedAnswer(redaction?.Restore(response.Text) ?? response.Text, response.ModelId, (int?)response.Usage?.InputTokenCount, (int?)response.Usage?.OutputTokenCount, null);
        }
        var text = new StringBuilder();
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
                Show(restoration?.Add(more) ?? more);
            }
        }
        Show(restoration?.End() ?? "");
        return new GeneratedAnswer(text.ToString(), name, (int?)usage?.InputTokenCount, (int?)usage?.OutputTokenCount, first);

        void Show(string more)
        {
            text.Append(more);
            if (more.Length > 0 && !held.IsLost)
            {
                streams.Stream(connection, draft, more);
            }
        }
    }

    private async Task ShowTypingAsync(IPlatformAdapter platform, ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(BeforeTyping, time, cancellationToken);
            while (true)
            {
                await platform.ShowTypingAsync(connection, chat, cancellationToken);
                await Task.Delay(BetweenTyping, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The answer is there, or nobody waits for it any more.
        }
    }
}
