using System.Diagnostics;
using System.Globalization;

namespace ChatOrchestrator.Tests.Fixtures.Processes;

/// <summary>
/// Ends the processes a test run has started, and removes its files, however the run ends: a shell, detached from the test
/// host, reads the host's registrations from a pipe. The kernel closes that pipe when the host exits, crashes or is killed,
/// and the end of the pipe is the shell's order to clean up.
/// </summary>
/// <remarks>
/// <c>PR_SET_PDEATHSIG</c> would be shorter but is bound to the thread that forked, and .NET forks on pool threads, which end
/// while the host lives on (<see href="https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html">PR_SET_PDEATHSIG</see>).
/// </remarks>
public sealed class Reaper : IDisposable
{
    // $1: the directory to remove. The inner shell is detached, so that whoever kills the host's process tree leaves it alive.
    private const string Script = """
        exec 3<&0
        setsid sh -c '
          trap "" HUP INT QUIT TERM
          processes=""
          while read -r verb pid signal; do
            case $verb in
              started) processes="$processes $pid:$signal" ;;
              ended)
                left=""
                for process in $processes; do
                  [ "${process%%:*}" = "$pid" ] || left="$left $process"
                done
                processes=$left ;;
            esac
          done
          # A zombie has ended; it only waits for a parent to notice.
          runs() { kill -0 "$1" 2>/dev/null && ! grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null; }
          for process in $processes; do kill -"${process##*:}" "${process%%:*}" 2>/dev/null; done
          for process in $processes; do
            tries=0
            while runs "${process%%:*}"; do
              tries=$((tries + 1))
              if [ $tries -gt 50 ]; then kill -9 "${process%%:*}" 2>/dev/null; break; fi
              sleep 0.1
            done
          done
          rm -rf "$1"
        ' reaper "$1" <&3 >/dev/null 2>&1 &
        """;

    private static readonly Lazy<Reaper> SharedReaper = new(() => new Reaper());

    private readonly Lock _lock = new();
    private readonly Process _shell;

    public Reaper()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("chat-orchestrator-tests-").FullName;
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Tests that start processes need signals: run them on Linux or in WSL.");
        }

        // Traversable for the user Postgres runs as; what lies inside guards itself.
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _shell = Process.Start(new ProcessStartInfo("sh", ["-c", Script, "reaper", Directory]) { RedirectStandardInput = true })!;
        _shell.StandardInput.AutoFlush = true;
    }

    /// <summary>The reaper of this test run.</summary>
    public static Reaper Shared => SharedReaper.Value;

    /// <summary>A directory that is removed when the run is over.</summary>
    public string Directory { get; }

    /// <summary>Makes a directory that lives no longer than the run.</summary>
    public string CreateDirectory(string name) =>
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, $"{name}-{Guid.NewGuid().ToString("N")[..8]}")).FullName;

    internal void Started(int processId, UnixSignal endSignal) => Tell(string.Create(CultureInfo.InvariantCulture, $"started {processId} {(int)endSignal}"));

    internal void Ended(int processId) => Tell(string.Create(CultureInfo.InvariantCulture, $"ended {processId} 0"));

    /// <summary>Orders the cleaning up.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.Dispose();
    }

    private void Tell(string line)
    {
        lock (_lock)
        {
            try
            {
                _shell.StandardInput.WriteLine(line);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The run is over: the cleaning up has begun.
            }
        }
    }
}
