using System.Diagnostics.Metrics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>Several models at several providers, one standing in for the other.</summary>
#pragma warning disable CA1001 // xunit disposes of them through IAsyncLifetime.
public sealed class FallbackTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly FakeTimeProvider _time = new();
    private OpenAIStub _first = null!;
    private OpenAIStub _second = null!;
    private AiHost _host = null!;

    public async Task InitializeAsync()
    {
        _first = await OpenAIStub.StartAsync();
        _second = await OpenAIStub.StartAsync();
        _host = new AiHost(null, null, _time, Settings());
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [InlineData(401, false)]
    [InlineData(404, true)]
    [InlineData(429, true)]
    public async Task A_model_that_fails_is_stood_in_for_and_the_report_says_so(int status, bool stream)
    {
        _first.Always = OpenAIStub.Error(status, retryAfter: "30");
        _second.Always = stream ? OpenAIStub.Streamed(["From ", "the second"]) : OpenAIStub.Plain("From the second");
        var moved = new List<string>();
        using var listener = Listen("chat.model.fallbacks", tags => moved.Add($"{tags["from"]}>{tags["to"]}"));

        var options = new ModelCallOptions { ModelId = "main" };
        (await AskAsync(options, stream)).ShouldBe("From the second");

        options.Report.AnsweredBy.ShouldBe("spare");
        options.Report.Failed.ShouldHaveSingleItem().Model.ShouldBe("main");
        moved.ShouldContain("main>spare");
        _first.Requests.Single().Body.GetProperty("model").GetString().ShouldBe("big-model");
        var (body, authorization) = _second.Requests.Single();
        (body.GetProperty("model").GetString(), authorization).ShouldBe(("small-model", "Bearer sk-second"));
    }

    [Theory]
    [InlineData(true, ModelFailure.Empty)]
    [InlineData(false, ModelFailure.Refused)]
    public async Task What_is_paid_for_is_not_asked_for_again(bool empty, ModelFailure expected)
    {
        _first.Always = empty ? OpenAIStub.Plain(" ") : OpenAIStub.Plain(null, refusal: "No.");

        (await _host.FailureAsync(model: "main")).Failure.ShouldBe(expected);

        _second.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_finished_by_another_model()
    {
        _first.Always = OpenAIStub.Streamed(["Half"], finish: null);

        (await _host.FailureAsync(stream: true, model: "main")).Failure.ShouldBe(ModelFailure.Incomplete);

        _second.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_model_that_does_not_begin_in_its_time_is_left_and_the_bot_may_be_less_patient()
    {
        _first.Always = _first.Hang();
        var options = new ModelCallOptions { ModelId = "main", FirstTokenTimeout = TimeSpan.FromSeconds(2) };

        var answer = AskAsync(options, stream: true);
        await AiHost.UntilAsync(() => !_first.Requests.IsEmpty);
        _time.Advance(TimeSpan.FromSeconds(1));
        answer.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        (await answer.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe("Good day!");
        options.Report.Failed.ShouldBe([("main", ModelFailure.TimedOut)]);
    }

    [Fact]
    public async Task Each_model_has_its_own_circuit_and_an_open_one_is_not_asked()
    {
        _first.Always = OpenAIStub.Error(404);
        await AskAsync(new ModelCallOptions { ModelId = "main" });
        var asked = _first.Requests.Count;
        _first.Always = OpenAIStub.Raw("<html>");
        for (var i = 0; i < 10; i++)
        {
            var answer = AskAsync(new ModelCallOptions { ModelId = "main" });
            await AiHost.UntilAsync(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return answer.IsCompleted;
            });
            (await answer).ShouldBe("Good day!");
        }

        _first.Requests.Count.ShouldBeLessThan(asked + 20, "the circuit opened");
        var before = _first.Requests.Count;
        (await AskAsync(new ModelCallOptions { ModelId = "main" })).ShouldBe("Good day!");
        _first.Requests.Count.ShouldBe(before);

        // The same provider's other models are not touched by it.
        _first.Always = null;
        (await _host.AskAsync(model: "other")).ShouldBe("Good day!");
        _first.Requests.Count.ShouldBe(before + 1);
    }

    [Fact]
    public async Task When_nobody_answers_the_failure_is_one_that_may_pass()
    {
        _first.Always = OpenAIStub.Error(429, retryAfter: "17");
        _second.Always = OpenAIStub.Error(401);

        var failure = await _host.FailureAsync(model: "main");

        (failure.Failure, failure.RetryAfter).ShouldBe((ModelFailure.RateLimited, TimeSpan.FromSeconds(17)));
    }

    [Fact]
    public async Task A_bot_may_name_its_own_stand_ins_or_none()
    {
        _first.Always = OpenAIStub.Error(404);

        (await Should.ThrowAsync<ModelException>(() => AskAsync(new ModelCallOptions { ModelId = "main", Fallbacks = [] }))).Failure.ShouldBe(ModelFailure.Rejected);
        (await AskAsync(new ModelCallOptions { ModelId = "other", Fallbacks = ["main", "spare"] })).ShouldBe("Good day!");

        _second.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("2024-10-21", "/openai/deployments/chat%20one/chat/completions", "?api-version=2024-10-21")]
    [InlineData(null, "/openai/v1/chat/completions", "")]
    public async Task Azure_is_asked_with_its_own_header_and_address(string? version, string path, string query)
    {
        (string Path, string Query, string? Key, string? Authorization) asked = default;
        await using var azure = await OpenAIStub.StartAsync(path.Replace("%20", " ", StringComparison.Ordinal));
        azure.Always = async context =>
        {
            asked = (context.Request.Path.ToUriComponent(), context.Request.QueryString.Value!, context.Request.Headers["api-key"], context.Request.Headers.Authorization);
            await OpenAIStub.Plain("From Azure")(context);
        };
        await using var host = new AiHost(null, null, null, [
            ("Ai:Providers:azure:Kind", "azure"), ("Ai:Providers:azure:Endpoint", azure.Address), ("Ai:Providers:azure:ApiKey", "azure-key"), ("Ai:Providers:azure:ApiVersion", version),
            ("Ai:Model", "main"), ("Ai:Models:main:Provider", "azure"), ("Ai:Models:main:Name", "chat one")]);

        (await host.AskAsync()).ShouldBe("From Azure");

        asked.ShouldBe((path, query, "azure-key", null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_prompt_of_the_same_bot_is_answered_from_the_cache_where_the_bot_wants_it(bool stream)
    {
        var lookups = new List<string>();
        using var listener = Listen("chat.model.cache.lookups", tags => lookups.Add((string)tags["result"]!));
        var bot = BotId.New();
        ModelCallOptions Cached(BotId of, float? temperature = null) => new() { ModelId = "main", CacheFor = TimeSpan.FromMinutes(5), CacheOf = of, Temperature = temperature };

        (await AskAsync(Cached(bot), stream)).ShouldBe("Good day!");
        var again = Cached(bot);
        (await AskAsync(again, stream)).ShouldBe("Good day!");

        again.Report.FromCache.ShouldBeTrue();
        _first.Requests.Count.ShouldBe(1);
        lookups.ShouldBe(["miss", "hit"]);

        await AskAsync(Cached(BotId.New()), stream);
        await AskAsync(Cached(bot, temperature: 1), stream);
        await AskAsync(Cached(bot), stream, "Hello??");
        await AskAsync(new ModelCallOptions { ModelId = "main" }, stream);
        _first.Requests.Count.ShouldBe(5, "another bot, other settings, another prompt, a bot that wants none");
    }

    [Fact]
    public async Task What_failed_is_not_kept_in_the_cache()
    {
        _first.Next(OpenAIStub.Plain(null, refusal: "No.")).Next(OpenAIStub.Plain("Half an", finish: "length"));
        ModelCallOptions Cached() => new() { ModelId = "main", CacheFor = TimeSpan.FromMinutes(5) };

        await Should.ThrowAsync<ModelException>(() => AskAsync(Cached()));
        (await AskAsync(Cached())).ShouldBe("Half an");
        (await AskAsync(Cached())).ShouldBe("Good day!");
    }

    [Theory]
    [InlineData("Ai:Providers:first:Kind", "other")]
    [InlineData("Ai:Providers:first:Endpoint", "http://localhost")]
    [InlineData("Ai:Models:main:Provider", "nobody")]
    [InlineData("Ai:Models:main:Fallbacks:0", "nobody")]
    [InlineData("Ai:Models:main:TimeoutSeconds", "0")]
    [InlineData("Ai:Models:main:InputPrice", "-1")]
    [InlineData("Ai:Models:main:OutputPrice", null)]
    [InlineData("Ai:Model", "nobody")]
    [InlineData("Ai:Currency", "dollars")]
    public async Task A_wrong_value_stops_the_start_with_the_key(string key, string? value)
    {
        await using var host = new AiHost(null, null, null, [.. Settings(), (key, value)]);

        Should.Throw<OptionsValidationException>(() => host.Services.GetRequiredService<IStartupValidator>().Validate()).Message.ShouldContain(key);
    }

    [Fact]
    public void A_price_is_exact_to_a_billionth_and_a_fraction_of_one_counts_as_one()
    {
        var price = new ModelPrice(0.15m, 0.075m, 0.6m);
        price.NanosOf(new ModelUsage(1_000_000, 0, 0)).ShouldBe(150_000_000);
        price.NanosOf(new ModelUsage(11, 0, 7)).ShouldBe((11 * 150) + (7 * 600));
        price.NanosOf(new ModelUsage(11, 10, 7)).ShouldBe(150 + (10 * 75) + (7 * 600));
        new ModelPrice(0.0001m, 0.0001m, 0).NanosOf(new ModelUsage(1, 0, 0)).ShouldBe(1);
    }

    private static MeterListener Listen(string instrument, Action<Dictionary<string, object?>> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, listening) =>
            {
                if (published.Meter.Name == EngineTelemetry.Name && published.Name == instrument)
                {
                    listening.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => measured(tags.ToArray().ToDictionary(t => t.Key, t => t.Value)));
        listener.Start();
        return listener;
    }

    private (string Key, string? Value)[] Settings() =>
    [
        ("Ai:Providers:first:Endpoint", _first.Endpoint), ("Ai:Providers:first:ApiKey", "sk-first"),
        ("Ai:Providers:second:Endpoint", _second.Endpoint), ("Ai:Providers:second:ApiKey", "sk-second"),
        ("Ai:Model", "main"),
        ("Ai:Models:main:Provider", "first"), ("Ai:Models:main:Name", "big-model"), ("Ai:Models:main:Fallbacks:0", "spare"),
        ("Ai:Models:main:InputPrice", "0.15"), ("Ai:Models:main:OutputPrice", "0.6"),
        ("Ai:Models:spare:Provider", "second"), ("Ai:Models:spare:Name", "small-model"),
        ("Ai:Models:other:Provider", "first"),
    ];

    private async Task<string> AskAsync(ModelCallOptions options, bool stream = false, string prompt = "Hello?")
    {
        if (!stream)
        {
            return (await _host.Client.GetResponseAsync(AiHost.Prompt(prompt), options)).Text;
        }
        var text = "";
        await foreach (var update in _host.Client.GetStreamingResponseAsync(AiHost.Prompt(prompt), options))
        {
            text += update.Text;
        }
        return text;
    }
}
