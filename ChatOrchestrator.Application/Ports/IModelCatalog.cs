namespace ChatOrchestrator.Application.Ports;

/// <summary>The models that bots can name, as the deployment configures them.</summary>
public interface IModelCatalog
{
    /// <summary>What prices are in: three letters (ISO 4217).</summary>
    string Currency { get; }

    /// <summary>The configured models, the default first.</summary>
    IReadOnlyList<ModelListing> Models { get; }

    /// <summary>What a model costs; null when nobody has said.</summary>
    /// <param name="model">As a bot names it; null: the default.</param>
    ModelPrice? PriceOf(string? model);

    /// <summary>What a model costs that is not paid by the token, or not by the token alone; null when nobody has said.</summary>
    CallPrice? CallPriceOf(string model);

    /// <summary>Who is asked for an answer: the model, then those that stand in for it.</summary>
    /// <param name="model">As a bot names it; null: the default.</param>
    /// <param name="fallbacks">The bot's own choice; null: the deployment's.</param>
    IReadOnlyList<string> ChainOf(string? model, IReadOnlyList<string>? fallbacks);
}

/// <summary>A model, without its provider's address and key.</summary>
/// <param name="Name">As bots name it.</param>
/// <param name="Provider">The provider's name; null: the deployment's default.</param>
/// <param name="ProviderModel">What the provider calls it.</param>
public sealed record ModelListing(string Name, string? Provider, string ProviderModel, bool IsDefault, IReadOnlyList<string> Fallbacks, ModelPrice? Price);

/// <summary>What a million tokens cost.</summary>
/// <param name="Input">Of the prompt.</param>
/// <param name="CachedInput">Of the prompt, where the provider had them cached.</param>
/// <param name="Output">Of the answer.</param>
public sealed record ModelPrice(decimal Input, decimal CachedInput, decimal Output)
{
    /// <summary>The smallest unit that is counted: a billionth of the currency. 0.15 for a million tokens are 150 of it for one.</summary>
    public const long NanosPerUnit = 1_000_000_000;

    private const decimal NanosPerTokenAtOne = NanosPerUnit / 1_000_000m;

    /// <summary>What a call costs, in billionths of the currency; a fraction of one counts as one.</summary>
    public long NanosOf(ModelUsage usage)
    {
        var cached = Math.Clamp(usage.CachedInput, 0, usage.Input);
        var perMillion = ((usage.Input - cached) * Input) + (cached * CachedInput) + (usage.Output * Output);
        return (long)Math.Ceiling(perMillion * NanosPerTokenAtOne);
    }
}

/// <summary>What speech to text and moderation may be paid by.</summary>
/// <param name="Minute">A minute of speech; null: it is not paid by the minute.</param>
/// <param name="Request">One request; null: it is not paid by the request.</param>
public sealed record CallPrice(decimal? Minute, decimal? Request)
{
    /// <summary>In billionths of the currency; a fraction of one counts as one.</summary>
    /// <param name="length">How long the speech is.</param>
    public long NanosOf(int requests, TimeSpan length = default) => (long)Math.Ceiling(
        (((Request ?? 0) * requests) + ((Minute ?? 0) * length.Ticks / TimeSpan.TicksPerMinute)) * ModelPrice.NanosPerUnit);
}

/// <summary>The tokens of a call, as the provider counted them.</summary>
/// <param name="Input">Of the prompt, those that were cached included.</param>
/// <param name="CachedInput">Of those, how many the provider had cached.</param>
/// <param name="Output">Of the answer.</param>
public readonly record struct ModelUsage(long Input, long CachedInput, long Output)
{
    public long Total => Input + Output;

    public static ModelUsage operator +(ModelUsage one, ModelUsage other) =>
        new(one.Input + other.Input, one.CachedInput + other.CachedInput, one.Output + other.Output);

    public static ModelUsage Add(ModelUsage left, ModelUsage right) => left + right;
}
