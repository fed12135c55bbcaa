using System.Diagnostics;

namespace ChatOrchestrator.Tests.Fixtures.Processes;

/// <summary>A child process with its last output, that can be signalled and that never outlives the test run.</summary>
public sealed class OwnedProcess : IAsyncDisposable
{
    /// <summary>The first lines tell how it started: they are kept.</summary>
    public const int FirstLines = 100;

    /// <summary>Of what follows, as many of the last lines are kept.</summary>
    public const int LastLines = 400;

    private readonly Process _process;
    private readonly Action<string>? _hear;
    private readonly List<string> _first = [];
    private readonly Queue<string> _last = new();
    private int _dropped;
    private readonly Lock _lock = new();

    private OwnedProcess(Process process, Action<string>? hear) => (_process, _hear) = (process, hear);

    public int Id { get; private set; }

    /// <summary>Completes with the exit code when the process has ended and its output is read (128 + n after signal n).</summary>
    public Task<int> Exited { get; private set; } = null!;

    public bool HasExited => Exited.IsCompleted;

    /// <summary>The <see cref="FirstLines"/> and the <see cref="LastLines"/> of both streams, for failure messages.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                IEnumerable<string> gap = _dropped > 0 ? [$"[{_dropped} lines left out]"] : [];
                return string.Join('\n', _first.Concat(gap).Concat(_last));
            }
        }
    }

    /// <param name="start">What to run; its output streams are redirected.</param>
    /// <param name="endSignal">What the process gets if it still runs when the test run is over.</param>
    /// <param name="hear">Gets every line of both streams, one at a time; <see cref="Output"/> leaves the middle out.</param>
    public static OwnedProcess Start(ProcessStartInfo start, UnixSignal endSignal = UnixSignal.Kill, Action<string>? hear = null)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        var process = new Process { StartInfo = start };
        var owned = new OwnedProcess(process, hear);
        process.OutputDataReceived += (_, line) => owned.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => owned.Keep(line.Data);
        process.Start();
        owned.Id = process.Id;
        Reaper.Shared.Started(owned.Id, endSignal);
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        owned.Exited = owned.ObserveExitAsync();
        return owned;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it has been killed.</exception>
    public static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, TimeSpan deadline)
    {
        await using var process = Start(start);
        try
        {
            var exitCode = await process.Exited.WaitAsync(deadline);
            return (exitCode, process.Output);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {deadline}.\n{process.Output}");
        }
    }

    public void Send(UnixSignal signal)
    {
        if (!HasExited)
        {
            UnixSignals.Send(Id, signal);
        }
    }

    /// <summary>
    /// Stops the process where it stands (SIGSTOP) until it gets SIGCONT. Returns when its last thread has stopped: the signal
    /// alone returns sooner, and the process may answer one request more.
    /// </summary>
    public Task FreezeAsync()
    {
        Send(UnixSignal.Stop);
        return Eventually.TrueAsync(() => HasExited || ThreadStates().All(state => state == 'T'), TimeSpan.FromSeconds(30), $"process {Id} has stopped");
    }

    /// <summary>Lets a frozen process go on.</summary>
    public void Thaw() => Send(UnixSignal.Continue);

    /// <summary>Sends <paramref name="signal"/> and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It did not end in time; it has been killed.</exception>
    public async Task<int> StopAsync(UnixSignal signal, TimeSpan deadline)
    {
        Send(signal);
        try
        {
            return await Exited.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            await KillAsync();
            throw new TimeoutException($"Process {Id} did not end within {deadline} of signal {signal}.\n{Output}");
        }
    }

    /// <summary>Ends the process on the spot, as a crash or the kernel would.</summary>
    public async Task KillAsync()
    {
        Send(UnixSignal.Kill);
        await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the state follows the name, which stands in parentheses.
    private IEnumerable<char> ThreadStates() =>
        from thread in Directory.GetDirectories($"/proc/{Id}/task")
        let stat = File.ReadAllText($"{thread}/stat")
        select stat[stat.LastIndexOf(')') + 2];

    private async Task<int> ObserveExitAsync()
    {
        await _process.WaitForExitAsync();
        Reaper.Shared.Ended(Id);
        return _process.ExitCode;
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _hear?.Invoke(line);
            if (_first.Count < FirstLines)
            {
                _first.Add(line);
                return;
            }

            _last.Enqueue(line);
            if (_last.Count > LastLines)
            {
                _last.Dequeue();
                _dropped++;
            }
        }
    }
}
