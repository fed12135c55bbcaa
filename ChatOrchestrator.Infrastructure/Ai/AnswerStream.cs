using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>The updates of a stream, without those that hold nothing.</summary>
internal sealed class AnswerStream(IAsyncEnumerator<ChatResponseUpdate> updates) : IAsyncDisposable
{
    private AnswerInspection _inspection;

    public ChatResponseUpdate Current => updates.Current;

    /// <exception cref="ModelException">The stream ended and was no answer.</exception>
    public async ValueTask<bool> MoveNextAsync()
    {
        while (await updates.MoveNextAsync())
        {
            if (_inspection.Take(updates.Current))
            {
                return true;
            }
        }
        _inspection.CheckEnd();
        return false;
    }

    public ValueTask DisposeAsync() => updates.DisposeAsync();
}
