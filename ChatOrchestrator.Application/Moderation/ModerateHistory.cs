using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Moderation;

/// <summary>A message that a model is about to read, though it is not what is asked.</summary>
/// <param name="UnjudgedSince">Since when it is what nobody has judged; null: it was judged when it came.</param>
internal readonly record struct EarlierMessage(ConversationId Conversation, Guid Id, DateTimeOffset? UnjudgedSince, string Text)
{
    /// <param name="kind">Talk among others comes without a turn that could judge it; what is refused gets none.</param>
    /// <param name="editedAt">When its author changed it last; null: it is as it was written.</param>
    public static DateTimeOffset? SinceOf(MessageKind kind, DateTimeOffset createdAt, DateTimeOffset? editedAt) => editedAt ?? (kind is MessageKind.Overheard or MessageKind.Unjudged ? createdAt : null);
}

/// <summary>
/// What a participant changed after it was let in, what was said among others in a group, and what was refused because it
/// was too much is judged before a model reads it: in the history of a later turn, in a summary, or to be understood. What was let through is remembered here, so that
/// each process asks once for it.
/// </summary>
internal sealed class ModerateHistory(ModerateText moderate)
{
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(Guid Message, DateTimeOffset Since), byte> _passed = new();

    /// <summary>Whether it is still to be judged.</summary>
    public bool IsDue(ConnectionSnapshot connection, in EarlierMessage message) =>
        message.UnjudgedSince is { } since && moderate.SettingsOf(connection.Bot) is not null && !string.IsNullOrWhiteSpace(message.Text)
        && !_passed.ContainsKey((message.Id, since));

    /// <summary>The verdict, or null: there is nothing to judge, or it was let through before.</summary>
    public async ValueTask<Verdict?> JudgeAsync(ConnectionSnapshot connection, EarlierMessage message, CancellationToken cancellationToken)
    {
        if (!IsDue(connection, message) || moderate.SettingsOf(connection.Bot) is not { } settings)
        {
            return null;
        }
        var verdict = await moderate.JudgeAsync(settings, ModerationDirection.Input, connection, new JudgedText(message.Conversation, message.Id, message.Text, []), cancellationToken);
        if (verdict.Action != ModerationAction.Block && !verdict.IsUnchecked)
        {
            if (_passed.Count >= MaxRemembered)
            {
                _passed.Clear();
            }
            _passed[(message.Id, message.UnjudgedSince!.Value)] = 0;
        }
        return verdict;
    }

    /// <summary>Whether a model may read it.</summary>
    public async ValueTask<bool> MayBeReadAsync(ConnectionSnapshot connection, EarlierMessage message, CancellationToken cancellationToken) =>
        await JudgeAsync(connection, message, cancellationToken) is not { } verdict || MayBeRead(connection.Bot, verdict);

    public bool MayBeRead(BotSnapshot bot, Verdict verdict) =>
        verdict.Action != ModerationAction.Block && (!verdict.IsUnchecked || (moderate.SettingsOf(bot)?.Input.AllowUnchecked ?? true));
}
