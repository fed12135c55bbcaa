using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ChatOrchestrator.Tests.Fixtures.Processes;

/// <summary>The signals the tests send, with their numbers on Linux (<see href="https://man7.org/linux/man-pages/man7/signal.7.html">signal(7)</see>).</summary>
public enum UnixSignal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

internal static class UnixSignals
{
    private const int NoSuchProcess = 3; // ESRCH

    /// <summary>Sends a signal. A process that is gone is no error: whoever stops a process races with its own end.</summary>
    /// <exception cref="Win32Exception">The signal was refused.</exception>
    public static void Send(int processId, UnixSignal signal)
    {
        if (kill(processId, (int)signal) == 0)
        {
            return;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess)
        {
            throw new Win32Exception(error);
        }
    }

#pragma warning disable SYSLIB1054 // A source-generated import would need unsafe code in the whole project.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054
}
