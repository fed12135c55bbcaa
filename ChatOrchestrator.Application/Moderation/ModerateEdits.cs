using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Moderation;

/// <summary>
/// What a participant changed after it was let in is judged before a model reads it: in the history of a later turn, in a
/// summary, or to be understood. What was let through is remembered here, so that each process asks once for an edit.
/// </summary>
internal sealed class ModerateEdits(ModerateText moderate)
{
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(Guid Message, DateTimeOffset EditedAt), byte> _passed = new();

    /// <summary>The verdict, or null: there is nothing to judge, or it was let through before.</summary>
    /// <param name="editedAt">When it was changed last; null: it is as it was.</param>
    public async ValueTask<Verdict?> JudgeAsync(ConnectionSnapshot connection, Guid message, DateTimeOffset? editedAt, string text, CancellationToken cancellationToken)
    {
        if (editedAt is not { } at || moderate.SettingsOf(connection.Bot) is not { } settings || string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        var key = (message, at);
        if (_passed.ContainsKey(key))
        {
            return null;
        }
        var verdict = await moderate.JudgeAsync(settings, ModerationDirection.Input, connection, text, [], cancellationToken);
        if (verdict.Action != ModerationAction.Block && !verdict.IsUnchecked)
        {
            if (_passed.Count >= MaxRemembered)
            {
                _passed.Clear();
            }
            _passed[key] = 0;
        }
        return verdict;
    }

    /// <summary>Whether a model may read it.</summary>
    public async ValueTask<bool> MayBeReadAsync(ConnectionSnapshot connection, Guid message, DateTimeOffset? editedAt, string text, CancellationToken cancellationToken) =>
        await JudgeAsync(connection, message, editedAt, text, cancellationToken) is not { } verdict || MayBeRead(connection.Bot, verdict);

    public bool MayBeRead(BotSnapshot bot, Verdict verdict) =>
        verdict.Action != ModerationAction.Block && (!verdict.IsUnchecked || (moderate.SettingsOf(bot)?.Input.AllowUnchecked ?? true));
}
