using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Puts what a store found of a lane into the order of the conversation.</summary>
internal sealed class LaneContentBuilder(int maxHistory)
{
    private readonly List<LaneMessage> _pending = [];
    private readonly List<LaneMessage> _others = [];
    private readonly List<OpenPart> _parts = [];

    public void Add(bool pending, LaneMessage message) => (pending ? _pending : _others).Add(message);

    public void Add(OpenPart part) => _parts.Add(part);

    public LaneContent Build()
    {
        // An answer stands behind the question it answers, whatever arrived while it was being made.
        var first = _pending.Count > 0 ? _pending[0].Sequence : long.MaxValue;
        _others.RemoveAll(m => Position(m) >= first);
        _others.Sort((a, b) => (Position(a), a.Sequence).CompareTo((Position(b), b.Sequence)));
        if (_others.Count > maxHistory)
        {
            _others.RemoveRange(0, _others.Count - maxHistory);
        }
        return new LaneContent(_pending, _others, _parts);
    }

    private static long Position(LaneMessage message) => message.AnswersSequence ?? message.Sequence;
}
