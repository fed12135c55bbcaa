using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using OpenAI;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>Our client against the provider's library, which is not shipped, but knows the protocol: both ask the same, and read the same in an answer.</summary>
#pragma warning disable CA1001 // xunit disposes of them through IAsyncLifetime.
public sealed class OpenAIAgreementTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Model = "some-model";

    private static readonly JsonElement Schema = JsonElement.Parse(
        """{"type":"object","properties":{"mood":{"type":"string","enum":["good","bad"]}},"required":["mood"],"additionalProperties":false}""");

    private static readonly Dictionary<string, (IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Prompts = new()
    {
        ["texts"] = ([new(ChatRole.System, "Be \"kind\".\n"), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello!"), new(ChatRole.User, "\t\\ <b>&amp;</b> 'x' \u2028 \0")], null),
        ["beyond ASCII"] = ([new(ChatRole.User, "Grüß Gott 😀 👩‍👩‍👧 日本語 \u0301")], null),
        ["half a character"] = ([new(ChatRole.User, "cut: \ud83d"), new(ChatRole.User, "\ude00 and \ud83d in the middle")], null),
        ["an empty text"] = ([new(ChatRole.User, "")], null),
        ["several texts"] = ([new(ChatRole.User, [new TextContent("One."), new TextContent("Two.")])], null),
        ["a picture"] = ([new(ChatRole.User, [new TextContent("What is it?"), new DataContent(new byte[] { 0x89, 0x50, 0x4e, 0x47, 0xfb, 0xff }, "image/png")])], null),
        ["a picture elsewhere"] = ([new(ChatRole.User, [new UriContent("https://example.org/a b.png?x=ä", "image/png")])], null),
        ["settings"] = ([new(ChatRole.User, "Hi")], new ChatOptions { Temperature = 0.7f, MaxOutputTokens = 123 }),
        ["no temperature"] = ([new(ChatRole.User, "Hi")], new ChatOptions { Temperature = 0 }),
        ["text"] = ([new(ChatRole.User, "Hi")], new ChatOptions { ResponseFormat = ChatResponseFormat.Text }),
        ["any JSON"] = ([new(ChatRole.User, "Hi")], new ChatOptions { ResponseFormat = ChatResponseFormat.Json }),
        ["a form"] = ([new(ChatRole.User, "Hi")], new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema, "mood", "How it sounds") }),
        ["a strict form"] = ([new(ChatRole.User, "Hi")], new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema, "mood"),
            AdditionalProperties = new() { ["strict"] = true },
        }),
    };

    private static readonly Dictionary<string, string> Answers = new()
    {
        ["plain"] = Whole("""{"role":"assistant","content":"Good day, 😀!"}"""),
        ["null"] = Whole("""{"role":"assistant","content":null}"""),
        ["empty"] = Whole("""{"role":"assistant","content":""}"""),
        ["refused"] = Whole("""{"role":"assistant","content":null,"refusal":"I can't help with that."}"""),
        ["too long"] = Whole("""{"role":"assistant","content":"Good"}""", "length"),
        ["filtered"] = Whole("""{"role":"assistant","content":""}""", "content_filter"),
        ["in search of a tool"] = Whole("""{"role":"assistant","content":"Good"}""", "tool_calls"),
        ["in parts"] = Whole("""{"role":"assistant","content":[{"type":"text","text":"Good "},{"type":"text","text":"day!"}]}"""),
        ["with more"] = Whole("""{"role":"assistant","content":"Good","annotations":[],"audio":null,"extra":{"x":[1]},"reasoning":null}""", more: """
            ,"system_fingerprint":null,"service_tier":"default","provider":"X","error":null,"prompt_logprobs":null,"kv_transfer_params":null
            """),
        ["without usage"] = Whole("""{"role":"assistant","content":"Good"}""", usage: null),
        ["usage in detail"] = Whole("""{"role":"assistant","content":"Good"}""", usage: """
            {"prompt_tokens":90,"completion_tokens":40,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}
            """),
        ["usage without details"] = Whole("""{"role":"assistant","content":"Good"}""", usage: """
            {"prompt_tokens":90,"completion_tokens":40,"total_tokens":130,"prompt_tokens_details":null,"completion_tokens_details":null}
            """),
    };

    private static readonly Dictionary<string, string> Streams = new()
    {
        ["plain"] = Begin + Piece("Good ") + Piece("day, 😀") + Piece("!") + End() + Usage + Done,
        ["ended by its finish"] = Begin + Piece("Good") + End() + Usage,
        ["too long"] = Begin + Piece("Good") + End("length") + Usage + Done,
        ["filtered"] = Begin + Piece("Good") + End("content_filter") + Usage + Done,
        ["usage with the end"] = Begin + Piece("Good") + Event(
            """{"id":"c-1","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""") + Done,
        ["without usage"] = Begin + Piece("Good") + End() + Done,
        ["empty choices first"] = Event("""{"id":"c-1","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","prompt_filter_results":[],"choices":[]}""") + Begin + Piece("Good") + End() + Usage + Done,
        ["with more"] = Begin + Chunk("""{"content":"Good","annotations":[],"extra":{"x":[1]}}""", more: ",\"system_fingerprint\":null,\"obfuscation\":\"xyz\",\"error\":null,\"usage\":null") + End() + Usage + Done,
        ["comments"] = ": PROCESSING\n\n" + Begin + ": ping\n\n" + Piece("Good") + ":\n" + Piece(" day") + End() + ": ping\n\n" + Usage + Done,
        ["CRLF"] = (Begin + Piece("Good") + End() + Usage + Done).ReplaceLineEndings("\r\n"),
        ["event names"] = "event: message\nid: 1\nretry: 100\n" + Begin + Piece("Good") + End() + Usage + Done,
        ["no space"] = (Begin + Piece("Good") + End() + Usage + Done).Replace("data: ", "data:", StringComparison.Ordinal),
        ["after the end"] = Begin + Piece("Good") + End() + Usage + Done + Piece(" and more"),
        ["broken off"] = Begin + Piece("Good"),
        ["broken off amid a piece"] = Begin + Piece("Good") + Piece(" day")[..^12],
        ["nothing"] = "",
    };

    private readonly HttpClient _http = new();
    private OpenAIStub _stub = null!;
    private OpenAIChatClient _ours = null!;
    private IChatClient _library = null!;

    public static TheoryData<string> PromptNames => [.. Prompts.Keys];

    public static TheoryData<string> AnswerNames => [.. Answers.Keys];

    public static TheoryData<string> StreamNames => [.. Streams.Keys];

    private static string Begin => Chunk("""{"role":"assistant","content":"","refusal":null}""");

    private static string Usage => Event(
        """{"id":"c-1","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}}""");

    private static string Done => "data: [DONE]\n\n";

    public async Task InitializeAsync()
    {
        _stub = await OpenAIStub.StartAsync();
        _ours = new OpenAIChatClient(new OpenAIProvider(new ProviderOptions { Endpoint = _stub.Endpoint, ApiKey = AiHost.Key }, _http, TimeProvider.System), Model);
        _library = new OpenAIClient(new ApiKeyCredential(AiHost.Key), new OpenAIClientOptions { Endpoint = new Uri(_stub.Endpoint), RetryPolicy = new ClientRetryPolicy(0) })
            .GetChatClient(Model).AsIChatClient();
    }

    public async Task DisposeAsync()
    {
        _ours.Dispose();
        _library.Dispose();
        _http.Dispose();
        await _stub.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(PromptNames))]
    public async Task Both_ask_the_same(string prompt)
    {
        var (messages, options) = Prompts[prompt];
        foreach (var client in new[] { _ours, _library })
        {
            await client.GetResponseAsync(messages, options);
            await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync();
        }

        var asked = _stub.Requests.ToArray();
        ShouldBeSame(asked[0], asked[2]);
        ShouldBeSame(asked[1], asked[3]);

        static void ShouldBeSame((JsonElement Body, string? Authorization) ours, (JsonElement Body, string? Authorization) library)
        {
            JsonElement.DeepEquals(ours.Body, library.Body).ShouldBeTrue($"ours: {ours.Body}\nthe library's: {library.Body}");
            ours.Authorization.ShouldBe(library.Authorization);
        }
    }

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public async Task Both_read_the_same_in_an_answer(string answer)
    {
        _stub.Always = OpenAIStub.Raw(Answers[answer]);

        var ours = Reading.Of(await _ours.GetResponseAsync(AiHost.Prompt()));

        ours.ShouldBe(Reading.Of(await _library.GetResponseAsync(AiHost.Prompt())));
    }

    [Theory]
    [MemberData(nameof(StreamNames))]
    public async Task Both_read_the_same_in_a_stream(string stream)
    {
        _stub.Always = OpenAIStub.Raw(Streams[stream], "text/event-stream");

        var ours = await _ours.GetStreamingResponseAsync(AiHost.Prompt()).ToListAsync();
        var library = await _library.GetStreamingResponseAsync(AiHost.Prompt()).ToListAsync();

        Reading.Of(ours.ToChatResponse()).ShouldBe(Reading.Of(library.ToChatResponse()));
        ours.Select(u => (u.Text, u.FinishReason, u.ModelId)).ShouldBe(library.Select(u => (u.Text, u.FinishReason, u.ModelId)));
    }

    /// <summary>The one difference: the library passes it over, and the answer would seem empty.</summary>
    [Fact]
    public async Task A_refusal_is_read_in_a_stream_as_in_a_whole_answer()
    {
        _stub.Always = OpenAIStub.Raw(Begin + Chunk("""{"refusal":"I "}""") + Chunk("""{"refusal":"can't."}""") + End() + Usage + Done, "text/event-stream");

        var ours = Reading.Of(await _ours.GetStreamingResponseAsync(AiHost.Prompt()).ToChatResponseAsync());
        var library = Reading.Of(await _library.GetStreamingResponseAsync(AiHost.Prompt()).ToChatResponseAsync());

        ours.Refusal.ShouldBe("Refusal: I Refusal: can't.");
        ours.ShouldBe(library with { Refusal = ours.Refusal });
    }

    /// <summary>As OpenRouter, vLLM and others say it, whose own status is sent before the model's is known.</summary>
    [Theory]
    [InlineData("""{"error":{"message":"Hello? overloaded","type":"server_error","code":null}}""", ModelFailure.Unavailable)]
    [InlineData("""{"error":{"message":"Hello?","code":502,"metadata":{}},"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""", ModelFailure.Unavailable)]
    [InlineData("""{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Half"},"delta":{"content":"Half"},"finish_reason":"error"}]}""", ModelFailure.Unavailable)]
    [InlineData("""{"id":"c","choices":[{"index":0,"message":{"content":"Half"},"error":{"code":429,"message":"Hello?"},"finish_reason":"stop"}]}""", ModelFailure.RateLimited)]
    [InlineData("""{"error":{"message":"Hello?","type":"insufficient_quota","code":"insufficient_quota"}}""", ModelFailure.RateLimited)]
    [InlineData("""{"error":{"message":"Wrong key: Hello?","type":"invalid_request_error","code":"invalid_api_key"}}""", ModelFailure.Unauthorized)]
    [InlineData("""{"error":{"message":"This model's maximum context length is 8192 tokens. Hello?","type":"BadRequestError","code":400}}""", ModelFailure.ContextTooLong)]
    [InlineData("""{"object":"error","message":"Hello?","type":"BadRequestError","code":400}""", ModelFailure.Rejected)]
    [InlineData("""{"error":"Hello?"}""", ModelFailure.Unavailable)]
    public async Task An_error_with_the_status_of_an_answer_is_none(string error, ModelFailure expected)
    {
        _stub.Always = OpenAIStub.Raw(error);
        var plain = await Should.ThrowAsync<ModelException>(() => _ours.GetResponseAsync(AiHost.Prompt()));
        var unstreamed = await Should.ThrowAsync<ModelException>(() => _ours.GetStreamingResponseAsync(AiHost.Prompt()).ToChatResponseAsync());
        _stub.Always = OpenAIStub.Raw($"data: {error}\n\ndata: [DONE]\n\n", "text/event-stream");
        var streamed = await Should.ThrowAsync<ModelException>(() => _ours.GetStreamingResponseAsync(AiHost.Prompt()).ToChatResponseAsync());

        (plain.Failure, unstreamed.Failure, streamed.Failure).ShouldBe((expected, expected, expected));
        string.Concat(plain, unstreamed, streamed).ShouldNotContain("Hello?");
    }

    private static string Whole(string message, string finish = "stop", string more = "", string? usage = """{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}""") =>
        $$"""{"id":"c-1","object":"chat.completion","created":1700000000,"model":"stub-model","choices":[{"index":0,"message":{{message}},"logprobs":null,"finish_reason":"{{finish}}"}]{{(usage is null ? "" : $",\"usage\":{usage}")}}{{more}}}""";

    private static string Event(string json) => $"data: {json}\n\n";

    private static string Chunk(string delta, string? finish = null, string more = "") => Event(
        $$"""{"id":"c-1","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}]{{more}}}""");

    private static string Piece(string text) => Chunk($$"""{"content":{{JsonSerializer.Serialize(text)}}}""");

    private static string End(string finish = "stop") => Chunk("{}", finish);

    /// <summary>What we use of an answer.</summary>
    private sealed record Reading(
        string Text, string Refusal, ChatRole Role, ChatFinishReason? Finish, string? Model, string? Id, string? MessageId, DateTimeOffset? Created,
        long? Input, long? Output, long? Total, long? Cached, long? Reasoning)
    {
        public static Reading Of(ChatResponse response) => new(
            response.Text,
            string.Concat(response.Messages.SelectMany(m => m.Contents).OfType<ErrorContent>().Select(e => $"{e.ErrorCode}: {e.Message}")),
            response.Messages.LastOrDefault()?.Role ?? default,
            response.FinishReason,
            response.ModelId,
            response.ResponseId,
            response.Messages.LastOrDefault()?.MessageId,
            response.CreatedAt,
            response.Usage?.InputTokenCount,
            response.Usage?.OutputTokenCount,
            response.Usage?.TotalTokenCount,
            response.Usage?.CachedInputTokenCount,
            response.Usage?.ReasoningTokenCount);
    }
}
