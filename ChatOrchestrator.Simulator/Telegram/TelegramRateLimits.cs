namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Telegram's flood limits as sliding windows. Guarded by <see cref="TelegramNetwork.Sync"/>.</summary>
/// <remarks>https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this</remarks>
internal sealed class TelegramRateLimits(TimeProvider time)
{
    private readonly BoundedMap<(long Bot, long Chat), Queue<long>> _windows = new(20_000);

    /// <summary>Counts one message or edit.</summary>
    /// <exception cref="BotApiException">429 with <c>retry_after</c>; nothing is counted then.</exception>
    public void Take(TelegramSettings settings, long botId, ChatInfo chat)
    {
        var (chatLimit, chatWindow) = chat.IsPrivate
            ? (settings.ChatMessagesPerSecond, TimeSpan.FromSeconds(1))
            : (settings.GroupMessagesPerMinute, TimeSpan.FromMinutes(1));
        var wait = Math.Max(
            Wait((botId, chat.Id), chatLimit, chatWindow),
            Wait((botId, 0), settings.BotMessagesPerSecond, TimeSpan.FromSeconds(1)));
        if (wait > 0)
        {
            throw BotApiException.TooManyRequests(wait);
        }

        Count((botId, chat.Id), chatLimit);
        Count((botId, 0), settings.BotMessagesPerSecond);
    }

    public void Clear() => _windows.Clear();

    private int Wait((long Bot, long Chat) key, int limit, TimeSpan window)
    {
        if (limit == 0 || !_windows.TryGetValue(key, out var sent))
        {
            return 0;
        }

        while (sent.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= window)
        {
            sent.Dequeue();
        }

        return sent.Count < limit ? 0 : Math.Max(1, (int)Math.Ceiling((window - time.GetElapsedTime(sent.Peek())).TotalSeconds));
    }

    private void Count((long Bot, long Chat) key, int limit)
    {
        if (limit == 0)
        {
            return;
        }

        if (!_windows.TryGetValue(key, out var sent))
        {
            _windows.Set(key, sent = new Queue<long>());
        }

        sent.Enqueue(time.GetTimestamp());
    }
}
