using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Ai;

public sealed class AiRegistrationTests
{
    [Theory]
    [InlineData("Ai:Endpoint", "localhost:11434/v1")]
    [InlineData("Ai:Endpoint", "http://localhost:11434")]
    [InlineData("Ai:Endpoint", "https://user:pw@example.org/v1")]
    [InlineData("Ai:Endpoint", "ftp://example.org/v1")]
    [InlineData("Ai:ApiKey", "sk-two words")]
    [InlineData("Ai:TimeoutSeconds", "0")]
    [InlineData("Ai:TimeoutSeconds", "soon")]
    [InlineData("Ai:FirstTokenTimeoutSeconds", "601")]
    public async Task A_wrong_value_stops_the_start_with_one_line_that_names_the_key(string key, string value)
    {
        await using var host = new AiHost("http://127.0.0.1/v1", more: [(key, value)]);

        var thrown = Should.Throw<Exception>(() => host.Services.GetRequiredService<IStartupValidator>().Validate());

        thrown.Message.ShouldContain(key);
        thrown.Message.ShouldNotContain("\n");
        thrown.Message.ShouldNotContain("two words");
    }

    [Fact]
    public async Task The_environments_key_is_used_and_trimmed_when_there_is_no_other()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint, key: "", more: [("OPENAI_API_KEY", "sk-from-environment\n")]);

        await host.AskAsync();

        stub.Requests.Single().Authorization.ShouldBe("Bearer sk-from-environment");
    }

    [Fact]
    public async Task An_endpoint_needs_no_key_and_may_end_in_a_slash()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint + "/", key: null);

        (await host.AskAsync()).ShouldBe("Good day!");
    }

    [Theory]
    [InlineData(null, null, "demo model")]
    [InlineData(null, AiHost.Key, "gpt-4o-mini at OpenAI, with a key")]
    [InlineData("http://127.0.0.1:1/v1", null, "gpt-4o-mini at http://127.0.0.1:1/v1, without a key")]
    public async Task The_start_logs_which_model_answers_and_never_the_key(string? endpoint, string? key, string expected)
    {
        await using var host = new AiHost(endpoint, key);

        foreach (var service in host.Services.GetServices<IHostedService>())
        {
            await service.StartAsync(default);
        }

        host.Log.ShouldContain(line => line.StartsWith("Information: AI: ", StringComparison.Ordinal) && line.Contains(expected, StringComparison.Ordinal));
        host.Log.ShouldAllBe(line => !line.Contains(AiHost.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_key_and_an_endpoint_the_demo_model_answers_and_is_healthy()
    {
        await using var host = new AiHost(endpoint: " ", key: "");

        (await host.AskAsync()).ShouldContain("demo model");
        var health = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["ai"];
        health.Status.ShouldBe(HealthStatus.Healthy);
        health.Description.ShouldBe("demo model");
        health.Tags.ShouldContain("ready");
    }

    [Fact]
    public async Task Tokens_are_counted_as_the_model_does_and_the_vocabulary_is_loaded_with_the_first_text()
    {
        await using var host = new AiHost(endpoint: null, key: null);
        var counter = (TiktokenCounter)host.Services.GetRequiredService<ITokenCounter>();
        counter.Count(null, "").ShouldBe(0);
        counter.IsLoaded.ShouldBeFalse();

        counter.Count("gpt-4o", "Hello, world!").ShouldBe(4);

        counter.IsLoaded.ShouldBeTrue();
        counter.Count(null, "Hello, world!").ShouldBe(4);
        var words = string.Concat(Enumerable.Repeat("one two three four five ", 500));
        counter.Count(null, words).ShouldBeInRange(2_500, 2_550);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => counter.Count(null, words + i).ShouldBeInRange(2_500, 2_560))));
    }

    [Theory]
    [InlineData("😀")]
    [InlineData("a")]
    [InlineData("\u0000")]
    [InlineData("\ud83d")]
    public async Task Runs_without_spaces_are_counted_too(string unit)
    {
        await using var host = new AiHost(endpoint: null, key: null);
        var counter = host.Services.GetRequiredService<ITokenCounter>();

        counter.Count(null, string.Concat(Enumerable.Repeat(unit, 20_000))).ShouldBeInRange(500, 80_000);
    }
}
