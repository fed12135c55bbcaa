using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What a call to the model says beyond what every provider understands, and what it is told afterwards.</summary>
public sealed class ModelCallOptions : ChatOptions
{
    public ModelCallOptions()
    {
    }

    /// <summary>A copy, of which the report is the same.</summary>
    public ModelCallOptions(ChatOptions options)
        : base(options)
    {
        if (options is not ModelCallOptions other)
        {
            return;
        }
        Fallbacks = other.Fallbacks;
        FirstTokenTimeout = other.FirstTokenTimeout;
        CacheFor = other.CacheFor;
        CacheOf = other.CacheOf;
        HasNext = other.HasNext;
        Report = other.Report;
    }

    /// <summary>Who answers when <see cref="ChatOptions.ModelId"/> does not, in this order; null: as the deployment says.</summary>
    public IReadOnlyList<string>? Fallbacks { get; init; }

    /// <summary>How long a streamed answer may take to begin; null: as the model's settings say.</summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>For how long an answer to exactly this prompt is kept and given again; zero: not at all.</summary>
    public TimeSpan CacheFor { get; init; }

    /// <summary>Whose answers they are: no bot is given another's.</summary>
    public BotId CacheOf { get; init; }

    /// <summary>Another model stands by, so that this one is not insisted on.</summary>
    public bool HasNext { get; set; }

    /// <summary>Filled in while the call runs; the same for every copy of these options.</summary>
    public ModelCallReport Report { get; } = new();

    public override ChatOptions Clone() => new ModelCallOptions(this);
}

/// <summary>What became of a call.</summary>
public sealed class ModelCallReport
{
    private List<(string Model, ModelFailure Failure)>? _failed;

    /// <summary>The model that answered, as bots name it; null: the one that was asked for, or none.</summary>
    public string? AnsweredBy { get; set; }

    /// <summary>The answer was given before, and costs nothing.</summary>
    public bool FromCache { get; set; }

    /// <summary>The models that did not answer, before one did or the last one did not either.</summary>
    public IReadOnlyList<(string Model, ModelFailure Failure)> Failed => _failed is null ? [] : _failed;

    public void Add(string model, ModelFailure failure) => (_failed ??= []).Add((model, failure));
}
