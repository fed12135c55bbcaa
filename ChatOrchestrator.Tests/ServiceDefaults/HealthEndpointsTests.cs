using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ChatOrchestrator.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatOrchestrator.Tests.ServiceDefaults;

public sealed class HealthEndpointsTests
{
    private static readonly string[] Ready = ["ready"];

    [Fact]
    public async Task Ready_names_each_check_with_its_status_duration_and_description()
    {
        await using var host = await StartAsync(checks => checks
            .AddCheck("database", () => HealthCheckResult.Healthy("12 connections"), Ready)
            .AddCheck("ai", () => HealthCheckResult.Degraded("demo model"), Ready)
            .AddCheck("other", () => HealthCheckResult.Unhealthy("not asked")));

        var (status, body) = await GetAsync(host, "/health/ready");

        status.ShouldBe(HttpStatusCode.OK);
        body.GetProperty("status").GetString().ShouldBe("Degraded");
        var checks = body.GetProperty("checks");
        checks.EnumerateObject().Select(c => c.Name).ShouldBe(["database", "ai"]);
        checks.GetProperty("database").GetProperty("status").GetString().ShouldBe("Healthy");
        checks.GetProperty("database").GetProperty("description").GetString().ShouldBe("12 connections");
        checks.GetProperty("database").GetProperty("durationMs").GetDouble().ShouldBeInRange(0, 3000);
        checks.GetProperty("ai").GetProperty("status").GetString().ShouldBe("Degraded");
    }

    [Fact]
    public async Task An_unhealthy_check_makes_503_and_shows_no_exception_text()
    {
        const string secret = "Host=db;Password=hunter2";
        await using var host = await StartAsync(checks => checks
            .AddCheck("thrown", () => throw new InvalidOperationException(secret), Ready)
            .AddCheck("quoted", () => HealthCheckResult.Unhealthy($"failed: {secret}", new InvalidOperationException(secret)), Ready)
            .AddCheck("said", () => HealthCheckResult.Unhealthy("no leader", new InvalidOperationException(secret)), Ready));

        var (status, body) = await GetAsync(host, "/health/ready");

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body.GetProperty("status").GetString().ShouldBe("Unhealthy");
        body.GetRawText().ShouldNotContain("hunter2");
        body.GetProperty("checks").GetProperty("said").GetProperty("description").GetString().ShouldBe("no leader");
    }

    [Fact]
    public async Task A_check_that_hangs_is_unhealthy_after_its_limit_and_is_not_started_again()
    {
        var release = new TaskCompletionSource<HealthCheckResult>();
        var starts = 0;
        await using var host = await StartAsync(checks => checks
            .AddCheck("fine", () => HealthCheckResult.Healthy(), Ready)
            .AddAsyncCheck("stuck", _ => { Interlocked.Increment(ref starts); return release.Task; }, Ready));

        // Answered although the check has not.
        var (status, body) = await GetAsync(host, "/health/ready");
        var (again, _) = await GetAsync(host, "/health/ready");
        release.SetResult(HealthCheckResult.Healthy());

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        again.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body.GetProperty("checks").GetProperty("fine").GetProperty("status").GetString().ShouldBe("Healthy");
        body.GetProperty("checks").GetProperty("stuck").GetProperty("status").GetString().ShouldBe("Unhealthy");
        body.GetProperty("checks").GetProperty("stuck").GetProperty("description").GetString().ShouldBe("no answer within 3 s");
        starts.ShouldBe(1);
    }

    [Fact]
    public async Task A_hanging_check_whose_failure_only_degrades_does_not_take_the_process_out()
    {
        var never = new TaskCompletionSource<HealthCheckResult>();
        await using var host = await StartAsync(checks => checks
            .Add(new HealthCheckRegistration("ai", _ => new DelegateCheck(() => never.Task), HealthStatus.Degraded, Ready)));

        var (status, body) = await GetAsync(host, "/health/ready");

        status.ShouldBe(HttpStatusCode.OK);
        body.GetProperty("status").GetString().ShouldBe("Degraded");
    }

    [Fact]
    public async Task Probes_in_quick_succession_share_one_run()
    {
        var runs = 0;
        await using var host = await StartAsync(checks => checks
            .AddCheck("counted", () => { Interlocked.Increment(ref runs); return HealthCheckResult.Healthy(); }, Ready));
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GetAsync(host, "/health/ready")));

        // One run, and one more for each time that a slow machine let the result go stale.
        runs.ShouldBeLessThanOrEqualTo(1 + (int)(watch.Elapsed / ReadinessProbe.Freshness));
    }

    [Fact]
    public async Task Live_asks_no_check()
    {
        await using var host = await StartAsync(checks => checks
            .AddCheck("database", () => HealthCheckResult.Unhealthy("down"), Ready));

        var (status, body) = await GetAsync(host, "/health/live");

        status.ShouldBe(HttpStatusCode.OK);
        body.GetProperty("status").GetString().ShouldBe("Healthy");
    }

    private static Task<DefaultsHost> StartAsync(Action<IHealthChecksBuilder> configure) =>
        DefaultsHost.StartAsync(builder => configure(builder.Services.AddHealthChecks()));

    private static async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(DefaultsHost host, string path)
    {
        using var response = await host.Client.GetAsync(new Uri(path, UriKind.Relative));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private sealed class DelegateCheck(Func<Task<HealthCheckResult>> check) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            check();
    }
}
