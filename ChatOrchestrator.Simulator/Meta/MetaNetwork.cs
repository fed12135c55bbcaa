using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>Everything that the simulated Messenger and WhatsApp know. All members are guarded by <see cref="Sync"/>.</summary>
internal sealed class MetaNetwork(TimeProvider time, IOptions<MetaSettings> settings)
{
    private const int MaxAccounts = 1000;
    private const int MaxThreads = 20_000;

    private readonly Dictionary<(MetaProduct, string), MetaAccount> _accounts = [];
    private readonly BoundedMap<(MetaProduct, string, string), MetaThread> _threads = new(MaxThreads);
    private readonly BoundedMap<string, MetaMedium> _media = new(200);
    private long _nextId = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    public Lock Sync { get; } = new();

    public MetaSettings Settings { get; } = settings.Value;

    public MetaFaults Faults { get; } = new();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Where the bots reach this server.</summary>
    public string BaseUrl { get; set; } = SimulatorHost.DefaultUrl;

    public IEnumerable<MetaAccount> Accounts => _accounts.Values.OrderBy(a => a.Id, StringComparer.Ordinal);

    /// <summary>Raised outside the lock when something can be seen that could not be before.</summary>
    public event Action<MetaProduct, string?>? Changed;

    public void Notify(MetaProduct product, string? person) => Changed?.Invoke(product, person);

    public MetaAccount Account(MetaProduct product, string id)
    {
        if (!_accounts.TryGetValue((product, id), out var account))
        {
            if (_accounts.Count == MaxAccounts)
            {
                throw new GraphException(400, 4, "(#4) Application request limit reached");
            }
            _accounts[(product, id)] = account = new MetaAccount(product, id) { AppSecret = Settings.AppSecret };
        }
        return account;
    }

    public MetaAccount? FindAccount(MetaProduct product, string id) => _accounts.GetValueOrDefault((product, id));

    /// <summary>The page of a token; a new token is a new page, so that a bot needs no registration here.</summary>
    public MetaAccount PageOf(string token)
    {
        var known = _accounts.Values.FirstOrDefault(a => a.Product == MetaProduct.Messenger && a.Token == token);
        if (known is null)
        {
            var number = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(token))) % 900_000_000_000;
            known = Account(MetaProduct.Messenger, FormattableString.Invariant($"{100_000_000_000 + number}"));
            known.Token = token;
        }
        return known;
    }

    public MetaThread? FindThread(MetaAccount account, string person) => _threads.TryGetValue((account.Product, account.Id, person), out var thread) ? thread : null;

    public IEnumerable<MetaThread> ThreadsOf(MetaAccount account) => _threads.Values.Where(t => t.Account == account);

    public MetaThread Thread(MetaAccount account, string person)
    {
        if (FindThread(account, person) is { } known)
        {
            return known;
        }
        var thread = new MetaThread(account, person);
        _threads.Set((account.Product, account.Id, person), thread);
        return thread;
    }

    public MetaMedium Store(string mimeType, byte[] bytes, string? name)
    {
        var medium = new MetaMedium(FormattableString.Invariant($"{1_000_000_000_000_000 + _nextId++}"), mimeType, bytes, name);
        _media.Set(medium.Id, medium);
        return medium;
    }

    public MetaMedium? FindMedium(string id) => _media.TryGetValue(id, out var medium) ? medium : null;

    public bool RemoveMedium(string id) => _media.Remove(id);

    public string UrlOf(MetaMedium medium) => $"{BaseUrl}/simulator/meta/media/{medium.Id}/{Uri.EscapeDataString(medium.Name ?? medium.Kind)}";

    /// <summary>A message id of the product's form.</summary>
    public string TakeMessageId(MetaProduct product)
    {
        Span<byte> bytes = stackalloc byte[36];
        RandomNumberGenerator.Fill(bytes);
        BitConverter.TryWriteBytes(bytes, _nextId++);
        return product == MetaProduct.Messenger ? "m_" + Base64Url.EncodeToString(bytes) : "wamid." + Convert.ToBase64String(bytes);
    }

    public void Reset()
    {
        _accounts.Clear();
        _threads.Clear();
        _media.Clear();
        Faults.Clear();
    }
}
