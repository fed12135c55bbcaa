using System.Diagnostics.Metrics;

namespace ChatOrchestrator.Application.Telemetry;

/// <summary>What the models do and cost, beside the <c>gen_ai.*</c> instruments of the calls themselves.</summary>
public static class ModelTelemetry
{
    private static readonly Meter Meter = new(EngineTelemetry.Name);

    /// <summary>Calls that went on to another model, by <c>from</c>, <c>to</c> and <c>reason</c>.</summary>
    public static readonly Counter<long> Fallbacks = Meter.CreateCounter<long>("chat.model.fallbacks", "{call}", "Calls that went on to another model.");

    /// <summary>Calls that may be answered from the cache, by <c>result</c> (<c>hit</c>, <c>miss</c>): the hit rate is one of them over both.</summary>
    public static readonly Counter<long> CacheLookups = Meter.CreateCounter<long>("chat.model.cache.lookups", "{call}", "Look-ups in the cache of answers, by result.");

    /// <summary>What the calls cost by the configured prices, by <c>model</c>, <c>currency</c> and <c>purpose</c> (<c>answer</c>, <c>summary</c>, <c>understanding</c>, <c>transcription</c>, <c>moderation</c>).</summary>
    public static readonly Counter<double> Cost = Meter.CreateCounter<double>("chat.model.cost", "{currency}", "What calls to models cost, by the configured prices.");

    /// <summary>Questions that met the limit of a budget, by <c>limit</c> and <c>outcome</c> (<c>answer</c>, <c>cheaper_model</c>, <c>operator</c>).</summary>
    public static readonly Counter<long> BudgetsReached = Meter.CreateCounter<long>("chat.budget.reached", "{question}", "Questions that met the limit of a budget.");
}
