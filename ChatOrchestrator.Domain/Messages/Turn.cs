using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>One answer (or one decision not to answer) to one or more inbound messages.</summary>
public sealed class Turn
{
    private Turn()
    {
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>The first inbound message it deals with.</summary>
    public long FromSequence { get; private set; }

    /// <summary>The last inbound message it deals with.</summary>
    public long ThroughSequence { get; private set; }

    public TurnState State { get; private set; }

    /// <summary>Why the turn is silent, cancelled or failed: a stable word, never an exception's text.</summary>
    public string? Reason { get; private set; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; private set; }

    public int PromptVersion { get; private set; }

    /// <summary>Tokens of the prompt, as the provider counted them.</summary>
    public int? InputTokens { get; private set; }

    /// <summary>Tokens of the answer, as the provider counted them.</summary>
    public int? OutputTokens { get; private set; }

    /// <summary>What they cost, in billionths of the deployment's currency (<c>Ai:Currency</c>); null: no price was known, or nothing was counted.</summary>
    public long? CostNanos { get; private set; }

    /// <summary>Which attempt succeeded, from 1.</summary>
    public int Attempt { get; private set; }

    public string? Worker { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When the model's first token came.</summary>
    public DateTimeOffset? FirstTokenAt { get; private set; }

    public DateTimeOffset EndedAt { get; private set; }
}
