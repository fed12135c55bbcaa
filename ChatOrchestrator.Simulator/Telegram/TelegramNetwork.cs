using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Everything that the simulated Telegram knows: bots, people, chats. All members are guarded by <see cref="Sync"/>.</summary>
/// <remarks>
/// Update and message ids start at a number derived from the clock, so that a bot whose store outlives the simulator never
/// takes a new message for a redelivered one.
/// </remarks>
internal sealed class TelegramNetwork(TimeProvider time, TelegramFeed feed, SimulatorStats stats)
{
    public const int MaxBots = 1000;
    public const int MaxUsers = 50_000;
    public const int MaxChats = 20_000;

    // 14 November 2023: keeps the first ids well inside 32 bits for decades.
    private const long IdEpoch = 1_700_000_000;

    private readonly SortedDictionary<long, SimulatedBot> _bots = [];
    private readonly BoundedMap<long, User> _users = new(MaxUsers);
    private readonly BoundedMap<(long Bot, long Chat), SimulatedChat> _chats = new(MaxChats);
    private readonly BoundedMap<string, JsonObject?> _callbacks = new(10_000);
    private int _nextGroup = 1;
    private long _nextCallback = 1;

    public Lock Sync { get; } = new();

    public TelegramSettings Settings { get; set; } = new();

    public TelegramRateLimits RateLimits { get; } = new(time);

    public TelegramFaults Faults { get; } = new();

    public TelegramFileStore Files { get; } = new();

    public TelegramFeed Feed => feed;

    public SimulatorStats Stats => stats;

    public IEnumerable<SimulatedBot> Bots => _bots.Values;

    public IEnumerable<User> Users => _users.Values;

    public IEnumerable<SimulatedChat> Groups => _chats.Values.Where(static chat => !chat.Info.IsPrivate);

    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    private int FirstId => (int)Math.Clamp(Now - IdEpoch, 1, int.MaxValue / 2);

    /// <summary>The bot of this id, made known if it is new.</summary>
    /// <exception cref="BotApiException">429 when <see cref="MaxBots"/> are known.</exception>
    public SimulatedBot ConnectBot(long id)
    {
        if (_bots.TryGetValue(id, out var bot))
        {
            return bot;
        }

        if (_bots.Count == MaxBots)
        {
            throw BotApiException.TooManyRequests(60);
        }

        bot = new SimulatedBot(id, FirstId, FirstId);
        _bots[id] = bot;
        feed.Publish(new FeedEvent("bots", null, null, bot.Me));
        return bot;
    }

    public SimulatedBot? FindBot(long id) => _bots.GetValueOrDefault(id);

    public User? FindUser(long id) => _users.TryGetValue(id, out var user) ? user : null;

    public void PutUser(User user) => _users.Set(user.Id, user);

    /// <summary>The chat as this bot knows it: its private chat with a person, or a group.</summary>
    public SimulatedChat? FindChat(long botId, long chatId) =>
        _chats.TryGetValue((chatId > 0 ? botId : 0, chatId), out var chat) ? chat : null;

    /// <summary>The private chat of a bot and a person, opened if they have none.</summary>
    public SimulatedChat OpenPrivateChat(SimulatedBot bot, User user)
    {
        var info = new ChatInfo(user.Id, "private") { FirstName = user.FirstName, LastName = user.LastName, Username = user.Username };
        if (_chats.TryGetValue((bot.Id, user.Id), out var chat))
        {
            chat.Info = info;
            return chat;
        }

        chat = new SimulatedChat(info, 0);
        _chats.Set((bot.Id, user.Id), chat);
        return chat;
    }

    /// <summary>A group, or a supergroup with its <c>-100…</c> id.</summary>
    public SimulatedChat CreateGroup(long? id, string type, string title, bool isForum)
    {
        var chatId = id ?? (type == "group" ? -(FirstId + _nextGroup++) : -1_000_000_000_000 - (FirstId + _nextGroup++));
        var chat = new SimulatedChat(new ChatInfo(chatId, type) { Title = title, IsForum = isForum ? true : null }, 1);
        _chats.Set((0, chatId), chat);
        return chat;
    }

    /// <summary>The next message id: of the bot in private chats, of the chat in groups.</summary>
    public static int TakeMessageId(SimulatedBot? bot, SimulatedChat chat) =>
        chat.Info.IsPrivate ? bot!.NextMessageId++ : chat.TakeMessageId();

    /// <summary>Queues an update for the bot.</summary>
    /// <returns>The update's id, or <see langword="null"/> if the bot did not ask for this type.</returns>
    public int? PushUpdate(SimulatedBot bot, string type, long lane, object content)
    {
        if (!bot.Wants(type))
        {
            return null;
        }

        var id = bot.TakeUpdateId();
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = SimulatorJson.Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("update_id", id);
            writer.WritePropertyName(type);
            JsonSerializer.Serialize(writer, content, content.GetType(), SimulatorJson.Options);
            writer.WriteEndObject();
        }

        stats.Increment("telegram.updates");
        bot.Enqueue(new PendingUpdate(id, lane, new RawJson(buffer.WrittenMemory), Now));
        return id;
    }

    /// <summary>Shows the message to whoever watches the chat.</summary>
    public void Show(string type, SimulatedBot? bot, SimulatedChat chat, object data) =>
        feed.Publish(new FeedEvent(type, chat.Info.IsPrivate ? bot?.Id : null, chat.Info.Id, data));

    /// <summary>The id that the messages of an album share.</summary>
    public string TakeMediaGroupId() => ((FirstId * 1_000_000L) + _nextCallback++).ToString(CultureInfo.InvariantCulture);

    public string TakeCallbackId()
    {
        var id = ((FirstId * 1_000_000L) + _nextCallback++).ToString(CultureInfo.InvariantCulture);
        _callbacks.Set(id, null);
        return id;
    }

    /// <summary>The bot's answer to a button press; <see langword="null"/> while there is none.</summary>
    /// <returns>Whether the press is known.</returns>
    public bool TryGetCallback(string id, out JsonObject? answer) => _callbacks.TryGetValue(id, out answer);

    public void AnswerCallback(string id, JsonObject answer) => _callbacks.Set(id, answer);

    public void Reset()
    {
        foreach (var bot in _bots.Values)
        {
            bot.AbortPoll("terminated by other getUpdates request; make sure that only one bot instance is running");
            bot.Webhook?.Stop();
        }

        _bots.Clear();
        _users.Clear();
        _chats.Clear();
        _callbacks.Clear();
        RateLimits.Clear();
        Faults.Clear();
        Files.Clear();
        feed.Publish(new FeedEvent("clear", null, null, null));
    }
}
