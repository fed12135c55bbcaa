using System.Net;
using System.Net.Sockets;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Ai;

#pragma warning disable CA1001 // xunit disposes of them through IAsyncLifetime.
public sealed class ModelChatClientTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private OpenAIStub _stub = null!;
    private AiHost _host = null!;

    public async Task InitializeAsync()
    {
        _stub = await OpenAIStub.StartAsync();
        _host = new AiHost(_stub.Endpoint);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _stub.DisposeAsync();
    }

    [Fact]
    public async Task A_plain_answer_comes_with_its_usage_and_the_request_says_what_was_asked_for()
    {
        var response = await _host.Client.GetResponseAsync(AiHost.Prompt("Hi"), new ChatOptions { ModelId = "big-model", Temperature = 0.5f, MaxOutputTokens = 99 });

        response.Text.ShouldBe("Good day!");
        response.Usage!.InputTokenCount.ShouldBe(11);
        response.Usage.OutputTokenCount.ShouldBe(7);
        var (body, authorization) = _stub.Requests.ShouldHaveSingleItem();
        body.GetProperty("model").GetString().ShouldBe("big-model");
        body.GetProperty("temperature").GetDouble().ShouldBe(0.5);
        body.GetProperty("max_completion_tokens").GetInt32().ShouldBe(99);
        body.GetProperty("messages")[1].GetProperty("content").GetString().ShouldBe("Hi");
        authorization.ShouldBe($"Bearer {AiHost.Key}");
    }

    [Fact]
    public async Task A_prompt_goes_out_word_for_word_in_its_roles()
    {
        await _host.Client.GetResponseAsync(
            [new(ChatRole.System, "Be \"kind\".\n"), new(ChatRole.User, "Grüß Gott \ud83d\ude00 <b>&"), new(ChatRole.Assistant, ""), new(ChatRole.User, "half a character: \ud83d")]);

        var body = _stub.Requests.Single().Body;
        body.GetProperty("messages").EnumerateArray().Select(m => (m.GetProperty("role").GetString(), m.GetProperty("content").GetString())).ShouldBe(
        [
            ("system", "Be \"kind\".\n"), ("user", "Grüß Gott \ud83d\ude00 <b>&"), ("assistant", ""), ("user", "half a character: \ufffd"),
        ]);
        body.EnumerateObject().Select(p => p.Name).ShouldBe(["model", "messages"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_servers_add_to_an_answer_is_read_or_passed_over()
    {
        _stub.Next(OpenAIStub.Raw("""
            {"id":"chatcmpl-2","model":"m","created":1.5,"system_fingerprint":null,"service_tier":{"x":[]},"error":null,"choices":[{"index":0,"logprobs":null,"finish_reason":"length",
            "message":{"role":"assistant","content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Good "},{"type":"text","text":"day!"}],"annotations":[],"tool_calls":null}}],
            "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}}
            """));

        var response = await _host.Client.GetResponseAsync(AiHost.Prompt());

        (response.Text, response.ModelId, response.ResponseId, response.FinishReason).ShouldBe(("Good day!", "m", "chatcmpl-2", ChatFinishReason.Length));
        response.Usage.ShouldNotBeNull();
        (response.Usage.InputTokenCount, response.Usage.CachedInputTokenCount, response.Usage.OutputTokenCount, response.Usage.ReasoningTokenCount, response.Usage.TotalTokenCount)
            .ShouldBe((9, 8, 4, 2, 13));
    }

    [Fact]
    public async Task A_server_that_knows_no_streams_is_heard_all_the_same()
    {
        _stub.Next(OpenAIStub.Plain("Good day!"));

        (await _host.AskAsync(stream: true)).ShouldBe("Good day!");
    }

    [Fact]
    public async Task A_streamed_answer_comes_in_pieces_and_ends_with_its_usage()
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in _host.Client.GetStreamingResponseAsync(AiHost.Prompt()))
        {
            updates.Add(update);
        }

        string.Concat(updates.Select(u => u.Text)).ShouldBe("Good day!");
        updates.Count(u => u.Text.Length > 0).ShouldBe(3);
        updates.ToChatResponse().Usage!.OutputTokenCount.ShouldBe(7);
        updates[^1].FinishReason.ShouldBe(ChatFinishReason.Stop);
        var body = _stub.Requests.Single().Body;
        body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean().ShouldBeTrue();
        body.GetProperty("model").GetString().ShouldBe("gpt-4o-mini");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_of_200_KB_arrives_whole(bool stream)
    {
        var long200 = string.Concat(Enumerable.Repeat("äö 😀 word ", 20_000));
        _stub.Next(stream ? OpenAIStub.Streamed(long200.Chunk(999).Select(c => new string(c).TrimEnd('\ud83d'))) : OpenAIStub.Plain(long200));

        var answer = await _host.AskAsync(stream);

        answer.Length.ShouldBeGreaterThan(200_000);
        if (!stream)
        {
            answer.ShouldBe(long200);
        }
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(503, true)]
    [InlineData(429, false)]
    public async Task A_failure_before_the_first_token_is_repeated(int status, bool stream)
    {
        _stub.Next(OpenAIStub.Error(status), 2);

        (await _host.AskAsync(stream)).ShouldBe("Good day!");

        _stub.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task It_gives_up_after_two_retries()
    {
        _stub.Always = OpenAIStub.Error(502);

        (await _host.FailureAsync()).Failure.ShouldBe(ModelFailure.Unavailable);

        _stub.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_rate_limit_is_handed_on_and_not_waited_for(bool stream)
    {
        _stub.Next(OpenAIStub.Error(429, "rate_limit_exceeded", retryAfter: "17"));

        var failure = await _host.FailureAsync(stream);

        failure.Failure.ShouldBe(ModelFailure.RateLimited);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(17));
        _stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_short_rate_limit_is_waited_for_as_long_as_it_says()
    {
        var time = new FakeTimeProvider();
        await using var host = new AiHost(_stub.Endpoint, time: time);
        _stub.Next(OpenAIStub.Error(429, retryAfter: "2"));

        var answer = host.AskAsync();
        await AiHost.UntilAsync(() => !_stub.Requests.IsEmpty);
        var waited = TimeSpan.Zero;
        await AiHost.UntilAsync(() =>
        {
            if (!answer.IsCompleted && waited < TimeSpan.FromSeconds(30))
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                waited += TimeSpan.FromMilliseconds(50);
            }
            return answer.IsCompleted;
        });

        (await answer).ShouldBe("Good day!");
        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(401, null, ModelFailure.Unauthorized)]
    [InlineData(403, null, ModelFailure.Unauthorized)]
    [InlineData(400, "context_length_exceeded", ModelFailure.ContextTooLong)]
    [InlineData(400, "invalid_value", ModelFailure.Rejected)]
    [InlineData(404, "model_not_found", ModelFailure.Rejected)]
    [InlineData(301, null, ModelFailure.Rejected)]
    [InlineData(429, "insufficient_quota", ModelFailure.RateLimited)]
    public async Task A_refusal_is_told_apart_and_not_repeated(int status, string? code, ModelFailure expected)
    {
        _stub.Always = OpenAIStub.Error(status, code, message: "You said: Hello?");

        (await _host.FailureAsync()).Failure.ShouldBe(expected);
        (await _host.FailureAsync(stream: true)).Failure.ShouldBe(expected);

        _stub.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_secret_is_thrown_or_logged()
    {
        _stub.Always = OpenAIStub.Error(400, "bad", message: $"Wrong: Hello? with {AiHost.Key}");

        var thrown = (await _host.FailureAsync()).ToString() + await _host.FailureAsync(stream: true);
        _stub.Always = OpenAIStub.Raw("Hello? is not JSON");
        thrown += await _host.FailureAsync();

        var all = thrown + string.Join('\n', _host.Log);
        all.ShouldNotContain("Hello?");
        all.ShouldNotContain(AiHost.Key);
        _host.Log.ShouldContain(line => line.Contains("gpt-4o-mini", StringComparison.Ordinal) && line.Contains("Rejected", StringComparison.Ordinal));
        all.ShouldNotContain("(null)");
    }

    [Theory]
    [InlineData(false, "{\"id\":", ModelFailure.Malformed)]
    [InlineData(false, "<html>Welcome</html>", ModelFailure.Malformed)]
    [InlineData(false, "{}", ModelFailure.Malformed)]
    [InlineData(false, "[]", ModelFailure.Malformed)]
    [InlineData(true, "data: {\"id\":\n\n", ModelFailure.Malformed)]
    [InlineData(true, "data: {\"id\":\"c\",\"choices\":[]}\n\ndata: [DONE]\n\n", ModelFailure.Incomplete)]
    [InlineData(true, "", ModelFailure.Malformed)]
    [InlineData(true, "{\"id\":", ModelFailure.Malformed)]
    public async Task What_is_not_an_answer_is_told_apart(bool stream, string body, ModelFailure expected)
    {
        _stub.Always = OpenAIStub.Raw(body, stream ? "text/event-stream" : "application/json");

        (await _host.FailureAsync(stream)).Failure.ShouldBe(expected);
    }

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    [InlineData("text/event-stream", true)]
    public async Task An_error_with_the_status_of_an_answer_is_a_failure_that_is_repeated(string contentType, bool stream)
    {
        const string Error = """{"error":{"message":"Hello? overloaded","code":529}}""";
        _stub.Next(OpenAIStub.Raw(contentType == "application/json" ? Error : $"data: {Error}\n\n", contentType));

        (await _host.AskAsync(stream)).ShouldBe("Good day!");

        _stub.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"error":{"message":"Hello?","type":"server_error"}}""")]
    [InlineData("""{"error":{"message":"Hello?","code":429}}""")]
    [InlineData("""{"error":{"message":"maximum context length","code":400}}""")]
    [InlineData("""{"error":{"code":"server_error","message":"Hello?"},"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""")]
    [InlineData("""{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"error"}]}""")]
    public async Task An_error_amid_a_stream_breaks_the_answer_off_and_is_not_repeated(string error)
    {
        _stub.Always = OpenAIStub.Raw($$$"""
            data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Half an"},"finish_reason":null}]}

            data: {{{error}}}

            data: [DONE]


            """, "text/event-stream");

        var text = "";
        var failure = await Should.ThrowAsync<ModelException>(async () =>
        {
            await foreach (var update in _host.Client.GetStreamingResponseAsync(AiHost.Prompt()))
            {
                text += update.Text;
            }
        });

        (failure.Failure, text).ShouldBe((ModelFailure.Incomplete, "Half an"));
        _stub.Requests.Count.ShouldBe(1);
        (failure + string.Join('\n', _host.Log)).ShouldNotContain("Hello?");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_breaks_off_fails_and_is_not_repeated(bool abort)
    {
        var read = new TaskCompletionSource();
        _stub.Next(OpenAIStub.Streamed(["Half ", "an"], finish: null, abort ? read.Task : null));

        var text = "";
        var failure = await Should.ThrowAsync<ModelException>(async () =>
        {
            await foreach (var update in _host.Client.GetStreamingResponseAsync(AiHost.Prompt()))
            {
                text += update.Text;
                if (text == "Half an")
                {
                    read.SetResult();
                }
            }
        });

        failure.Failure.ShouldBe(ModelFailure.Incomplete);
        text.ShouldBe("Half an");
        _stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_without_text_is_empty()
    {
        _stub.Next(OpenAIStub.Plain(" \n")).Next(OpenAIStub.Plain(null)).Next(OpenAIStub.Streamed([" "])).Next(OpenAIStub.Streamed([]));

        (await _host.FailureAsync()).Failure.ShouldBe(ModelFailure.Empty);
        (await _host.FailureAsync()).Failure.ShouldBe(ModelFailure.Empty);
        var empty = await _host.FailureAsync(stream: true);
        (empty.Failure, empty.Usage).ShouldBe((ModelFailure.Empty, new ModelUsage(11, 0, 7)));
        (await _host.FailureAsync(stream: true)).Failure.ShouldBe(ModelFailure.Empty);
        _stub.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_refused_or_filtered_answer_is_told_apart_and_what_it_cost_is_known()
    {
        _stub.Next(OpenAIStub.Plain(null, refusal: "I can't help with that.")).Next(OpenAIStub.Plain("Half", finish: "content_filter"))
            .Next(OpenAIStub.Streamed([], refusal: "I can't.")).Next(OpenAIStub.Streamed(["Half"], finish: "content_filter"));

        var refused = await _host.FailureAsync();
        (refused.Failure, refused.Usage).ShouldBe((ModelFailure.Refused, new ModelUsage(11, 0, 7)));
        (await _host.FailureAsync()).Failure.ShouldBe(ModelFailure.Refused);
        (await _host.FailureAsync(stream: true)).Failure.ShouldBe(ModelFailure.Refused);
        (await _host.FailureAsync(stream: true)).Failure.ShouldBe(ModelFailure.Refused);
    }

    [Theory]
    [InlineData(false, 61)]
    [InlineData(true, 6)]
    public async Task A_provider_that_hangs_times_out(bool stream, int seconds)
    {
        var time = new FakeTimeProvider();
        await using var host = new AiHost(_stub.Endpoint, time: time, more: [("Ai:TimeoutSeconds", "60"), ("Ai:FirstTokenTimeoutSeconds", "5")]);
        _stub.Always = _stub.Hang();

        var failure = host.FailureAsync(stream);
        await AiHost.UntilAsync(() => !_stub.Requests.IsEmpty);
        time.Advance(TimeSpan.FromSeconds(seconds - 2));
        failure.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));

        (await failure.WaitAsync(TimeSpan.FromSeconds(20))).Failure.ShouldBe(ModelFailure.TimedOut);
        _stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_stream_that_stalls_after_its_first_token_has_the_whole_time_limit()
    {
        var time = new FakeTimeProvider();
        await using var host = new AiHost(_stub.Endpoint, time: time, more: [("Ai:TimeoutSeconds", "60"), ("Ai:FirstTokenTimeoutSeconds", "5")]);
        _stub.Always = _stub.Hang("First");
        await using var updates = host.Client.GetStreamingResponseAsync(AiHost.Prompt()).GetAsyncEnumerator();
        (await updates.MoveNextAsync()).ShouldBeTrue();

        var next = updates.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(58));
        next.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(3));

        (await Should.ThrowAsync<ModelException>(() => next.WaitAsync(TimeSpan.FromSeconds(20)))).Failure.ShouldBe(ModelFailure.TimedOut);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_cancellation_stays_one(bool stream)
    {
        _stub.Always = _stub.Hang();
        using var caller = new CancellationTokenSource();

        var answer = _host.AskAsync(stream, cancellationToken: caller.Token);
        await AiHost.UntilAsync(() => !_stub.Requests.IsEmpty);
        await caller.CancelAsync();

        var thrown = await Should.ThrowAsync<OperationCanceledException>(() => answer.WaitAsync(TimeSpan.FromSeconds(20)));
        thrown.CancellationToken.ShouldBe(caller.Token);
        _host.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var host = new AiHost($"http://127.0.0.1:{port}/v1");

        (await host.FailureAsync()).Failure.ShouldBe(ModelFailure.Unavailable);
    }
}
