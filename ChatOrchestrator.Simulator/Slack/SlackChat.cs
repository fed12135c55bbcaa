using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>The workspace as the chat page shows it: a person's direct message with each app.</summary>
internal sealed class SlackChat : IChatPlatform
{
    private readonly SlackNetwork _network;
    private readonly SlackPeople _people;

    public SlackChat(SlackNetwork network, SlackPeople people)
    {
        (_network, _people) = (network, people);
        network.Changed += app => Changed?.Invoke(app);
    }

    public event Action<string?>? Changed;

    public string Name => "slack";

    public IReadOnlyList<ChatBot> Bots()
    {
        lock (_network.Sync)
        {
            return [.. _network.Apps.Select(a => new ChatBot(a.Id, a.Name, a.RequestUrl is not null ? "Events API" : a.Whole.Sockets.Count > 0 ? "Socket Mode" : "not connected"))];
        }
    }

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (_network.Sync)
        {
            return _network.FindApp(botId) is not { } app ? []
                : [.. _network.OpenIm(app, UserOf(person)).Messages.Where(m => m.OnlyFor is null || m.OnlyFor == UserOf(person)).Select(EntryOf)];
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input) => Act(() =>
    {
        // What begins with a slash is a command to the app, and no message.
        if (input is { Text: ['/', _, ..], Files.Count: 0 })
        {
            var words = input.Text.Split(' ', 2);
            _people.Command(new SlackCommand { App = botId, UserId = UserOf(person), Name = person.Name, Command = words[0], Text = words.Length > 1 ? words[1] : "" });
            return;
        }

        _people.Send(new SlackSend
        {
            App = botId,
            UserId = UserOf(person),
            Name = person.Name,
            Text = Escape(input.Text),
            Files = [.. input.Files.Select(f => new SlackUpload(f.Name, Convert.ToBase64String(f.Bytes), f.MimeType))],
        });
    });

    public void Press(string botId, ChatPerson person, string messageId, string buttonId) => Act(() =>
        _people.Press(new SlackOnMessage { App = botId, UserId = UserOf(person), Name = person.Name, Ts = messageId, ActionId = buttonId }));

    private static void Act(Action act)
    {
        try
        {
            act();
        }
        catch (SlackControlException refusal)
        {
            throw new ArgumentException(refusal.Message, refusal);
        }
    }

    private static string UserOf(ChatPerson person) => $"U{person.Id}";

    /// <summary>What the app does with what is typed.</summary>
    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private ChatEntry EntryOf(SlackMessage message)
    {
        List<ChatMedia> media = [.. message.Files.Select(f => new ChatMedia(KindOf(f.MimeType), $"/slack/files/{f.Id}/{Uri.EscapeDataString(f.Name)}?key={f.Key}", f.Name))];
        var text = message.Blocks is null ? message.Text : "";
        foreach (var block in message.Blocks?.OfType<JsonObject>() ?? [])
        {
            switch (BlockRules.Text(block["type"]))
            {
                case "section":
                    text += (text.Length == 0 ? "" : "\n") + BlockRules.Text(block["text"]?["text"]);
                    break;
                case "image" when BlockRules.Text(block["image_url"]) is { } url:
                    media.Add(new ChatMedia("image", url, BlockRules.Text(block["alt_text"])));
                    break;
            }
        }

        return new ChatEntry(message.Ts, message.App is not null, message.IsPlain ? ChatText.Plain(SlackMarkup.Unescape(text)) : SlackMarkup.Read(text, NameOf))
        {
            At = DateTimeOffset.FromUnixTimeSeconds(long.Parse(message.Ts.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture)),
            Media = media,
            Buttons = [.. SlackPeople.Buttons(message).GroupBy(b => b.Block).Select(row => (IReadOnlyList<ChatButton>)[.. row.Select(b =>
                new ChatButton(BlockRules.Text(b.Element["action_id"]) ?? "", BlockRules.Text(b.Element["text"]?["text"]) ?? "", BlockRules.Text(b.Element["url"])))])],
            Edited = message.EditedTs is not null,
            Reactions = message.Reactions.Count > 0 ? string.Join(' ', message.Reactions.Keys.Select(r => $":{r}:")) : null,
            Author = message.OnlyFor is null ? null : "Only visible to you",
        };
    }

    private string NameOf(string userId) => _network.FindUser(userId)?.RealName ?? userId;

    private static string KindOf(string mimeType) => mimeType.Split('/')[0] is "image" or "audio" or "video" ? mimeType.Split('/')[0] : "document";
}
