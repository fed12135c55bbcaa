using System.Text;
using BenchmarkDotNet.Attributes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.MicroBenchmarks;

/// <summary>What needs no store.</summary>
public class TextBenchmarks
{
    private readonly ConnectionSnapshot _connection = Samples.Connection();
    private readonly TelegramAdapter _telegram = Samples.Telegram();
    private readonly ITokenCounter _counter = new TiktokenCounter();
    private readonly string _answer = Samples.LongAnswer();
    private readonly LaneMessage[] _history = [.. Enumerable.Range(1, 30).Select(Message)];
    private readonly LaneMessage[] _pending = [Message(31)];

    private readonly byte[] _update = Encoding.UTF8.GetBytes($$$"""
        {"update_id":912345601,"message":{"message_id":1201,"from":{"id":5012345678,"is_bot":false,"first_name":"Robin","last_name":"Example",
        "username":"robin_example","language_code":"en"},"chat":{"id":5012345678,"first_name":"Robin","last_name":"Example","username":"robin_example",
        "type":"private"},"date":1760000001,"text":"{{{Samples.Question}}}"}}
        """);

    [Benchmark(Description = "Telegram webhook: verify and read")]
    public int VerifyAndRead()
    {
        var request = new WebhookRequest(_update, static _ => Samples.WebhookSecret);
        return _telegram.Authenticate(_connection, request) ? _telegram.Read(_connection, request.Body).Count : throw new InvalidOperationException("It is authentic.");
    }

    [Benchmark(Description = "Prompt of 30 earlier messages")]
    public IList<ChatMessage> Compose() => ComposePrompt.Compose(_connection.Bot, false, _history, _pending, _counter, 8_000);

    [Benchmark(Description = "The same, over its token budget")]
    public IList<ChatMessage> ComposeTight() => ComposePrompt.Compose(_connection.Bot, false, _history, _pending, _counter, 500);

    [Benchmark(Description = "Splitting 12,000 characters of Markdown")]
    public int Split() => _telegram.Split(_answer).Count;

    private static LaneMessage Message(int n) => new(
        n, Guid.CreateVersion7(), n % 2 == 1 ? MessageAuthor.Participant : MessageAuthor.Bot, MessageKind.Text, $"{Samples.Question} ({n})", n % 2 == 1 ? null : n - 1,
        null, DateTimeOffset.UnixEpoch, null);
}
