using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

public enum Sentiment
{
    Negative = 0,
    Neutral = 1,
    Positive = 2,
}

public enum Urgency
{
    Low = 0,
    Normal = 1,
    High = 2,
}

/// <summary>Who judged.</summary>
public enum InsightSource
{
    /// <summary>The built-in word lists.</summary>
    Lexicon = 0,
    Model = 1,
}

/// <summary>What was found out about one message of a participant.</summary>
public sealed class Insight
{
    /// <summary>From here on a sentiment is positive, and from its negation down negative.</summary>
    private const double Noticeable = 0.25;

    private Insight()
    {
    }

    public Insight(Guid message, long sequence, ConversationId conversation, BotId bot, DateTimeOffset messageAt, Judgement judgement, InsightSource source, DateTimeOffset now)
    {
        MessageId = message;
        Sequence = sequence;
        ConversationId = conversation;
        BotId = bot;
        MessageAt = messageAt;
        SentimentScore = Math.Clamp(judgement.Sentiment, -1, 1);
        Sentiment = SentimentScore >= Noticeable ? Sentiment.Positive : SentimentScore <= -Noticeable ? Sentiment.Negative : Sentiment.Neutral;
        Intent = judgement.Intent;
        Language = judgement.Language;
        Urgency = judgement.Urgency;
        Source = source;
        CreatedAt = now;
    }

    public Guid MessageId { get; private set; }

    /// <summary>The message's.</summary>
    public long Sequence { get; private set; }

    public ConversationId ConversationId { get; private set; }

    public BotId BotId { get; private set; }

    /// <summary>When the message was stored.</summary>
    public DateTimeOffset MessageAt { get; private set; }

    public Sentiment Sentiment { get; private set; }

    /// <summary>-1 to 1.</summary>
    public double SentimentScore { get; private set; }

    /// <summary>One of the bot's intents; null: none of them.</summary>
    public string? Intent { get; private set; }

    /// <summary>ISO 639-1, in lower case; null: it cannot be told.</summary>
    public string? Language { get; private set; }

    public Urgency Urgency { get; private set; }

    public InsightSource Source { get; private set; }

    /// <summary>Why the model did not judge, as a stable word; null: it did, or was not asked.</summary>
    public string? Failure { get; init; }

    public string? Model { get; init; }

    public int? InputTokens { get; init; }

    public int? OutputTokens { get; init; }

    public DateTimeOffset CreatedAt { get; private set; }
}

/// <param name="Sentiment">-1 to 1.</param>
/// <param name="Intent">Null: none.</param>
/// <param name="Language">ISO 639-1; null: it cannot be told.</param>
public readonly record struct Judgement(double Sentiment, string? Intent, string? Language, Urgency Urgency);
