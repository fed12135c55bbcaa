using ChatOrchestrator.ApiService;
using ChatOrchestrator.Infrastructure;
using OpenTelemetry.Metrics;

namespace ChatOrchestrator.Tests.Settings;

/// <summary>What a start leaves behind in the process.</summary>
public sealed class HostStartupTests
{
    [Fact]
    public async Task Looking_at_the_settings_makes_no_second_provider_of_metrics()
    {
        var directory = Directory.CreateTempSubdirectory("chat-start-");
        var providers = 0;
        try
        {
            var code = await HostStartup.RunAsync(
                () =>
                {
                    var builder = ApiHost.Compose(
                        ["--urls", "http://127.0.0.1:0", "--Storage:Path", Path.Combine(directory.FullName, "chat.db"), "--Admin:ApiKey", "a-key-of-a-test-0123456789", "--PublicUrl", "https://chat.example"]);
                    builder.Services.ConfigureOpenTelemetryMeterProvider((_, _) => providers++);
                    return builder;
                },
                app =>
                {
                    ApiHost.Map(app);
                    app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);
                });

            code.ShouldBe(0);
            providers.ShouldBe(1);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
