using System.Diagnostics;

namespace ChatOrchestrator.Tests.Fixtures.Processes;

public sealed class OwnedProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Keeps_the_first_and_the_last_lines_of_both_streams()
    {
        var (exitCode, output) = await OwnedProcess.RunAsync(
            new ProcessStartInfo("sh", ["-c", "seq 1 1000; exit 3"]), Deadline);

        exitCode.ShouldBe(3);
        var lines = output.Split('\n');
        lines[OwnedProcess.FirstLines - 1].ShouldBe("100");
        lines[OwnedProcess.FirstLines].ShouldBe("[500 lines left out]");
        lines[OwnedProcess.FirstLines + 1].ShouldBe("601");
        lines[^1].ShouldBe("1000");
        (await OwnedProcess.RunAsync(new ProcessStartInfo("sh", ["-c", "echo oops >&2"]), Deadline)).Output.ShouldBe("oops");
    }

    [Fact]
    public async Task A_process_that_does_not_stop_in_time_is_killed_and_the_stop_fails()
    {
        await using var stubborn = OwnedProcess.Start(new ProcessStartInfo("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]));
        await Eventually.TrueAsync(() => stubborn.Output.Contains("ready", StringComparison.Ordinal), Deadline, "the shell ignores SIGTERM");

        await Should.ThrowAsync<TimeoutException>(() => stubborn.StopAsync(UnixSignal.Terminate, TimeSpan.FromMilliseconds(200)));

        stubborn.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task A_signal_to_a_process_that_is_gone_is_no_error()
    {
        await using var gone = OwnedProcess.Start(new ProcessStartInfo("true"));
        await gone.Exited;

        Should.NotThrow(() => gone.Send(UnixSignal.Terminate));
        await gone.KillAsync();
    }
}
