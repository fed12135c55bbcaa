using System.Text;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>How far an answer in the making has come.</summary>
internal enum StreamPhase
{
    /// <summary>More of it is shown as it comes.</summary>
    Growing,

    /// <summary>The answer is about to be delivered: what is shown stays as it is until it becomes the final text.</summary>
    Taken,

    /// <summary>What is shown is the final text.</summary>
    Settled,

    /// <summary>What is shown is to be deleted.</summary>
    Withdrawn,
}

/// <summary>One answer in the making: what there is of it, and what is shown.</summary>
internal sealed class StreamedAnswer(ConnectionSnapshot connection, AnswerDraft draft, DateTimeOffset startedAt)
{
    /// <summary>More than fits a first message anywhere.</summary>
    private const int MaxText = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _touchedAt = startedAt;
    private bool _hasNews;

    public ConnectionSnapshot Connection { get; } = connection;

    public AnswerDraft Draft { get; } = draft;

    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>What shows it, to its end.</summary>
    public Task Run { get; set; } = Task.CompletedTask;

    public StreamPhase Phase { get; private set; }

    /// <summary>It was withdrawn while it was being made: more of it may come yet.</summary>
    public bool MayGrow { get; private set; }

    /// <summary>The message that shows it; null: none yet.</summary>
    public string? MessageId { get; private set; }

    public PartBody? Shown { get; private set; }

    /// <summary>The message cannot become the final text: it is gone, or a call that went astray may still change it.</summary>
    public bool IsSpoiled { get; private set; }

    /// <summary>Ends when no call that shows something is under way, nor will be.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Ends with the next change that matters to whoever shows it. To be read before the state is looked at.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    public bool HasNews
    {
        get
        {
            lock (_lock)
            {
                return _hasNews;
            }
        }
    }

    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _text.Length;
            }
        }
    }

    /// <param name="enough">With so many characters the first message is sent at once.</param>
    public void Append(string text, int enough, DateTimeOffset now)
    {
        lock (_lock)
        {
            _touchedAt = now;
            if (Phase != StreamPhase.Growing || _text.Length >= MaxText)
            {
                return;
            }
            var before = _text.Length;
            _text.Append(text);
            if (!_hasNews || (before < enough && _text.Length >= enough))
            {
                _hasNews = true;
                Signal();
            }
        }
    }

    /// <summary>All there is by now.</summary>
    public string Read()
    {
        lock (_lock)
        {
            _hasNews = false;
            return _text.ToString();
        }
    }

    /// <summary>What was read could not be shown yet.</summary>
    public void PutBack()
    {
        lock (_lock)
        {
            _hasNews = true;
        }
    }

    public void Show(string? messageId, PartBody body)
    {
        lock (_lock)
        {
            MessageId ??= messageId;
            Shown = body;
        }
    }

    public void Spoil() => IsSpoiled = true;

    public void Stop() => _stopped.TrySetResult();

    /// <summary>Nothing more is shown, the final text comes.</summary>
    /// <returns>Whether there may be a message to put it into.</returns>
    public bool Take(DateTimeOffset now)
    {
        lock (_lock)
        {
            _touchedAt = now;
            if (Phase == StreamPhase.Growing)
            {
                Phase = StreamPhase.Taken;
                Signal();
            }
            return Phase == StreamPhase.Taken;
        }
    }

    public void Settle() => MoveTo(StreamPhase.Settled);

    public void Withdraw() => MoveTo(StreamPhase.Withdrawn);

    /// <summary>Withdraws it when nobody has cared for it for so long; otherwise says how long that still takes.</summary>
    public TimeSpan WithdrawAfter(TimeSpan idle, DateTimeOffset now)
    {
        lock (_lock)
        {
            var rest = _touchedAt + idle - now;
            if (rest <= TimeSpan.Zero && Phase is StreamPhase.Growing or StreamPhase.Taken)
            {
                MayGrow = Phase == StreamPhase.Growing;
                Phase = StreamPhase.Withdrawn;
                Signal();
            }
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    private void MoveTo(StreamPhase end)
    {
        lock (_lock)
        {
            if (Phase is StreamPhase.Growing or StreamPhase.Taken)
            {
                MayGrow = Phase == StreamPhase.Growing;
                Phase = end;
                Signal();
            }
        }
    }

    private void Signal()
    {
        var before = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }
}
