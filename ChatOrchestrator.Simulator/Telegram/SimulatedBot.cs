using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>An update as it was when it came into being; it waits until the bot has confirmed it.</summary>
/// <param name="Id">Grows by one per bot.</param>
/// <param name="Lane">The chat (or the user of a callback), within which the order is kept.</param>
/// <param name="Json">The whole update object.</param>
/// <param name="CreatedAt">Unix seconds; kept for 24 hours.</param>
internal sealed record PendingUpdate(int Id, long Lane, RawJson Json, long CreatedAt);

/// <summary>One bot and its queue of updates. Guarded by <see cref="TelegramNetwork.Sync"/>.</summary>
internal sealed class SimulatedBot(long id, int firstUpdateId, int firstMessageId)
{
    /// <summary>The oldest updates beyond this are forgotten, as the real server forgets them after 24 hours.</summary>
    public const int MaxPending = 100_000;

    private static readonly string[] OnlyOnRequest = ["chat_member", "message_reaction", "message_reaction_count"];

    private const int KeptForRedelivery = 100;

    private readonly SortedDictionary<int, PendingUpdate> _pending = [];
    private readonly Queue<PendingUpdate> _delivered = new();
    private readonly List<PendingUpdate> _again = [];
    private int _nextUpdateId = firstUpdateId;

    public long Id { get; } = id;

    public string FirstName { get; set; } = $"Bot {id}";

    public string Username { get; set; } = $"sim{id}_bot";

    /// <summary>Off by default, as with @BotFather: in groups the bot then gets only what is meant for it.</summary>
    public bool CanReadAllGroupMessages { get; set; }

    /// <summary>The token was revoked: every call is answered 401.</summary>
    public bool IsRevoked { get; set; }

    public int NextMessageId { get; set; } = firstMessageId;

    /// <summary>What <c>setMyCommands</c> stored, by scope and language.</summary>
    public Dictionary<string, JsonNode> Commands { get; } = [];

    public WebhookDelivery? Webhook { get; set; }

    /// <summary>The waiting <c>getUpdates</c>: completed with the description of a conflict, or <see langword="null"/> for news.</summary>
    public TaskCompletionSource<string?>? Poll { get; set; }

    /// <summary><see langword="null"/>: every type but those that must be asked for.</summary>
    public IReadOnlyList<string>? AllowedUpdates { get; set; }

    /// <summary>Updates that are held back; null: none are.</summary>
    public List<PendingUpdate>? Held { get; set; }

    public int PendingCount => _pending.Count;

    public IEnumerable<PendingUpdate> Pending => _pending.Values;

    public User User => new(Id, true, FirstName) { Username = Username };

    public BotUser Me => new(Id, FirstName, Username, CanReadAllGroupMessages);

    public bool Wants(string updateType) => AllowedUpdates is { Count: > 0 } allowed
        ? allowed.Contains(updateType)
        : Array.IndexOf(OnlyOnRequest, updateType) < 0;

    public int TakeUpdateId() => _nextUpdateId++;

    public void Enqueue(PendingUpdate update)
    {
        if (Held is { } held)
        {
            held.Add(update);
            return;
        }

        if (_pending.Count == MaxPending)
        {
            _pending.Remove(_pending.First().Key);
        }

        _pending[update.Id] = update;
        if (Webhook is not null)
        {
            Webhook.Enqueue(update);
        }
        else
        {
            Poll?.TrySetResult(null);
        }
    }

    /// <summary>Lets go of what is held back. Who polls gets it by its ids all the same: <c>getUpdates</c> knows no other order.</summary>
    public void Release(bool reverse)
    {
        var held = Held ?? [];
        Held = null;
        if (reverse)
        {
            held.Reverse();
        }

        held.ForEach(Enqueue);
    }

    /// <summary>Delivers the last so many updates again, as after acknowledgements that got lost.</summary>
    /// <returns>How many these are.</returns>
    public int Redeliver(int last)
    {
        var again = _delivered.TakeLast(last).ToList();
        if (Webhook is { } webhook)
        {
            again.ForEach(webhook.Repeat);
        }
        else
        {
            _again.AddRange(again);
            Poll?.TrySetResult(null);
        }

        return again.Count;
    }

    public void Forget(int updateId)
    {
        if (_pending.Remove(updateId, out var update))
        {
            _delivered.Enqueue(update);
            if (_delivered.Count > KeptForRedelivery)
            {
                _delivered.Dequeue();
            }
        }
    }

    public void ForgetAll()
    {
        _pending.Clear();
        Webhook?.Clear();
    }

    /// <summary>
    /// <c>getUpdates</c>: a positive offset confirms everything before it; a negative one keeps only the last so many.
    /// </summary>
    public List<PendingUpdate> Read(int offset, int limit)
    {
        var first = offset >= 0 ? offset : (_pending.Count == 0 ? 0 : _pending.Last().Key + 1 + offset);
        while (_pending.Count > 0 && _pending.First().Key is var oldest && oldest < first)
        {
            Forget(oldest);
        }

        List<PendingUpdate> read = [.. _again.Concat(_pending.Values).Take(limit)];
        _again.Clear();
        return read;
    }

    /// <summary>Ends a waiting <c>getUpdates</c> with 409.</summary>
    public void AbortPoll(string reason)
    {
        Poll?.TrySetResult(reason);
        Poll = null;
    }
}
