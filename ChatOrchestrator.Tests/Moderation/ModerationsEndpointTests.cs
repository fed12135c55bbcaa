using System.Text.Json;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Simulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Moderation;

public sealed class ModerationsEndpointTests : IAsyncLifetime
{
    private const string Clean = """{"id":"modr-1","model":"m","results":[{"flagged":false,"categories":{"violence":false},"category_scores":{"violence":0.01}}]}""";

    private readonly WebApplication _app = Build();
    private readonly Queue<Func<HttpContext, Task>> _script = new();
    private readonly List<(JsonElement Body, string Authorization)> _asked = [];

    private string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/v1";

    public Task InitializeAsync()
    {
        _app.MapPost("/v1/moderations", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            _asked.Add((body.RootElement.Clone(), context.Request.Headers.Authorization.ToString()));
            await _script.Dequeue()(context);
        });
        return _app.StartAsync();
    }

    public Task DisposeAsync() => _app.DisposeAsync().AsTask();

    [Fact]
    public async Task The_simulators_endpoint_is_understood()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var endpoint = Endpoint(new(), new AiOptions { Endpoint = simulator.Url + "/v1" });

        endpoint.IsConfigured.ShouldBeTrue("the model's own endpoint serves");
        var scores = await endpoint.ScoreAsync("please !violence and more", 1, default);
        scores.Where(s => s.IsFlagged).ShouldHaveSingleItem().ShouldBe(new CategoryScore("violence", 0.97, true));
        scores.Count.ShouldBe(13);
        // A word in a seam of a text that is judged in pieces.
        scores = await endpoint.ScoreAsync(new string('a', 7_996) + " !hate " + new string('b', 9_000), 1, default);
        scores.Where(s => s.IsFlagged).ShouldHaveSingleItem().Category.ShouldBe("hate");
    }

    [Fact]
    public async Task A_picture_is_judged_as_the_parts_of_one_input()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var simulated = Endpoint(new(), new AiOptions { Endpoint = simulator.Url + "/v1" });
        (await simulated.ScoreImageAsync("data:image/png;base64," + Convert.ToBase64String("\u0089PNG a comment !violence/graphic here"u8), 1, default))
            .Where(s => s.IsFlagged).ShouldHaveSingleItem().Category.ShouldBe("violence/graphic");

        using var endpoint = Endpoint(new() { Endpoint = Address }, new AiOptions());
        _script.Enqueue(Answer(Clean));
        await endpoint.ScoreImageAsync("data:image/jpeg;base64,AQID", 1, default);
        _asked[0].Body.GetProperty("input").ToString().ShouldBe("""[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AQID"}}]""");
        // A model that knows texts only.
        _script.Enqueue(Status(400));
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreImageAsync("https://pictures.example/1.png", 3, default))).Message.ShouldBe("refused");
    }

    [Fact]
    public async Task What_fails_for_a_moment_is_tried_again_and_what_is_refused_is_not()
    {
        using var endpoint = Endpoint(new() { Endpoint = Address, ApiKey = "sk-own" }, new AiOptions { ApiKey = "sk-model" });
        _script.Enqueue(Status(503));
        _script.Enqueue(Status(429));
        _script.Enqueue(Answer(Clean));

        (await endpoint.ScoreAsync("hello", 3, default)).ShouldHaveSingleItem().ShouldBe(new CategoryScore("violence", 0.01, false));
        _asked.ShouldAllBe(a => a.Authorization == "Bearer sk-own");
        _asked[0].Body.GetProperty("input")[0].GetString().ShouldBe("hello");

        _script.Enqueue(Status(400));
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreAsync("hello", 3, default))).Message.ShouldBe("refused");
        _asked.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"results":[]}""")]
    [InlineData("""{"results":[{}]}""")]
    [InlineData("""{"results":[{"flagged":"no","categories":{}}]}""")]
    [InlineData("""{"results":[{"flagged":false,"categories":{"violence":""")]
    public async Task An_answer_that_is_none_is_no_judgement(string body)
    {
        using var endpoint = Endpoint(new() { Endpoint = Address }, new AiOptions());
        _script.Enqueue(Answer(body));
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreAsync("hello", 1, default))).Message.ShouldBe("invalid_answer");
    }

    [Fact]
    public async Task An_endless_answer_one_that_never_comes_and_one_that_breaks_off_are_none()
    {
        using var endpoint = Endpoint(new() { Endpoint = Address, TimeoutSeconds = 1 }, new AiOptions());
        _script.Enqueue(Answer(new string(' ', 2 << 20) + Clean));
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreAsync("hello", 1, default))).Message.ShouldBe("invalid_answer");
        _script.Enqueue(context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreAsync("hello", 1, default))).Message.ShouldBe("timed_out");
        _script.Enqueue(async context =>
        {
            context.Response.ContentLength = 1_000;
            await context.Response.WriteAsync(Clean[..20]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        (await Should.ThrowAsync<ScoringException>(endpoint.ScoreAsync("hello", 1, default))).Message.ShouldBe("unavailable");
    }

    [Fact]
    public void Without_a_model_or_with_words_only_nobody_is_asked()
    {
        using var demo = Endpoint(new(), new AiOptions());
        demo.IsConfigured.ShouldBeFalse();
        using var words = Endpoint(new() { WordsOnly = true, Endpoint = Address }, new AiOptions { ApiKey = "sk-model" });
        words.IsConfigured.ShouldBeFalse();
    }

    private static ModerationsEndpoint Endpoint(ModerationOptions options, AiOptions ai) =>
        new(Options.Create(options), Options.Create(ai), TimeProvider.System, NullLogger<ModerationsEndpoint>.Instance);

    private static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private static Func<HttpContext, Task> Answer(string body) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    };

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }
}
