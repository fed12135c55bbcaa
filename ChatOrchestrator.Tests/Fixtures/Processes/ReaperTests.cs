using System.Diagnostics;

namespace ChatOrchestrator.Tests.Fixtures.Processes;

public sealed class ReaperTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_end_of_the_host_ends_its_processes_and_removes_their_files()
    {
        // What the kernel does to the pipe when the host is killed, Dispose does here.
        var reaper = new Reaper();
        await using var process = OwnedProcess.Start(new ProcessStartInfo("sleep", ["600"]));
        reaper.Started(process.Id, UnixSignal.Terminate);
        await File.WriteAllTextAsync(Path.Combine(reaper.CreateDirectory("data"), "file"), "content");

        reaper.Dispose();

        (await process.Exited.WaitAsync(Deadline)).ShouldBe(128 + (int)UnixSignal.Terminate);
        await Eventually.TrueAsync(() => !Directory.Exists(reaper.Directory), Deadline, "the run's files are removed");
    }

    [Fact]
    public async Task A_process_that_ignores_its_signal_is_killed()
    {
        var reaper = new Reaper();
        await using var process = OwnedProcess.Start(new ProcessStartInfo("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]));
        await Eventually.TrueAsync(() => process.Output.Contains("ready", StringComparison.Ordinal), Deadline, "the shell ignores SIGTERM");
        reaper.Started(process.Id, UnixSignal.Terminate);

        reaper.Dispose();

        (await process.Exited.WaitAsync(Deadline)).ShouldBe(128 + (int)UnixSignal.Kill);
    }

    [Fact]
    public async Task A_process_that_has_ended_is_forgotten()
    {
        var reaper = new Reaper();
        await using var ended = OwnedProcess.Start(new ProcessStartInfo("sleep", ["600"]));
        reaper.Started(ended.Id, UnixSignal.Terminate);
        reaper.Ended(ended.Id);

        reaper.Dispose();

        await Eventually.TrueAsync(() => !Directory.Exists(reaper.Directory), Deadline, "the reaper is done");
        ended.HasExited.ShouldBeFalse();
    }
}
