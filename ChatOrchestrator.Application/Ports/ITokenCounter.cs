namespace ChatOrchestrator.Application.Ports;

/// <summary>Counts tokens as the model does.</summary>
public interface ITokenCounter
{
    /// <summary>How many tokens the text is for the model; for a model whose tokenizer is not known, by the most recent one of its family.</summary>
    int Count(string? model, string text);
}
