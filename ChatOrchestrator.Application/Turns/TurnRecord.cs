using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

/// <summary>What the turn in hand has used and met, to be saved with it however it ends.</summary>
internal sealed class TurnRecord
{
    private List<TurnNote>? _notes;
    private List<NotificationEvent>? _told;
    private ModelUsage? _usage;
    private long? _nanos;
    private Guid? _reservation;

    /// <summary>What moderation found before the model was asked: it is told though the model fails.</summary>
    public IReadOnlyList<ModerationRecord> Moderations { get; set; } = [];

    public void Note(string kind, string? detail) => (_notes ??= []).Add(new TurnNote(kind, detail));

    /// <summary>Somebody may want to be told of it, once the turn is saved.</summary>
    public void Tell(NotificationEvent happened) => (_told ??= []).Add(happened);

    /// <summary>Something is set aside for the turn, and is to be settled with it.</summary>
    public void Reserved(Guid reservation) => _reservation = reservation;

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
        if (_notes is null && _usage is null && _reservation is null)
        {
            return turn;
        }
        var (notes, told, usage, nanos) = (_notes, _told, _usage, _nanos);
        return turn with
        {
            InputTokens = (int?)usage?.Input,
            OutputTokens = (int?)usage?.Output,
            CostNanos = nanos,
            Notes = notes ?? [],
            Notifications = told ?? [],
            Charge = TakeCharge(),
        };
    }

    /// <summary>What is to be settled, if anything; the record is empty then.</summary>
    public BudgetCharge? TakeCharge()
    {
        var charge = _reservation is { } reservation ? new BudgetCharge(reservation, _nanos ?? 0, _usage?.Total ?? 0) : (BudgetCharge?)null;
        (_notes, _told, _usage, _nanos, _reservation) = (null, null, null, null, null);
        Moderations = [];
        return charge;
    }
}
