using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Administration;

/// <param name="Currency">What prices are in: three letters (ISO 4217).</param>
/// <param name="Answering">Those that bots can name, the default first.</param>
/// <param name="Others">Those that answer nobody.</param>
public sealed record ModelsView(string Currency, IReadOnlyList<ModelListing> Answering, IReadOnlyList<OtherModel> Others);

/// <summary>A model that answers nobody: it puts speech into words, or judges texts.</summary>
/// <param name="Use">What it does here; null: nothing, it only has a price.</param>
/// <param name="CallPrice">What it costs by the minute or the request.</param>
public sealed record OtherModel(ModelListing Model, ModelUse? Use, CallPrice? CallPrice);

/// <summary>What a model does that answers nobody.</summary>
public enum ModelUse
{
    Transcription,
    Moderation,
}

/// <summary>
/// The models of the configuration. A model that speech or moderation has, and one that is paid by the minute or the request
/// and not by the token, is none that a bot can name: what it would answer is no answer.
/// </summary>
public sealed class ReadModels(IModelCatalog catalog, ITranscribesSpeech speech, IScoresTexts scores)
{
    public ModelsView Handle()
    {
        // Whom a model is for that answers is said by those that ask it: the default, and who stands in for another.
        var asked = catalog.Models.Where(m => m.IsDefault).Select(m => m.Name).Concat(catalog.Models.SelectMany(m => m.Fallbacks)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var others = catalog.Models.Where(m => !asked.Contains(m.Name)).Select(m => new OtherModel(m, UseOf(m.Name), catalog.CallPriceOf(m.Name)))
            .Where(o => o.Use is not null || (o.CallPrice is not null && o.Model.Price is null)).ToList();
        return new ModelsView(catalog.Currency, [.. catalog.Models.Except(others.Select(o => o.Model))], others);
    }

    private ModelUse? UseOf(string model) =>
        string.Equals(model, speech.Model, StringComparison.OrdinalIgnoreCase) ? ModelUse.Transcription
        : scores.IsConfigured && string.Equals(model, scores.Model, StringComparison.OrdinalIgnoreCase) ? ModelUse.Moderation
        : null;
}
