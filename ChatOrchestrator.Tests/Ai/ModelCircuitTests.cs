using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Ai;

public sealed class ModelCircuitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ModelCircuit _circuit;

    public ModelCircuitTests() => _circuit = new ModelCircuit("m", _time, NullLogger.Instance);

    [Fact]
    public void It_opens_when_half_of_ten_attempts_fail()
    {
        Attempts(5, succeed: true);
        Attempts(4, succeed: false);
        _circuit.State.ShouldBe(CircuitState.Closed);

        Attempts(1, succeed: false);

        _circuit.State.ShouldBe(CircuitState.Open);
        _circuit.TryEnter(out _, out var wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Few_failures_among_many_answers_or_long_apart_leave_it_closed()
    {
        Attempts(1, succeed: false);
        Attempts(100, succeed: true);
        Attempts(50, succeed: false);
        _circuit.State.ShouldBe(CircuitState.Closed);

        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            Attempts(1, succeed: false);
        }
        _circuit.State.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public void Answers_of_long_ago_do_not_hide_an_outage()
    {
        Attempts(100_000, succeed: true);
        _time.Advance(TimeSpan.FromMinutes(1));

        Attempts(10, succeed: false);

        _circuit.State.ShouldBe(CircuitState.Open);
    }

    [Fact]
    public void One_probe_closes_it()
    {
        Attempts(10, succeed: false);
        _time.Advance(TimeSpan.FromSeconds(5));

        _circuit.TryEnter(out var isProbe, out _).ShouldBeTrue();
        isProbe.ShouldBeTrue();
        _circuit.TryEnter(out _, out var wait).ShouldBeFalse();
        wait.ShouldBeGreaterThan(TimeSpan.Zero);
        _circuit.Succeeded(isProbe);

        _circuit.State.ShouldBe(CircuitState.Closed);
        _circuit.TryEnter(out isProbe, out _).ShouldBeTrue();
        isProbe.ShouldBeFalse();
    }

    [Fact]
    public void Each_probe_that_fails_doubles_the_break_up_to_a_minute()
    {
        Attempts(10, succeed: false);
        foreach (var seconds in new[] { 5, 10, 20, 40, 60, 60 })
        {
            _circuit.TryEnter(out _, out var wait).ShouldBeFalse();
            wait.ShouldBe(TimeSpan.FromSeconds(seconds));
            _time.Advance(wait);
            _circuit.TryEnter(out var isProbe, out _).ShouldBeTrue();
            _circuit.Failed(isProbe);
        }
    }

    [Fact]
    public void A_probe_that_its_caller_abandons_lets_the_next_one_probe()
    {
        Attempts(10, succeed: false);
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out var isProbe, out _).ShouldBeTrue();

        _circuit.Abandoned(isProbe);

        _circuit.TryEnter(out isProbe, out _).ShouldBeTrue();
        isProbe.ShouldBeTrue();
    }

    [Fact]
    public void Attempts_from_before_it_opened_do_not_change_it()
    {
        Attempts(10, succeed: false);

        _circuit.Failed(isProbe: false);
        _circuit.Succeeded(isProbe: false);

        _circuit.State.ShouldBe(CircuitState.Open);
        _circuit.TryEnter(out _, out var wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_open_calls_fail_fast_and_health_is_degraded_until_it_closes(bool stream)
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint, time: _time);
        stub.Always = stream ? OpenAIStub.Streamed(["Half"], finish: null) : _ => throw new InvalidOperationException("broken on purpose");
        await OpenAsync(host, stream);

        var asked = stub.Requests.Count;
        var failure = await host.FailureAsync(stream);
        failure.Failure.ShouldBe(ModelFailure.Unavailable);
        failure.RetryAfter.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5));
        stub.Requests.Count.ShouldBe(asked);
        (await HealthAsync(host)).ShouldBe(HealthStatus.Degraded);
        stub.Next(stream ? OpenAIStub.Streamed(["Hi"]) : OpenAIStub.Plain("Hi"));
        (await host.AskAsync(stream, model: "another")).ShouldBe("Hi");

        stub.Always = null;
        _time.Advance(TimeSpan.FromSeconds(60));
        (await host.AskAsync(stream)).ShouldBe("Good day!");
        (await HealthAsync(host)).ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task Callers_who_give_up_on_a_silent_provider_open_it_and_impatient_ones_do_not()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint, time: _time);
        stub.Always = stub.Hang();

        await GiveUpAsync(after: TimeSpan.FromSeconds(1));
        (await HealthAsync(host)).ShouldBe(HealthStatus.Healthy);
        await GiveUpAsync(after: TimeSpan.FromSeconds(40));
        (await HealthAsync(host)).ShouldBe(HealthStatus.Degraded);

        async Task GiveUpAsync(TimeSpan after)
        {
            using var caller = new CancellationTokenSource();
            var asked = stub.Requests.Count;
            var calls = Enumerable.Range(0, 12).Select(_ => host.AskAsync(cancellationToken: caller.Token)).ToArray();
            await AiHost.UntilAsync(() => stub.Requests.Count == asked + 12);
            _time.Advance(after);
            await caller.CancelAsync();
            foreach (var call in calls)
            {
                await Should.ThrowAsync<OperationCanceledException>(() => call);
            }
        }
    }

    [Fact]
    public async Task A_refused_key_degrades_health_until_a_call_succeeds()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint);
        stub.Next(OpenAIStub.Error(401));
        (await HealthAsync(host)).ShouldBe(HealthStatus.Healthy);

        await host.FailureAsync();
        (await HealthAsync(host)).ShouldBe(HealthStatus.Degraded);
        await host.AskAsync();

        (await HealthAsync(host)).ShouldBe(HealthStatus.Healthy);
        stub.Requests.Count.ShouldBe(2);
    }

    private static async Task<HealthStatus> HealthAsync(AiHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["ai"].Status;

    private void Attempts(int count, bool succeed)
    {
        for (var i = 0; i < count; i++)
        {
            _circuit.TryEnter(out var isProbe, out _).ShouldBeTrue();
            if (succeed)
            {
                _circuit.Succeeded(isProbe);
            }
            else
            {
                _circuit.Failed(isProbe);
            }
        }
    }

    private async Task OpenAsync(AiHost host, bool stream)
    {
        for (var i = 0; i < 20 && await HealthAsync(host) == HealthStatus.Healthy; i++)
        {
            await host.FailureAsync(stream).WaitAdvancing(_time);
        }
        (await HealthAsync(host)).ShouldBe(HealthStatus.Degraded);
    }
}

internal static class FakeTime
{
    /// <summary>Awaits a task whose pauses pass at once. Advances little, so that the circuit's break does not pass with them.</summary>
    public static async Task<T> WaitAdvancing<T>(this Task<T> task, FakeTimeProvider time)
    {
        await AiHost.UntilAsync(() =>
        {
            if (!task.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(20));
            }
            return task.IsCompleted;
        });
        return await task;
    }
}
