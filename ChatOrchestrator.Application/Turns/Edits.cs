using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// The signal that messages of a connection were edited or taken back, which may wait in a lane that a worker has loaded.
/// One that is lost is noticed when the worker gives the lane back.
/// </summary>
internal static class Edits
{
    public const string Channel = "edited";

    public static string Of(ConnectionId connection) => connection.ToString();

    public static bool TryRead(string payload, out ConnectionId connection)
    {
        var known = Guid.TryParse(payload, out var id);
        connection = new ConnectionId(id);
        return known;
    }
}
