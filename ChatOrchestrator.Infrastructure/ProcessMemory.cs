using System.Runtime.InteropServices;

namespace ChatOrchestrator.Infrastructure;

/// <summary>Memory that the runtime does not manage (docs/benchmarks.md). Does nothing where the C library is not glibc.</summary>
internal static unsafe class ProcessMemory
{
    // https://man7.org/linux/man-pages/man3/mallopt.3.html
    private const int TrimThreshold = -1;
    private const int ArenaMax = -8;

    /// <summary>A trim takes a millisecond; what the run-time compiler leaves behind gathers within minutes (docs/benchmarks.md).</summary>
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(30);

    private static readonly delegate* unmanaged<int, int, int> Mallopt = (delegate* unmanaged<int, int, int>)Find("mallopt");
    private static readonly delegate* unmanaged<nuint, int> MallocTrim = (delegate* unmanaged<nuint, int>)Find("malloc_trim");

    /// <summary>
    /// Of the heaps of native code (the run-time compiler, OpenSSL, SQLite) glibc makes eight per processor: here two, which
    /// give back what is free at their ends.
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

    /// <summary>
    /// Until it is disposed, free pages between those that are in use go back to the system too, which glibc by itself keeps
    /// forever (https://man7.org/linux/man-pages/man3/malloc_trim.3.html).
    /// </summary>
    public static IDisposable TrimRegularly(TimeProvider time) => time.CreateTimer(
        static _ =>
        {
            if (MallocTrim != null)
            {
                MallocTrim(0);
            }
        },
        null,
        TrimInterval,
        TrimInterval);

    private static nint Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, function, out var address) ? address : 0;
}
