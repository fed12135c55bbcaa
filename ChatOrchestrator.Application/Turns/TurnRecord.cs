using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Turns;

/// <summary>What the turn in hand has used and met, to be saved with it however it ends.</summary>
internal sealed class TurnRecord
{
    private List<TurnNote>? _notes;
    private ModelUsage? _usage;
    private long? _nanos;

    public void Note(string kind, string? detail) => (_notes ??= []).Add(new TurnNote(kind, detail));

    /// <summary>Counts a call to the model.</summary>
    /// <param name="usage">Its tokens; null: the provider did not say.</param>
    /// <param name="price">What they cost; null: nobody has said.</param>
    public void Count(ModelUsage? usage, ModelPrice? price)
    {
        if (usage is { } used)
        {
            _usage = _usage is { } before ? before + used : used;
            _nanos = price is null ? _nanos : (_nanos ?? 0) + price.NanosOf(used);
        }
    }

    /// <summary>Moves what was recorded into the turn.</summary>
    public TurnCommit MoveTo(TurnCommit turn)
    {
        if (_notes is null && _usage is null)
        {
            return turn;
        }
        turn = turn with { InputTokens = (int?)_usage?.Input, OutputTokens = (int?)_usage?.Output, CostNanos = _nanos, Notes = _notes ?? [] };
        Clear();
        return turn;
    }

    public void Clear() => (_notes, _usage, _nanos) = (null, null, null);
}
