using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Whether a bot's model reads pictures: as the bot says, else by the family that its name belongs to.</summary>
internal static class ModelsThatSee
{
    private static readonly string[] Families =
        ["gpt-4o", "gpt-4.1", "gpt-4-turbo", "gpt-5", "o1", "o3", "o4", "claude-", "gemini-", "pixtral", "llava", "llama-4", "llama4", "gemma3", "gemma-3", "qwen2.5vl", "qwen-vl", "grok-"];

    public static bool Sees(AiSettings ai, IChatClient model)
    {
        if (ai.ReadsImages is { } said)
        {
            return said;
        }
        var name = ai.Model ?? model.GetService<ChatClientMetadata>()?.DefaultModelId;
        if (name is null)
        {
            return false;
        }
        // Routers put the provider before the name: "openai/gpt-4o".
        name = name[(name.LastIndexOf('/') + 1)..];
        return Array.Exists(Families, f => name.StartsWith(f, StringComparison.OrdinalIgnoreCase)) || name.Contains("vision", StringComparison.OrdinalIgnoreCase);
    }
}
