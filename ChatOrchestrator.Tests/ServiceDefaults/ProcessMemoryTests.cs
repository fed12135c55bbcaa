using System.Runtime.InteropServices;
using ChatOrchestrator.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.ServiceDefaults;

/// <summary>What native code has freed goes back to the system, also between what it still uses.</summary>
public sealed class ProcessMemoryTests
{
    private const int Piece = 32 * 1024;
    private const int Pieces = 8 * 1024;

    [Fact]
    public void Free_pages_between_those_in_use_are_given_back()
    {
        var time = new FakeTimeProvider();
        using var trimming = ProcessMemory.TrimRegularly(time);
        var pieces = new nint[Pieces];
        var content = new byte[Piece];
        for (var i = 0; i < Pieces; i++)
        {
            pieces[i] = Marshal.AllocHGlobal(Piece);
            Marshal.Copy(content, 0, pieces[i], Piece);
        }
        // Every sixteenth stays, and with it the end of the heap where it is.
        for (var i = 0; i < Pieces; i++)
        {
            if (i % 16 != 15)
            {
                Marshal.FreeHGlobal(pieces[i]);
            }
        }
        var before = Environment.WorkingSet;

        time.Advance(TimeSpan.FromSeconds(30));

        // Of 240 MiB; other tests run beside this one.
        (before - Environment.WorkingSet).ShouldBeGreaterThan(128 << 20);
        for (var i = 15; i < Pieces; i += 16)
        {
            Marshal.FreeHGlobal(pieces[i]);
        }
    }
}
