using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>The OpenAI-compatible model.</summary>
public sealed class OpenAiSimulatorTests
{
    [Fact]
    public async Task An_answer_is_deterministic_and_mentions_the_question()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var first = await ChatAsync(simulator, "Where is Ulm?");
        var second = await ChatAsync(simulator, "Where is Ulm?");
        Content(first.Body).ShouldContain("Where is Ulm?");
        Content(second.Body).ShouldBe(Content(first.Body));
        var usage = first.Body["usage"]!;
        usage["total_tokens"]!.GetValue<int>().ShouldBe(usage["prompt_tokens"]!.GetValue<int>() + usage["completion_tokens"]!.GetValue<int>());
        Content((await ChatAsync(simulator, "a long answer")).Body).Length.ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public async Task A_stream_carries_the_same_text_and_the_usage()
    {
        await using var simulator = await SimulatorInstance.StartAsync(null, "--Simulator:OpenAi:ChunkDelayMs=0");
        var plain = Content((await ChatAsync(simulator, "markdown")).Body);
        var lines = await StreamAsync(simulator, "markdown");
        lines[^1].ShouldBe("[DONE]");
        var chunks = lines[..^1].Select(static line => JsonNode.Parse(line)!).ToList();
        string.Concat(chunks.Select(Delta)).ShouldBe(plain);
        chunks[^1]["choices"]!.AsArray().ShouldBeEmpty();
        chunks[^1]["usage"]!["completion_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
        chunks[^2]["choices"]![0]!["finish_reason"]!.GetValue<string>().ShouldBe("stop");
    }

    [Fact]
    public async Task A_broken_stream_breaks_after_the_chunks_that_were_asked_for()
    {
        await using var simulator = await SimulatorInstance.StartAsync(null, "--Simulator:OpenAi:ChunkDelayMs=0");
        await simulator.ControlAsync(HttpMethod.Post, "openai/faults", new { kind = "broken_stream", after_chunks = 2 });
        var seen = new List<string>();
        await Should.ThrowAsync<Exception>(() => StreamAsync(simulator, "markdown", seen));
        seen.Count(static line => JsonNode.Parse(line) is { } chunk && Delta(chunk).Length > 0).ShouldBeLessThanOrEqualTo(2);
        seen.ShouldNotContain("[DONE]");
        (await StreamAsync(simulator, "markdown"))[^1].ShouldBe("[DONE]");
    }

    [Theory]
    [InlineData("!429 retry_after=6", 429, "rate_limit_exceeded")]
    [InlineData("!quota", 429, "insufficient_quota")]
    [InlineData("!503", 503, null)]
    [InlineData("!401", 401, "invalid_api_key")]
    public async Task A_magic_word_brings_its_fault(string text, int status, string? code)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var (actual, body, headers) = await ChatAsync(simulator, text);
        ((int)actual).ShouldBe(status);
        body["error"]!["code"]?.GetValue<string>().ShouldBe(code);
        body["error"]!.AsObject().Select(static member => member.Key).ShouldBe(["message", "type", "param", "code"]);
        if (text.Contains("retry_after", StringComparison.Ordinal))
        {
            headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(6));
        }
    }

    [Fact]
    public async Task A_fault_can_come_by_header_and_end_after_some_times()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        foreach (var expected in new[] { 500, 500, 200 })
        {
            ((int)(await ChatAsync(simulator, "hi", "500 times=2")).Status).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task A_key_is_required_only_when_configured()
    {
        await using var simulator = await SimulatorInstance.StartAsync(null, "--Simulator:OpenAi:ApiKey=sk-right");
        (await ChatAsync(simulator, "hi")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        simulator.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk-right");
        (await ChatAsync(simulator, "hi")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_small_context_is_exceeded()
    {
        await using var simulator = await SimulatorInstance.StartAsync(null, "--Simulator:OpenAi:ContextTokens=30");
        var (status, body, _) = await ChatAsync(simulator, new string('x', 400));
        status.ShouldBe(HttpStatusCode.BadRequest);
        body["error"]!["code"]!.GetValue<string>().ShouldBe("context_length_exceeded");
        (await ChatAsync(simulator, "short")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_prompt_can_be_looked_at()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await ChatAsync(simulator, "remember me");
        var requests = (await simulator.ControlAsync(HttpMethod.Get, "openai/requests"))!.AsArray();
        requests[0]!["messages"]![0]!["text"]!.GetValue<string>().ShouldBe("remember me");
    }

    [Theory]
    [InlineData("all is well", false)]
    [InlineData("this is !violence indeed", true)]
    public async Task Moderation_flags_what_names_a_category(string input, bool flagged)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var response = await simulator.Http.PostAsJsonAsync("/v1/moderations", new { input });
        var result = (await response.Content.ReadFromJsonAsync<JsonObject>())!["results"]![0]!;
        result["flagged"]!.GetValue<bool>().ShouldBe(flagged);
        result["categories"]!["violence"]!.GetValue<bool>().ShouldBe(flagged);
    }

    [Fact]
    public async Task Rich_answers_are_asked_for_by_a_word()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var buttons = AnswerBlocks.Read(Content((await ChatAsync(simulator, "Buttons, please")).Body));
        buttons.OfType<ButtonsBlock>().Single().Buttons.ShouldBe([new("Yes", "yes", null), new("No", "no", null), new("Maybe", "Maybe", null)]);
        foreach (var (word, kind) in new[] { ("picture", AttachmentKind.Image), ("recording", AttachmentKind.Audio), ("document", AttachmentKind.Document) })
        {
            var media = AnswerBlocks.Read(Content((await ChatAsync(simulator, $"Show me a {word}")).Body)).OfType<MediaBlock>().Single();
            media.Kind.ShouldBe(kind);
            (await simulator.Http.GetByteArrayAsync(media.Url)).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task Pictures_are_described_by_type_and_size()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var picture = await simulator.Http.GetByteArrayAsync("/simulator/media/picture.png");
        var answer = await AskAsync($"data:image/png;base64,{Convert.ToBase64String(picture)}");
        Content(answer).ShouldContain(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"`image/png`, {picture.Length:N0} bytes"));
        Content(answer).ShouldContain("You wrote: What is this?");
        (await AskAsync("data:image/png;base64,***"))["error"]!["code"]!.GetValue<string>().ShouldBe("invalid_image_url");

        async Task<JsonObject> AskAsync(string url)
        {
            using var response = await simulator.Http.PostAsJsonAsync("/v1/chat/completions", new
            {
                model = "simulated",
                messages = new[] { new { role = "user", content = new object[] { new { type = "text", text = "What is this?" }, new { type = "image_url", image_url = new { url } } } } },
            });
            return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        }
    }

    [Fact]
    public async Task Speech_is_transcribed_the_same_for_the_same_file()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var recording = await simulator.Http.GetByteArrayAsync("/simulator/media/recording.wav");
        var first = await TranscribeAsync(recording);
        first.ShouldStartWith($"This is what was said in voice.wav, {recording.Length} bytes");
        (await TranscribeAsync(recording)).ShouldBe(first);
        recording[^1]++;
        (await TranscribeAsync(recording)).ShouldNotBe(first);
        using var nothing = await simulator.Http.PostAsync("/v1/audio/transcriptions", new MultipartFormDataContent { { new StringContent("whisper-1"), "model" } });
        nothing.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        async Task<string> TranscribeAsync(byte[] file)
        {
            using var form = new MultipartFormDataContent { { new StringContent("whisper-1"), "model" }, { new ByteArrayContent(file), "file", "voice.wav" } };
            using var response = await simulator.Http.PostAsync("/v1/audio/transcriptions", form);
            return (await response.Content.ReadFromJsonAsync<JsonObject>())!["text"]!.GetValue<string>();
        }
    }

    private static string Content(JsonObject body) => body["choices"]![0]!["message"]!["content"]!.GetValue<string>();

    private static string Delta(JsonNode chunk) => chunk["choices"]!.AsArray() is [{ } choice] ? choice["delta"]!["content"]?.GetValue<string>() ?? "" : "";

    private static HttpRequestMessage Request(string text, bool stream, string? fault) => new(HttpMethod.Post, "/v1/chat/completions")
    {
        Headers = { { "X-Simulator-Fault", fault ?? "" } },
        Content = JsonContent.Create(new { model = "simulated", stream, stream_options = new { include_usage = true }, messages = new[] { new { role = "user", content = text } } }),
    };

    private static async Task<(HttpStatusCode Status, JsonObject Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> ChatAsync(
        SimulatorInstance simulator, string text, string? fault = null)
    {
        using var request = Request(text, stream: false, fault);
        var response = await simulator.Http.SendAsync(request);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>())!, response.Headers);
    }

    private static async Task<List<string>> StreamAsync(SimulatorInstance simulator, string text, List<string>? into = null)
    {
        var lines = into ?? [];
        using var request = Request(text, stream: true, null);
        using var response = await simulator.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                lines.Add(line[6..]);
            }
        }

        return lines;
    }
}
