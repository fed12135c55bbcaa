namespace ChatOrchestrator.Application.Spending;

/// <summary>What a model is paid for, in the metrics.</summary>
internal static class CallPurposes
{
    public const string Answer = "answer";
    public const string Summary = "summary";
    public const string Understanding = "understanding";
    public const string Transcription = "transcription";
    public const string Moderation = "moderation";
}
