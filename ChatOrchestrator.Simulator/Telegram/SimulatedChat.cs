namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>
/// One chat: a private chat belongs to one bot and one person, a group or supergroup is shared. Guarded by
/// <see cref="TelegramNetwork.Sync"/>.
/// </summary>
internal sealed class SimulatedChat(ChatInfo info, int firstMessageId)
{
    /// <summary>The oldest messages beyond this are forgotten.</summary>
    public const int MaxMessages = 1000;

    private readonly SortedList<int, Message> _messages = [];
    private readonly Dictionary<(int MessageId, long UserId), string> _reactions = [];
    private int _nextMessageId = firstMessageId;

    public ChatInfo Info { get; set; } = info;

    /// <summary>The bots in a group; not used in a private chat.</summary>
    public HashSet<long> Bots { get; } = [];

    public HashSet<long> KickedBots { get; } = [];

    public HashSet<int> Topics { get; } = [];

    /// <summary>The person of a private chat has blocked the bot.</summary>
    public bool IsBlocked { get; set; }

    public long? MigratedTo { get; set; }

    /// <summary>Set when anything in the chat changes; completes the waits of <c>GET …/messages?wait_ms=</c>.</summary>
    public TaskCompletionSource Changed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IEnumerable<Message> Messages => _messages.Values;

    public int TakeMessageId() => _nextMessageId++;

    public Message? Find(int messageId) => _messages.GetValueOrDefault(messageId);

    public void Put(Message message)
    {
        if (_messages.Count == MaxMessages && !_messages.ContainsKey(message.MessageId))
        {
            _messages.RemoveAt(0);
        }

        _messages[message.MessageId] = message;
        SignalChange();
    }

    /// <summary>Changes somebody's reaction to a message; an empty emoji takes it back.</summary>
    /// <returns>What it was before, or nothing.</returns>
    public string React(int messageId, long userId, string emoji)
    {
        var before = _reactions.GetValueOrDefault((messageId, userId), "");
        if (emoji.Length == 0)
        {
            _reactions.Remove((messageId, userId));
        }
        else if (_reactions.Count < MaxMessages || before.Length > 0)
        {
            _reactions[(messageId, userId)] = emoji;
        }

        SignalChange();
        return before;
    }

    public IEnumerable<string> ReactionsTo(int messageId) => _reactions.Where(r => r.Key.MessageId == messageId).Select(static r => r.Value);

    public bool Delete(int messageId)
    {
        var deleted = _messages.Remove(messageId);
        SignalChange();
        return deleted;
    }

    public void Clear()
    {
        _messages.Clear();
        _reactions.Clear();
        SignalChange();
    }

    private void SignalChange()
    {
        Changed.TrySetResult();
        Changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
