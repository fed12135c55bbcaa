using System.Runtime.InteropServices;

namespace ChatOrchestrator.Infrastructure;

/// <summary>
/// SIGTERM, heard from the first moment. The host listens for it when it runs, which is after the store was waited for; until
/// then a process that is the first of its container would not notice (it has no default action), and be killed in the end.
/// </summary>
internal sealed class OrderToStop : IDisposable
{
    /// <summary>What a process that SIGTERM ended has for an exit code (128 + 15).</summary>
    public const int ExitCode = 143;

    private readonly CancellationTokenSource _given = new();
    private readonly PosixSignalRegistration _signal;

    public OrderToStop() => _signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
    {
        context.Cancel = true;
        _given.Cancel();
    });

    public CancellationToken Given => _given.Token;

    public void Dispose()
    {
        _signal.Dispose();
        _given.Dispose();
    }
}
