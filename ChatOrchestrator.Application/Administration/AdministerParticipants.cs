using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Finds people, and hands out what is stored of one of them.</summary>
public sealed class ReadParticipants(IParticipantStore participants)
{
    public Task<Page<ParticipantView>> HandleAsync(ParticipantFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        participants.ListAsync(filter, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such participant.</exception>
    public async Task<ParticipantView> HandleAsync(Guid id, CancellationToken cancellationToken) =>
        await participants.FindAsync(id, cancellationToken) ?? throw new NotFoundException("participant");

    public IAsyncEnumerable<object> ExportAsync(Participant participant, CancellationToken cancellationToken) => participants.ExportAsync(participant, cancellationToken);

    public Task<Page<ErasureReceipt>> ListErasuresAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken) =>
        participants.ListErasuresAsync(scope, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such receipt.</exception>
    public async Task<ErasureReceipt> FindErasureAsync(Guid id, CancellationToken cancellationToken) =>
        await participants.FindErasureAsync(id, cancellationToken) ?? throw new NotFoundException("receipt");
}

/// <summary>Erases somebody everywhere: in the store with a receipt, and in the memories of all processes.</summary>
public sealed class EraseParticipant(IErasureStore erasures, ISignals signals)
{
    /// <exception cref="NotFoundException">There is no such participant.</exception>
    public async Task<ErasureReceipt> HandleAsync(Guid id, Actor actor, CancellationToken cancellationToken)
    {
        var erasure = await erasures.EraseAsync(id, actor, cancellationToken) ?? throw new NotFoundException("participant");
        signals.Publish(AddressCache.ForgetChannel, "");
        foreach (var conversation in erasure.Conversations)
        {
            // An answer that is being made has read what is gone.
            signals.Publish(Interrupts.Channel, Interrupts.Of(conversation));
        }
        return erasure.Receipt;
    }
}
