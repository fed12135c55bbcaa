using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using ChatOrchestrator.ServiceDefaults;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ChatOrchestrator.Tests.ServiceDefaults;

public sealed class TelemetryTests
{
    private const string Secret = "SECRET-c2VjcmV0";

    /// <summary>A server ends its span, and records its duration, when the client has the response already: both are waited for.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Metrics_are_prometheus_text_and_include_the_products_own_meter()
    {
        await using var host = await DefaultsHost.StartAsync();
        using var meter = new Meter(TelemetryNames.Product);
        meter.CreateCounter<long>("chat.test.things").Add(3);
        await host.Client.GetAsync(new Uri("/health/live", UriKind.Relative));
        (await host.Client.GetAsync(new Uri("/bot1:a/getMe", UriKind.Relative))).EnsureSuccessStatusCode();

        await Eventually.PassesAsync(
            async token =>
            {
                using var response = await host.Client.GetAsync(new Uri("/metrics", UriKind.Relative), token);
                var text = await response.Content.ReadAsStringAsync(token);
                response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
                text.ShouldContain("# TYPE chat_test_things_total counter");
                var requests = text.Split('\n').Where(l => l.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)).ToArray();
                requests.ShouldContain(l => l.Contains("getMe"));
                requests.ShouldNotContain(l => l.Contains("/health"));
            },
            Deadline,
            "the request is counted");
    }

    [Fact]
    public async Task Without_an_otlp_endpoint_nothing_is_traced()
    {
        await using var host = await DefaultsHost.StartAsync();

        host.App.Services.GetService<TracerProvider>().ShouldBeNull();
        host.App.Services.GetServices<ILoggerProvider>().ShouldNotContain(p => p is OpenTelemetryLoggerProvider);
        host.App.Services.GetRequiredService<ILoggerFactory>()
            .CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical).ShouldBeFalse();
    }

    [Fact]
    public async Task A_bot_token_in_a_url_reaches_no_log_no_metric_and_no_exported_span()
    {
        await using var collector = await DefaultsHost.StartAsync();
        await using var host = await DefaultsHost.StartAsync(
            null,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            // As Aspire does in development.
            "--OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION=true",
            "--Logging:LogLevel:System.Net.Http=Trace",
            "--Logging:LogLevel:Polly=Trace");
        using var client = host.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient("telegram");
        var traceId = default(ActivityTraceId);
        using (var source = new ActivitySource(TelemetryNames.Product))
        using (var activity = source.StartActivity("turn"))
        {
            traceId = activity.ShouldNotBeNull().TraceId;
            var url = new Uri(host.Address, $"/bot123:{Secret}/getMe?access_token={Secret}");
            (await client.GetStringAsync(url)).ShouldBe("me");
            // Nobody listens there: the failure's log, span and metric must be clean as well.
            await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync(
                new Uri($"http://127.0.0.1:1/bot123:{Secret}/sendMessage"), null));
        }

        var metrics = "";
        await Eventually.PassesAsync(
            async token =>
            {
                var spans = FlushedSpans(host, collector);
                spans.ShouldContain(Encoding.Latin1.GetString(Convert.FromHexString(traceId.ToHexString())));
                spans.ShouldContain("/botREDACTED/getMe");
                spans.ShouldContain("/botREDACTED/sendMessage");
                // False even when the OTLP reader has exported: the Prometheus reader beside it cannot be flushed.
                host.App.Services.GetRequiredService<MeterProvider>().ForceFlush(10_000);
                collector.Exports.ShouldContain(e => e.Path == "/v1/metrics");
                metrics = await host.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), token);
                metrics.ShouldContain("http_client_request_duration_seconds_count{");
                host.Logs.ShouldContain(l => l.StartsWith("Polly", StringComparison.Ordinal));
            },
            Deadline,
            "everything is exported");

        foreach (var (path, body) in collector.Exports)
        {
            Encoding.Latin1.GetString(body).ShouldNotContain(Secret, customMessage: path);
        }

        metrics.ShouldNotContain(Secret);
        // The server that answered is part of the test, and logs the path as any server may.
        host.Logs.Where(l => !l.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)).ShouldNotContain(l => l.Contains(Secret));
    }

    [Fact]
    public async Task Health_and_metrics_requests_are_not_traced()
    {
        await using var collector = await DefaultsHost.StartAsync();
        await using var host = await DefaultsHost.StartAsync(
            null, $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");

        // Names of its own: what other tests of this process ask for, /health among it, is heard here as well.
        var (hidden, shown) = ($"a{Guid.NewGuid():N}", $"b{Guid.NewGuid():N}");
        foreach (var path in new[] { $"/health/{hidden}", $"/metrics/{hidden}", $"/{shown}" })
        {
            await host.Client.GetAsync(new Uri(path, UriKind.Relative));
        }

        await Eventually.PassesAsync(
            _ =>
            {
                FlushedSpans(host, collector).ShouldContain(shown);
                return Task.CompletedTask;
            },
            Deadline,
            "the last request's span is exported");
        FlushedSpans(host, collector).ShouldNotContain(hidden);
    }

    private static string FlushedSpans(DefaultsHost host, DefaultsHost collector)
    {
        host.App.Services.GetRequiredService<TracerProvider>().ForceFlush(10_000).ShouldBeTrue();
        return string.Concat(collector.Exports.Where(e => e.Path == "/v1/traces").Select(e => Encoding.Latin1.GetString(e.Body)));
    }
}
