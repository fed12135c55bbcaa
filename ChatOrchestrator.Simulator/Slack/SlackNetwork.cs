using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Everything that the simulated workspace knows: apps, people, channels. All members are guarded by <see cref="Sync"/>.</summary>
internal sealed partial class SlackNetwork(TimeProvider time, SimulatorStats stats)
{
    public const string TeamId = "T0SIMULATED";
    public const int MaxApps = 1_000;

    private readonly SortedDictionary<string, SlackApp> _apps = new(StringComparer.Ordinal);
    private readonly BoundedMap<string, SlackUser> _users = new(50_000);
    private readonly BoundedMap<string, SlackChannel> _channels = new(20_000);
    private readonly BoundedMap<string, SlackFile> _files = new(1_000);
    private readonly Dictionary<string, Queue<DateTimeOffset>> _posted = [];
    private long _lastMicros;
    private long _nextId = 1;

    public Lock Sync { get; } = new();

    public SlackSettings Settings { get; set; } = new();

    public SlackFaults Faults { get; } = new();

    public SimulatorStats Stats => stats;

    /// <summary>Where clients reach this server, as the last of them did.</summary>
    public string BaseUrl { get; set; } = SimulatorHost.DefaultUrl;

    public DateTimeOffset Now => time.GetUtcNow();

    public IEnumerable<SlackApp> Apps => _apps.Values;

    public IEnumerable<SlackUser> Users => _users.Values;

    public IEnumerable<SlackChannel> Channels => _channels.Values;

    /// <summary>Raised when a channel's person may see something new; null: everybody may.</summary>
    public event Action<string?>? Changed;

    public void Show(SlackApp? app) => Changed?.Invoke(app?.Id);

    /// <summary>The app of a token: <c>xoxb-{app}-…</c> or <c>xapp-{app}-…</c> (<c>xapp-1-{app}-…</c> as the real ones); made known if it is new.</summary>
    public SlackApp? AppOf(string token, bool appLevel)
    {
        var match = (appLevel ? AppToken() : BotToken()).Match(token);
        return match.Success ? Connect(match.Groups[1].Value) : null;
    }

    public SlackApp? Connect(string key)
    {
        var id = "A" + Hash(key);
        if (!_apps.TryGetValue(id, out var app))
        {
            if (_apps.Count == MaxApps)
            {
                return null;
            }

            _apps[id] = app = new SlackApp(key, id);
            _users.Set(app.BotUserId, app.User);
            Show(null);
        }

        return app;
    }

    /// <summary>By its id, or by the word in its tokens.</summary>
    public SlackApp? FindApp(string id) => _apps.GetValueOrDefault(id) ?? _apps.Values.FirstOrDefault(a => a.Key == id);

    public SlackUser? FindUser(string id) => _users.TryGetValue(id, out var user) ? user : null;

    public void PutUser(SlackUser user) => _users.Set(user.Id, user);

    public SlackChannel? FindChannel(string? id) => id is not null && _channels.TryGetValue(id, out var channel) ? channel : null;

    public SlackChannel? FindChannelByName(string name) => _channels.Values.FirstOrDefault(c => !c.IsIm && c.Name == name.TrimStart('#'));

    public SlackChannel CreateChannel(string? id, string name)
    {
        var channel = new SlackChannel(id ?? "C" + Hash($"channel {name} {_nextId++}"), name);
        _channels.Set(channel.Id, channel);
        return channel;
    }

    /// <summary>The direct message of a bot and a person.</summary>
    public SlackChannel OpenIm(SlackApp app, string userId)
    {
        var id = "D" + Hash($"{app.Id} {userId}");
        if (FindChannel(id) is { } known)
        {
            return known;
        }

        var channel = new SlackChannel(id, "directmessage", userId);
        channel.Members.Add(userId);
        channel.Members.Add(app.BotUserId);
        _channels.Set(id, channel);
        return channel;
    }

    public SlackFile? FindFile(string id) => _files.TryGetValue(id, out var file) ? file : null;

    public SlackFile PutFile(string? id, string name, string mimeType, byte[] bytes, string user)
    {
        var file = new SlackFile(id ?? TakeFileId(), name, mimeType, bytes, user, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        _files.Set(file.Id, file);
        return file;
    }

    public string TakeFileId() => "F" + Hash($"file {_nextId++} {Now.Ticks}");

    public string TakeEventId() => "Ev" + Hash($"event {_nextId++} {Now.Ticks}");

    public string TakeTriggerId() => $"{_nextId++}.{Now.ToUnixTimeMilliseconds()}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    /// <summary>The time as a message's name: no two are the same.</summary>
    public string TakeTs()
    {
        _lastMicros = Math.Max(_lastMicros + 1, Now.ToUnixTimeMilliseconds() * 1_000);
        return string.Create(CultureInfo.InvariantCulture, $"{_lastMicros / 1_000_000}.{_lastMicros % 1_000_000:D6}");
    }

    /// <summary>Takes a place for one message; false: too many in this second.</summary>
    public bool TryPost(string channelId)
    {
        if (Settings.ChannelMessagesPerSecond == 0)
        {
            return true;
        }

        if (!_posted.TryGetValue(channelId, out var times))
        {
            _posted[channelId] = times = new Queue<DateTimeOffset>();
        }

        while (times.TryPeek(out var oldest) && Now - oldest >= TimeSpan.FromSeconds(1))
        {
            times.Dequeue();
        }

        if (times.Count >= Settings.ChannelMessagesPerSecond)
        {
            return false;
        }

        times.Enqueue(Now);
        return true;
    }

    public void Reset()
    {
        foreach (var socket in _apps.Values.SelectMany(a => a.Sockets))
        {
            socket.Abort();
        }

        _apps.Clear();
        _users.Clear();
        _channels.Clear();
        _files.Clear();
        _posted.Clear();
        Faults.Clear();
        Show(null);
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 5));

    [GeneratedRegex("^(?:xoxe\\.)?xox[bp]-([A-Za-z0-9]+)-[A-Za-z0-9-]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex BotToken();

    [GeneratedRegex("^xapp-(?:1-)?([A-Za-z0-9]+)-[A-Za-z0-9-]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AppToken();
}
