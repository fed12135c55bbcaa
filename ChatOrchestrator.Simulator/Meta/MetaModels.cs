using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

internal enum MetaProduct
{
    Messenger,
    WhatsApp,
}

/// <summary>A page or a business number. Guarded by <see cref="MetaNetwork.Sync"/>.</summary>
internal sealed class MetaAccount(MetaProduct product, string id)
{
    public MetaProduct Product { get; } = product;

    /// <summary>The page's id, or the number's <c>phone_number_id</c>.</summary>
    public string Id { get; } = id;

    public string Name { get; set; } = product == MetaProduct.Messenger ? $"Page {id}" : $"Number {id}";

    public string? Token { get; set; }

    public string AppSecret { get; set; } = "";

    public Uri? Webhook { get; set; }

    /// <summary>The app is told of the page's messages.</summary>
    public bool IsSubscribed { get; set; }

    /// <summary>Its token is refused.</summary>
    public bool IsRevoked { get; set; }

    public string DisplayPhoneNumber => "1555" + Id.PadLeft(7, '0')[^7..];
}

/// <summary>What one person and one account have said to each other. Guarded by <see cref="MetaNetwork.Sync"/>.</summary>
internal sealed class MetaThread(MetaAccount account, string person)
{
    private const int MaxMessages = 1000;
    private readonly List<MetaMessage> _messages = [];

    public MetaAccount Account { get; } = account;

    /// <summary>The page-scoped id, the phone number, the business-scoped id, or a group's id.</summary>
    public string Person { get; } = person;

    /// <summary>Of a group: who has the word. Null: it is a chat with one person.</summary>
    public string? Speaker { get; set; }

    public bool IsGroup => Speaker is not null;

    public string Name { get; set; } = "Somebody";

    public bool IsBlocked { get; set; }

    public DateTimeOffset? LastInboundAt { get; set; }

    public DateTimeOffset? TypingUntil { get; set; }

    public Queue<DateTimeOffset> Recent { get; } = new();

    public IReadOnlyList<MetaMessage> Messages => _messages;

    public void Add(MetaMessage message)
    {
        if (_messages.Count == MaxMessages)
        {
            _messages.RemoveAt(0);
        }
        _messages.Add(message);
    }

    public MetaMessage Find(string id) => _messages.Find(m => m.Id == id) ?? throw new ControlException("There is no such message.");
}

/// <summary>One message. What the bot sent is kept as it came, in <see cref="Content"/>.</summary>
internal sealed class MetaMessage(string id, bool fromBot, DateTimeOffset at)
{
    public string Id { get; } = id;

    public bool FromBot { get; } = fromBot;

    public DateTimeOffset At { get; } = at;

    public string Text { get; set; } = "";

    /// <summary>The bot's message object.</summary>
    public JsonObject? Content { get; init; }

    public IReadOnlyList<MetaFile> Files { get; init; } = [];

    public IReadOnlyList<MetaButton> Buttons { get; init; } = [];

    /// <summary>What it was sent with and comes back in echoes and statuses.</summary>
    public string? Reference { get; init; }

    /// <summary><c>sent</c>, <c>delivered</c>, <c>read</c> or <c>failed</c>.</summary>
    public string State { get; set; } = "sent";

    public bool IsEdited { get; set; }
}

/// <param name="Kind"><c>image</c>, <c>audio</c>, <c>video</c> or <c>document</c>.</param>
internal sealed record MetaFile(string Kind, string Url, string? Name = null);

/// <param name="IsReply">A quick reply or row: pressing it writes its title.</param>
internal sealed record MetaButton(string Id, string Title, string? Url = null, bool IsReply = false);

/// <summary>A stored file.</summary>
internal sealed record MetaMedium(string Id, string MimeType, byte[] Bytes, string? Name)
{
    public string Kind => MimeType.Split('/')[0] switch { "image" => "image", "audio" => "audio", "video" => "video", _ => "document" };
}
