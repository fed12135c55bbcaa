using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>A platform that remembers what it was told to show, and answers as a test says.</summary>
internal sealed class FakeDrafts(TimeProvider time) : IShowsDrafts
{
    private readonly ConcurrentQueue<Call> _calls = new();
    private int _sent;

    /// <summary>What a message of this platform holds.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>Answers a call; done unless a test says otherwise.</summary>
    public Func<Call, Task<DraftCall>> Answer { get; set; } = _ => Task.FromResult(DraftCall.Done());

    public IReadOnlyList<Call> Calls => [.. _calls];

    public IEnumerable<string> Texts => _calls.Where(c => c.Text is not null).Select(c => c.Text!);

    public PartBody? Render(string text) => string.IsNullOrWhiteSpace(text) ? null : new PartBody(text[..Math.Min(text.Length, Limit)]);

    public async Task<DraftCall> SendAsync(ConnectionSnapshot connection, AnswerDraft draft, PartBody body, CancellationToken cancellationToken)
    {
        var id = $"m{Interlocked.Increment(ref _sent)}";
        var answer = await CallAsync(new Call("send", draft, id, body.Body, time.GetUtcNow()));
        return answer.State == DraftCallState.Done ? DraftCall.Done(id) : answer;
    }

    public Task<DraftCall> EditAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, PartBody body, CancellationToken cancellationToken) =>
        CallAsync(new Call("edit", draft, messageId, body.Body, time.GetUtcNow()));

    public Task<DraftCall> DeleteAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, CancellationToken cancellationToken) =>
        CallAsync(new Call("delete", draft, messageId, null, time.GetUtcNow()));

    private Task<DraftCall> CallAsync(Call call)
    {
        _calls.Enqueue(call);
        return Answer(call);
    }

    public sealed record Call(string What, AnswerDraft Draft, string MessageId, string? Text, DateTimeOffset At);
}
