using System.Collections;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Telemetry;

/// <summary>
/// What every log line says that is written while a lane is worked on: which conversation, message, user and model. One
/// object for each lane, filled in as it becomes known; nothing is formatted unless a line is written.
/// </summary>
/// <remarks>Ids only: neither names nor text.</remarks>
public sealed class LaneLogScope(ClaimedLane lane) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>The last message of the turn in hand.</summary>
    public Guid? MessageId { get; private set; }

    /// <summary>Who wrote it.</summary>
    public Guid? UserId { get; private set; }

    /// <summary>The model that is asked, or that answered.</summary>
    public string? Model { get; set; }

    public string? Platform { get; set; }

    public int Count => 6;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("ConversationId", lane.Conversation.Value),
        1 => new("ConnectionId", lane.Connection.Value),
        2 => new("Platform", Platform),
        3 => new("MessageId", MessageId),
        4 => new("UserId", UserId),
        5 => new("Model", Model),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>A turn begins.</summary>
    public void Begin(LaneMessage last, string? model) => (MessageId, UserId, Model) = (last.Id, last.Participant, model);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"lane {lane.Conversation}";
}
