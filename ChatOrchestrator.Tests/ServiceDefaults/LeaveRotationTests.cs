using System.Net;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ServiceDefaults;

public sealed class LeaveRotationTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_process_that_is_told_to_stop_is_not_ready_but_serves_until_its_delay_is_over()
    {
        await using var host = await DefaultsHost.StartAsync(null, "--Shutdown:DelaySeconds=120");
        (await GetAsync(host, "/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(host, "/bot1:a/getMe")).Closes.ShouldBeFalse("connections are kept while nothing stops");
        using var patience = new CancellationTokenSource();

        var stopping = host.App.StopAsync(patience.Token);

        await Eventually.TrueAsync(async _ => (await GetAsync(host, "/health/ready")).Status == HttpStatusCode.ServiceUnavailable, Deadline, "it is not ready");
        (await GetAsync(host, "/health/live")).Status.ShouldBe(HttpStatusCode.OK, "nobody should kill it");
        // Whoever has not noticed is served, and told to come over a new connection next time.
        (await GetAsync(host, "/bot1:a/getMe")).ShouldBe((HttpStatusCode.OK, true));
        stopping.IsCompleted.ShouldBeFalse();
        await patience.CancelAsync();
        await stopping.WaitAsync(Deadline);
        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(host, "/health/live"));
    }

    [Fact]
    public async Task Without_a_delay_it_stops_at_once()
    {
        await using var host = await DefaultsHost.StartAsync();
        await host.App.StopAsync().WaitAsync(Deadline);
        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(host, "/health/live"));
    }

    private static async Task<(HttpStatusCode Status, bool Closes)> GetAsync(DefaultsHost host, string path)
    {
        using var response = await host.Client.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, response.Headers.ConnectionClose == true);
    }
}
