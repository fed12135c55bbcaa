using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.ServiceDefaults;

/// <summary>What reaches Sentry, at a server that plays it.</summary>
[Collection(RunsAlone.Name)]
public sealed class ErrorReportingTests
{
    private const string Token = "SECRET-c2VjcmV0";
    private const string Words = "my parcel never came";

    [Fact]
    public async Task Without_a_dsn_there_is_no_client()
    {
        await using var host = await DefaultsHost.StartAsync();
        host.App.Services.GetService<Sentry.IHub>().ShouldBeNull();
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://sentry.example/2")]
    public async Task A_wrong_dsn_stops_the_start_with_a_line_that_names_the_key(string dsn) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => DefaultsHost.StartAsync(null, $"--Sentry:Dsn={dsn}"))).Message.ShouldContain("Sentry:Dsn");

    [Fact]
    public async Task An_error_is_reported_by_type_and_stack_without_text_bodies_headers_or_secrets()
    {
        await using var sentry = await SentryStub.StartAsync();
        await using var host = await DefaultsHost.StartAsync(null, $"--Sentry:Dsn=http://public@{sentry.Address.Authority}/1");
        host.App.MapPost("/webhooks/{connection}", async (HttpContext http, ILoggerFactory loggers) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            var logger = loggers.CreateLogger("ChatOrchestrator.Test");
            logger.LogInformation("Asking https://api.telegram.org/bot123:{Token}/getMe", Token);
            // A parser that quotes what it could not read, as they do.
            logger.LogError(new FormatException($"The input string '{body}' was not in a correct format."), "POST https://graph.example/me?access_token={Token} failed", Token);
            throw new InvalidOperationException($"{body} {Token}");
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/7?access_token={Token}", UriKind.Relative))
        {
            Content = new StringContent($$"""{"text":"{{Words}}"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Api-Key", Token);
        request.Headers.Add("Cookie", $"session={Token}");

        (await host.Client.SendAsync(request)).IsSuccessStatusCode.ShouldBeFalse();

        await Eventually.TrueAsync(
            () => sentry.Received.Any(e => e.Contains("System.FormatException", StringComparison.Ordinal)) && sentry.Received.Any(e => e.Contains("System.InvalidOperationException", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            "both errors are reported");
        foreach (var envelope in sentry.Received)
        {
            envelope.ShouldNotContain(Token);
            envelope.ShouldNotContain(Words);
            envelope.ShouldNotContain("X-Api-Key", Case.Insensitive);
            envelope.ShouldNotContain(Environment.MachineName);
        }
        sentry.Received.ShouldContain(e => e.Contains("ErrorReportingTests", StringComparison.Ordinal), "the stack says where");
        sentry.Received.ShouldContain(e => e.Contains("access_token=REDACTED", StringComparison.Ordinal));
    }

    private sealed class SentryStub : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private SentryStub(WebApplication app) => _app = app;

        public Uri Address => new(_app.Urls.Single());

        public ConcurrentQueue<string> Received { get; } = new();

        public static async Task<SentryStub> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var stub = new SentryStub(builder.Build());
            stub._app.MapPost("/api/1/envelope/", async (HttpContext http) =>
            {
                await using Stream body = http.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(http.Request.Body, CompressionMode.Decompress) : http.Request.Body;
                using var reader = new StreamReader(body);
                stub.Received.Enqueue(await reader.ReadToEndAsync());
                return Results.Json(new { id = Guid.NewGuid().ToString("N") });
            });
            await stub._app.StartAsync();
            return stub;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
