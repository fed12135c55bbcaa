using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Spending;

/// <summary>What a call will use, as far as that is known before it is made.</summary>
internal static class PromptTokens
{
    /// <summary>What a provider adds to each message of a prompt.</summary>
    private const int PerMessage = 4;

    /// <summary>What a picture may have, at most providers.</summary>
    private const int PerImage = 1_500;

    public static long Count(ITokenCounter counter, IEnumerable<ChatMessage> prompt)
    {
        var tokens = 0L;
        foreach (var message in prompt)
        {
            tokens += PerMessage;
            foreach (var content in message.Contents)
            {
                tokens += content is TextContent text ? counter.Count(null, text.Text) : PerImage;
            }
        }
        return tokens;
    }

    /// <summary>What the dearest of the models would take: any of them may answer. Null: the price of one is not known.</summary>
    public static long? DearestOf(this IModelCatalog catalog, IReadOnlyList<string> models, ModelUsage expected)
    {
        var most = 0L;
        foreach (var model in models)
        {
            if (catalog.PriceOf(model) is not { } price)
            {
                return null;
            }
            most = Math.Max(most, price.NanosOf(expected));
        }
        return most;
    }
}
