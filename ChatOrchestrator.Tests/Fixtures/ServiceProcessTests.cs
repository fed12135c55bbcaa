namespace ChatOrchestrator.Tests.Fixtures;

public sealed class ServiceProcessTests
{
    // Any answer at all: these tests are about the process, not about what it serves.
    private static Task<ServiceProcess> StartSimulatorAsync(int? port = null) =>
        ServiceProcess.StartAsync(ServiceHost.Simulator, port: port, livePath: "/", isLive: _ => true);

    [Fact]
    public async Task A_terminated_host_ends_in_order()
    {
        await using var simulator = await StartSimulatorAsync();

        (await simulator.StopAsync()).ShouldBe(0, simulator.Output);

        simulator.Output.ShouldContain("Application is shutting down");
        await Should.ThrowAsync<HttpRequestException>(() => simulator.Client.GetAsync(new Uri("/", UriKind.Relative)));
    }

    [Fact]
    public async Task A_killed_host_ends_on_the_spot_and_another_takes_its_port()
    {
        await using var killed = await StartSimulatorAsync();

        await killed.KillAsync();

        (await killed.Exited).ShouldBe(128 + 9);
        killed.Output.ShouldNotContain("Application is shutting down");
        await using var next = await StartSimulatorAsync(killed.Port);
        next.Address.ShouldBe(killed.Address);
    }

    [Fact]
    public async Task A_frozen_host_keeps_its_connections_and_answers_when_thawed()
    {
        await using var simulator = await StartSimulatorAsync();

        await simulator.FreezeAsync();
        var request = simulator.Client.GetAsync(new Uri("/", UriKind.Relative));
        await Should.ThrowAsync<TimeoutException>(() => request.WaitAsync(TimeSpan.FromMilliseconds(300)));
        simulator.Thaw();

        using var response = await request;
        ((int)response.StatusCode).ShouldBeInRange(200, 499);
    }

    [Fact]
    public async Task A_host_that_ends_at_its_start_fails_with_its_output()
    {
        await using var first = await StartSimulatorAsync();

        var failure = await Should.ThrowAsync<InvalidOperationException>(() => StartSimulatorOnTakenPortAsync(first.Port));

        failure.Message.ShouldContain("address already in use", Case.Insensitive);

        // Never live, so that the first host's answers on this port do not count.
        static Task<ServiceProcess> StartSimulatorOnTakenPortAsync(int port) =>
            ServiceProcess.StartAsync(ServiceHost.Simulator, port: port, livePath: "/", isLive: _ => false);
    }

    [Fact]
    public async Task A_host_that_does_not_come_alive_fails_at_the_deadline()
    {
        var failure = await Should.ThrowAsync<TimeoutException>(() => ServiceProcess.StartAsync(
            ServiceHost.Simulator, livePath: "/", isLive: _ => false, deadline: TimeSpan.FromSeconds(1)));

        failure.Message.ShouldContain("Simulator answers / on port");
    }

    [Fact]
    public async Task A_command_runs_to_its_end()
    {
        await using var holder = await StartSimulatorAsync();

        var (exitCode, output) = await ServiceProcess.RunAsync(ServiceHost.Simulator, ["--urls", holder.Address.ToString()]);

        exitCode.ShouldNotBe(0);
        output.ShouldContain("address already in use", Case.Insensitive);
    }
}
