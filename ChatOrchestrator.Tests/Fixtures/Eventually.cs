using System.Diagnostics;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>Waits on conditions, with a deadline. Tests never sleep.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc cref="TrueAsync(Func{CancellationToken, Task{bool}}, TimeSpan, string, CancellationToken)"/>
    public static Task TrueAsync(Func<bool> condition, TimeSpan deadline, string because, CancellationToken cancellationToken = default) =>
        TrueAsync(_ => Task.FromResult(condition()), deadline, because, cancellationToken);

    /// <summary>
    /// Asks until the answer is true. An exception counts as "not yet" and is the inner exception of the failure if it was the last answer.
    /// </summary>
    /// <param name="condition">Asked at once and then every 20 ms; its token is cancelled at the deadline.</param>
    /// <param name="deadline">Generous: a condition that comes true early costs no time.</param>
    /// <param name="because">What was awaited, for the failure message.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="TimeoutException">The condition was still not true at the deadline.</exception>
    public static async Task TrueAsync(
        Func<CancellationToken, Task<bool>> condition, TimeSpan deadline, string because, CancellationToken cancellationToken = default)
    {
        var since = Stopwatch.GetTimestamp();
        using var atDeadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        atDeadline.CancelAfter(deadline);
        using var timer = new PeriodicTimer(Interval);
        Exception? last = null;
        while (true)
        {
            try
            {
                // WaitAsync: a condition that ignores its token must not hold up the test.
                if (await condition(atDeadline.Token).WaitAsync(atDeadline.Token))
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (!atDeadline.IsCancellationRequested)
            {
                last = e;
            }
            catch (Exception e)
            {
                last ??= e;
            }

            try
            {
                await timer.WaitForNextTickAsync(atDeadline.Token);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new TimeoutException($"Not within {deadline} ({Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s passed): {because}", last);
            }
        }
    }

    /// <summary>Asks until <paramref name="assertion"/> throws nothing; the last failure is the inner exception of the timeout.</summary>
    /// <exception cref="TimeoutException">It still threw at the deadline.</exception>
    public static Task PassesAsync(
        Func<CancellationToken, Task> assertion, TimeSpan deadline, string because, CancellationToken cancellationToken = default) =>
        TrueAsync(
            async token =>
            {
                await assertion(token);
                return true;
            },
            deadline,
            because,
            cancellationToken);
}
