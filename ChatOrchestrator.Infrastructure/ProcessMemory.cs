using System.Runtime.InteropServices;

namespace ChatOrchestrator.Infrastructure;

/// <summary>
/// Memory that the runtime does not manage (docs/benchmarks.md).
/// </summary>
internal static unsafe class ProcessMemory
{
    // https://man7.org/linux/man-pages/man3/mallopt.3.html
    private const int TrimThreshold = -1;
    private const int ArenaMax = -8;

    private static readonly delegate* unmanaged<int, int, int> Mallopt = (delegate* unmanaged<int, int, int>)Find("mallopt");

    /// <summary>
    /// Of the heaps of native code (the run-time compiler, OpenSSL, SQLite) glibc makes eight per processor: here two, which
    /// give back what is free at their ends. Does nothing where the C library is another one.
    /// </summary>
    public static void KeepSmall()
    {
        if (Mallopt != null)
        {
            Mallopt(ArenaMax, 2);
            // The default, which otherwise grows with the pieces that were freed.
            Mallopt(TrimThreshold, 128 * 1024);
        }
    }

    private static nint Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, function, out var address) ? address : 0;
}
