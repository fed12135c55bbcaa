namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>A stream of events none of which is longer than so many bytes: the parser would keep whatever a server writes without an end.</summary>
/// <param name="events">What is read.</param>
/// <param name="maxBytes">How much is read until <see cref="Next"/> says that an event has ended.</param>
internal sealed class BoundedEvents(Stream events, int maxBytes) : Stream
{
    private int _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>An event has ended.</summary>
    public void Next() => _read = 0;

    /// <exception cref="InvalidDataException">The event is too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await events.ReadAsync(buffer, cancellationToken);
        _read += read;
        return _read <= maxBytes ? read : throw new InvalidDataException($"An event of the model's is longer than {maxBytes} bytes.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await events.DisposeAsync();
        await base.DisposeAsync();
    }
}
