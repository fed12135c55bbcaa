using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

internal enum SlackDeliveryKind
{
    EventsApi,
    Interactive,
    SlashCommands,
}

/// <summary>Something that an app must acknowledge.</summary>
/// <param name="Lane">Within it the first attempts keep their order.</param>
internal sealed record SlackDelivery(SlackApp App, SlackDeliveryKind Kind, string Lane, JsonObject Payload)
{
    /// <summary>Shows what a slash command is answered with at once.</summary>
    public Action<string>? Answered { get; init; }
}

/// <summary>What came of one attempt.</summary>
/// <param name="Failure">Null: acknowledged; otherwise as in <c>X-Slack-Retry-Reason</c>.</param>
internal readonly record struct SlackAttempt(string? Failure, string Answer = "");
