namespace ChatOrchestrator.Application.Ports;

/// <summary>What became of one part.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>The platform accepted it under this id.</summary>
    public sealed record Delivered(string PlatformMessageId) : DeliveryOutcome;

    /// <summary>Not accepted now; try again after a while. <paramref name="Throttled"/>: the platform said that we are too fast.</summary>
    public sealed record Retry(TimeSpan After, string Reason, bool Throttled) : DeliveryOutcome;

    /// <summary>Refused for good.</summary>
    public sealed record Failed(string Reason, FailureScope Scope) : DeliveryOutcome;

    /// <summary>The connection broke after sending: it may have arrived.</summary>
    public sealed record Unknown(string Reason) : DeliveryOutcome;

    /// <summary>The chat goes on under another id; send it there.</summary>
    public sealed record Moved(string ChatId) : DeliveryOutcome;
}

/// <summary>What else a permanent refusal concerns.</summary>
public enum FailureScope
{
    /// <summary>Only this part; the others may be accepted.</summary>
    Part,

    /// <summary>Everything to this chat (the user blocked the bot, the chat is gone).</summary>
    Chat,

    /// <summary>Everything on this connection (the token was revoked).</summary>
    Connection,
}
