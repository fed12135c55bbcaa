using System.Collections.Concurrent;
using System.Globalization;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>A platform of one bot and one chat, for tests of what the chat page makes of it.</summary>
internal sealed class FakeChatPlatform(string name, params string[] bots) : IChatPlatform
{
    private readonly Lock _sync = new();
    private readonly List<ChatEntry> _entries = [];
    private int _lastId;

    public event Action<string?>? Changed;

    public string Name => name;

    public ConcurrentQueue<(string BotId, ChatPerson Person, ChatInput Input)> Sent { get; } = [];

    public ConcurrentQueue<(string MessageId, string ButtonId)> Pressed { get; } = [];

    /// <summary>What the bot answers to a text; null: nothing.</summary>
    public Func<ChatInput, ChatEntry?> Answer { get; set; } = static _ => null;

    public IReadOnlyList<ChatBot> Bots() => [.. bots.Select(static (bot, i) => new ChatBot($"{i + 1}", bot, "webhook"))];

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (_sync)
        {
            return botId == "1" ? [.. _entries] : [];
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input)
    {
        if (input.Text == "impossible")
        {
            throw new ArgumentException("That cannot be said here.");
        }

        Sent.Enqueue((botId, person, input));
        Put(new ChatEntry(NextId(), false, ChatText.Plain(input.Text)) { State = "sent" });
        if (Answer(input) is { } answer)
        {
            Put(answer);
        }
    }

    public void Press(string botId, ChatPerson person, string messageId, string buttonId) => Pressed.Enqueue((messageId, buttonId));

    /// <summary>A message of the bot.</summary>
    public ChatEntry Say(string text, params ChatEntity[] entities) => new(NextId(), true, new ChatText(text, entities));

    /// <summary>Adds a message, or puts it in the place of the one with its id.</summary>
    public void Put(ChatEntry entry)
    {
        lock (_sync)
        {
            var dated = entry.At == default ? entry with { At = new DateTimeOffset(2026, 5, 4, 12, 30, 0, TimeSpan.Zero) } : entry;
            var at = _entries.FindIndex(other => other.Id == entry.Id);
            if (at < 0)
            {
                _entries.Add(dated);
            }
            else
            {
                _entries[at] = dated;
            }
        }

        Changed?.Invoke("1");
    }

    public void Remove(string id)
    {
        lock (_sync)
        {
            _entries.RemoveAll(entry => entry.Id == id);
        }

        Changed?.Invoke("1");
    }

    private string NextId() => Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
}
