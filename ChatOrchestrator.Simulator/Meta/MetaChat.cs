using System.Globalization;
using ChatOrchestrator.Simulator.Chat;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>Messenger on the chat page.</summary>
internal sealed class MessengerChat(MetaNetwork network, MessengerPeople people) : MetaChat(network, MetaProduct.Messenger)
{
    public override string Name => "messenger";

    protected override string PersonOf(ChatPerson person) => person.Id.ToString("D16", CultureInfo.InvariantCulture);

    protected override ChatText TextOf(MetaMessage message) => ChatText.Plain(message.Text);

    protected override void Write(MetaThread thread, string text, IReadOnlyList<MetaMedium> files) => people.Write(thread, text, files);

    protected override void PressButton(MetaThread thread, string messageId, string buttonId) => people.Press(thread, messageId, buttonId);
}

/// <summary>WhatsApp on the chat page.</summary>
internal sealed class WhatsAppChat(MetaNetwork network, WhatsAppPeople people) : MetaChat(network, MetaProduct.WhatsApp)
{
    public override string Name => "whatsapp";

    /// <summary>A number that nobody has: 1 555 is not given out.</summary>
    protected override string PersonOf(ChatPerson person) => "1555" + person.Id.ToString("D7", CultureInfo.InvariantCulture);

    protected override ChatText TextOf(MetaMessage message) => message.FromBot ? WhatsAppText.Read(message.Text) : ChatText.Plain(message.Text);

    protected override void Write(MetaThread thread, string text, IReadOnlyList<MetaMedium> files) => people.Write(thread, text, files);

    protected override void PressButton(MetaThread thread, string messageId, string buttonId) => people.Press(thread, messageId, buttonId);
}

/// <summary>What both show alike.</summary>
internal abstract class MetaChat : IChatPlatform
{
    private readonly MetaNetwork _network;
    private readonly MetaProduct _product;

    protected MetaChat(MetaNetwork network, MetaProduct product)
    {
        (_network, _product) = (network, product);
        network.Changed += (of, person) =>
        {
            if (of == product)
            {
                Changed?.Invoke(null);
            }
        };
    }

    public event Action<string?>? Changed;

    public abstract string Name { get; }

    public IReadOnlyList<ChatBot> Bots()
    {
        lock (_network.Sync)
        {
            return [.. _network.Accounts.Where(a => a.Product == _product).Select(a => new ChatBot(a.Id, a.Name, a.Webhook is null ? "no webhook" : "webhook"))];
        }
    }

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (_network.Sync)
        {
            if (_network.FindAccount(_product, botId) is not { } account || _network.FindThread(account, PersonOf(person)) is not { } thread)
            {
                return [];
            }
            var entries = thread.Messages.Select(Entry).ToList();
            if (thread.TypingUntil > _network.Now)
            {
                entries.Add(new ChatEntry("typing", FromBot: true, ChatText.Plain("")) { At = _network.Now, IsTyping = true });
            }
            return entries;
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input) => Act(botId, person, thread =>
        Write(thread, input.Text, [.. input.Files.Select(f => _network.Store(f.MimeType, f.Bytes, f.Name))]));

    public void Press(string botId, ChatPerson person, string messageId, string buttonId) => Act(botId, person, thread => PressButton(thread, messageId, buttonId));

    protected abstract string PersonOf(ChatPerson person);

    protected abstract ChatText TextOf(MetaMessage message);

    protected abstract void Write(MetaThread thread, string text, IReadOnlyList<MetaMedium> files);

    protected abstract void PressButton(MetaThread thread, string messageId, string buttonId);

    private void Act(string botId, ChatPerson person, Action<MetaThread> act)
    {
        try
        {
            lock (_network.Sync)
            {
                var account = _network.FindAccount(_product, botId) ?? throw new ControlException("The bot is unknown: it has made no call yet.");
                var thread = _network.Thread(account, PersonOf(person));
                thread.Name = person.Name;
                act(thread);
            }
        }
        catch (ControlException refusal)
        {
            throw new ArgumentException(refusal.Message, refusal);
        }
        _network.Notify(_product, PersonOf(person));
    }

    private ChatEntry Entry(MetaMessage message) => new(message.Id, message.FromBot, TextOf(message))
    {
        At = message.At,
        Media = [.. message.Files.Select(f => new ChatMedia(f.Kind, f.Url, f.Name))],
        Buttons = [.. message.Buttons.Select(b => (IReadOnlyList<ChatButton>)[new ChatButton(b.Id, b.Title, b.Url)])],
        Edited = message.IsEdited,
        State = message.FromBot ? null : message.State == "read" ? "read" : "sent",
    };
}
