using System.Threading.Channels;
using ChatOrchestrator.Tests.EndToEnd;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>Questions from many chats at a steady rate. Each is posted until it is acknowledged, as platforms do, the chat's next one only then.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly Ledger _ledger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Question>[] _waiting;
    private readonly Task _running;

    public Load(Cluster cluster, Ledger ledger, IReadOnlyList<long> chats, double perSecond)
    {
        (_cluster, _ledger) = (cluster, ledger);
        _waiting = [.. chats.Select(_ => Channel.CreateUnbounded<Question>())];
        _running = Task.WhenAll(_waiting.Select(PostAsync).Append(AskAsync(chats, perSecond)));
    }

    /// <summary>Asks no more; returns when everything is acknowledged.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task AskAsync(IReadOnlyList<long> chats, double perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / perSecond));
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(_stop.Token); i++)
            {
                var chat = i % chats.Count;
                _waiting[chat].Writer.TryWrite(new Question(chats[chat], i / chats.Count));
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var chat in _waiting)
            {
                chat.Writer.Complete();
            }
        }
    }

    private async Task PostAsync(Channel<Question> questions)
    {
        await foreach (var question in questions.Reader.ReadAllAsync())
        {
            _ledger.Ask(question);
            await _cluster.DeliverAsync(new Update(question.Chat, question.Number));
            _ledger.Acknowledge(question);
        }
    }
}
