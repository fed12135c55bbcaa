using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Application.Memory;

/// <summary>Whether there is a model that can be asked for more than an echo.</summary>
internal static class ModelPresence
{
    public static bool IsDemo(IChatClient model) => model.GetService(typeof(ChatClientMetadata)) is ChatClientMetadata { ProviderName: "demo" };
}
