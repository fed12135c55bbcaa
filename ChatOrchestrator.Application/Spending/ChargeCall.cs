using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Spending;

/// <summary>
/// Calls beside an answer (summaries, understanding, speech, moderation) cost money, too. Each is set aside before it is
/// made and settled after it, by itself: what it has used was paid for whatever becomes of the turn. Where no price and no
/// budget is known, and nothing was counted, the store is not asked.
/// </summary>
internal sealed partial class ChargeCall(IBudgetStore budgets, IModelCatalog catalog, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ChargeCall> logger)
{
    /// <summary>How long the store is waited for: what a call has used is known only here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The same for a process that is told to stop: well within the time that it has for it.</summary>
    private static readonly TimeSpan PatienceAtStop = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a call that was begun may be settled: longer than any of them takes.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(12);

    /// <summary>Sets aside what a call may use. Bots without a budget have nothing to set aside.</summary>
    /// <param name="percent">How much of the limits it may reach; null: it is made whatever it costs, for safety does not end with the money.</param>
    public async ValueTask<OpenCall> OpenAsync(BotSnapshot bot, Guid? participant, long nanos, long tokens, int? percent, CancellationToken cancellationToken)
    {
        if (bot.Processing.Budgets is not { HasLimits: true } budget)
        {
            return default;
        }
        var id = Guid.CreateVersion7();
        var request = new BudgetRequest(
            id,
            bot.Id,
            participant,
            // A place of its own: another call in the conversation, such as the answer, is no new attempt at this one.
            new ConversationId(id),
            DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            nanos,
            tokens,
            Life,
            percent is { } part ? BudgetLimits.OfBot(budget, part) : default,
            percent is { } share ? BudgetLimits.OfParticipant(budget, share) : default);
        var limit = await ReserveAsync(request, cancellationToken);
        return limit == BudgetLimit.None ? new OpenCall(id, limit) : new OpenCall(null, limit);
    }

    /// <summary>
    /// Counts what a call has used, once. A store that stays away does not get to know it: then the log says what was used,
    /// and what is set aside stands until it expires. It is not tried again: nothing is ever charged twice.
    /// </summary>
    /// <param name="model">Its name in the metrics.</param>
    /// <param name="nanos">Null: no price is known.</param>
    public async ValueTask CloseAsync(OpenCall call, ConnectionSnapshot connection, CallSubject subject, string? model, ModelUsage usage, long? nanos)
    {
        if (call.Reservation is null && usage == default && nanos is null)
        {
            return;
        }
        var note = subject.Message is { } message && (usage != default || nanos is not null)
            ? new SpendingNote(subject.Conversation, message, Detail(subject.Purpose, model, usage, nanos))
            : null;
        var spending = new CallSpending(call.Reservation, connection.Bot.Id, connection.Platform, usage, nanos, note);
        if (!await SpendAsync(spending))
        {
            NotCounted(connection.Bot.Id.Value, subject.Purpose, model, usage.Total, nanos, call.Reservation);
        }
        EngineTelemetry.Tokens.Add(usage.Input, new("model", model), new("direction", "input"));
        EngineTelemetry.Tokens.Add(usage.Output, new("model", model), new("direction", "output"));
        if (nanos is { } cost)
        {
            ModelTelemetry.Cost.Add((double)cost / ModelPrice.NanosPerUnit, new("model", model), new("currency", catalog.Currency), new("purpose", subject.Purpose));
        }
    }

    private string Detail(string purpose, string? model, ModelUsage usage, long? nanos)
    {
        var by = string.IsNullOrEmpty(model) ? "" : $" by {model}";
        var tokens = usage == default ? "" : string.Create(CultureInfo.InvariantCulture, $"{usage.Input} + {usage.Output} tokens");
        var cost = nanos is { } paid ? string.Create(CultureInfo.InvariantCulture, $"{(decimal)paid / ModelPrice.NanosPerUnit:0.#########} {catalog.Currency}") : "";
        return $"{purpose}{by}: {tokens}{(tokens.Length > 0 && cost.Length > 0 ? ", " : "")}{cost}";
    }

    private async Task<BudgetLimit> ReserveAsync(BudgetRequest request, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await budgets.ReserveAsync(request, cancellationToken);
            }
            catch (StoreUnavailableException) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<bool> SpendAsync(CallSpending spending)
    {
        // Not the caller's: a process that is asked to stop has paid for it all the same.
        using var patience = new CancellationTokenSource(Patience, time);
        await using var stopping = lifetime.ApplicationStopping.Register(() => patience.CancelAfter(PatienceAtStop));
        try
        {
            while (true)
            {
                try
                {
                    await budgets.SpendAsync(spending, patience.Token);
                    return true;
                }
                catch (StoreUnavailableException)
                {
                    await Task.Delay(Pause, time, patience.Token);
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The store is away, and what a call has used is not counted: {Purpose} of bot {BotId} by {Model}, {Tokens} tokens, {Nanos} billionths; reservation {ReservationId} stands until it expires")]
    private partial void NotCounted(Guid botId, string purpose, string? model, long tokens, long? nanos, Guid? reservationId);
}

/// <summary>What a call is made for.</summary>
/// <param name="Purpose">One of <see cref="CallPurposes"/>.</param>
/// <param name="Message">Whose timeline says what it cost; null: none, or one that says it in another way.</param>
internal readonly record struct CallSubject(string Purpose, ConversationId Conversation, Guid? Message);

/// <summary>A call that may be made, or not.</summary>
/// <param name="Reservation">What is set aside; null: nothing.</param>
/// <param name="Limit">The limit that stands in the way.</param>
internal readonly record struct OpenCall(Guid? Reservation, BudgetLimit Limit);
