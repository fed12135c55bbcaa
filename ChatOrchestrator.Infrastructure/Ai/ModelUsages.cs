using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

internal static class ModelUsages
{
    /// <summary>Null: the provider did not count.</summary>
    public static ModelUsage? Of(UsageDetails? usage) => usage is { InputTokenCount: { } input, OutputTokenCount: { } output }
        ? new ModelUsage(input, usage.CachedInputTokenCount ?? 0, output)
        : null;
}
