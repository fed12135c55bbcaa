using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Administration;

/// <summary>A dead letter, what it is about, and the life of the message that failed.</summary>
public sealed record DeadLetterDetail(DeadLetterRecord Record, Timeline Timeline);

public sealed class ReadDeadLetters(IDeadLetterStore letters, ReadTimeline timeline)
{
    /// <summary>The newest first.</summary>
    public Task<Page<DeadLetterView>> HandleAsync(DeadLetterFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        letters.ListAsync(filter, oldestFirst: false, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such dead letter.</exception>
    public async Task<DeadLetterDetail> HandleAsync(Guid id, CancellationToken cancellationToken)
    {
        var record = await letters.FindAsync(id, cancellationToken) ?? throw new NotFoundException("dead letter");
        return new DeadLetterDetail(record, await timeline.HandleAsync(record.Message.Id, cancellationToken));
    }
}
