using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// Which of the waiting messages are answered together: the first one, with the texts that follow it when bursts are
/// coalesced. Commands, buttons and replays stand alone; an album is never torn apart.
/// </summary>
internal static class NextTurn
{
    /// <param name="quietMs">How long a burst is waited for; 0: each message has a turn of its own.</param>
    public static IReadOnlyList<LaneMessage> Of(IReadOnlyList<LaneMessage> pending, int quietMs)
    {
        if (pending.Count == 0)
        {
            return [];
        }
        var count = 1;
        while (count < pending.Count && (quietMs > 0 || IsOneAlbum(pending[count - 1], pending[count])) && !StandsAlone(pending[count - 1]) && !StandsAlone(pending[count]))
        {
            count++;
        }
        return count == pending.Count ? pending : [.. pending.Take(count)];
    }

    private static bool StandsAlone(LaneMessage message) =>
        message.Kind is MessageKind.Command or MessageKind.Replay or MessageKind.ButtonPress || message.Content?.AnswerVia is not null;

    private static bool IsOneAlbum(LaneMessage one, LaneMessage next) => one.Content?.AlbumId is { } album && album == next.Content?.AlbumId;
}
