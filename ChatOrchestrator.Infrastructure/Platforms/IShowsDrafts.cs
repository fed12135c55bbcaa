using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>
/// A platform's calls with which <see cref="StreamedAnswers"/> shows an answer in the making: a message that is edited.
/// Refusals are results; cancellation is thrown, and so may be what is unexpected.
/// </summary>
internal interface IShowsDrafts
{
    /// <summary>How long a chat is left in peace between two calls, where the platform does not ask for more.</summary>
    TimeSpan Between(AnswerDraft draft) => TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// The first message of what there is so far, with its body; null: nothing that can be shown yet. A text that has
    /// outgrown the message always gives the same, and is then not sent again. No I/O.
    /// </summary>
    PartBody? Render(string text);

    /// <summary>Sends the message for the first time.</summary>
    Task<DraftCall> SendAsync(ConnectionSnapshot connection, AnswerDraft draft, PartBody body, CancellationToken cancellationToken);

    /// <summary>Changes it. That it is the same already counts as done.</summary>
    Task<DraftCall> EditAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, PartBody body, CancellationToken cancellationToken);

    /// <summary>Takes it back. That it is gone already counts as done.</summary>
    Task<DraftCall> DeleteAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, CancellationToken cancellationToken);
}

/// <summary>What became of a call of <see cref="IShowsDrafts"/>.</summary>
/// <param name="MessageId">The platform's id of a message that was sent, as the adapter's edit needs it.</param>
/// <param name="RetryAfter">How long the platform wants us to wait; null: it does not say.</param>
internal readonly record struct DraftCall(DraftCallState State, string? MessageId = null, TimeSpan? RetryAfter = null)
{
    public static DraftCall Done(string? messageId = null) => new(DraftCallState.Done, messageId);

    public static DraftCall TooFast(TimeSpan? retryAfter) => new(DraftCallState.TooFast, RetryAfter: retryAfter);

    public static DraftCall Refused { get; } = new(DraftCallState.Refused);

    public static DraftCall NoAnswer { get; } = new(DraftCallState.NoAnswer);
}

internal enum DraftCallState
{
    Done,

    /// <summary>429: not now.</summary>
    TooFast,

    /// <summary>Not at all: the message is gone, the chat is closed.</summary>
    Refused,

    /// <summary>Nobody knows whether it was carried out, or still will be.</summary>
    NoAnswer,
}
