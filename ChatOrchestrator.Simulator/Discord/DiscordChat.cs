using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Discord's DMs on the chat page.</summary>
internal sealed class DiscordChat(DiscordNetwork network, DiscordPeople people, DiscordInteractions interactions) : IChatPlatform
{
    private const int Loading = 128;

    /// <summary>People's ids lie far from those of bots.</summary>
    private const long FirstPerson = 900_000_000_000_000_000;

    public string Name => "discord";

    public event Action<string?>? Changed
    {
        add => network.Changed += value;
        remove => network.Changed -= value;
    }

    public IReadOnlyList<ChatBot> Bots()
    {
        lock (network.Sync)
        {
            return [.. network.Bots.Select(b => new ChatBot(
                b.Id,
                b.User.Username,
                $"{(b.Sessions.Values.Any(s => s.IsConnected) ? "gateway" : "not connected")}, {(b.InteractionsUrl is null ? "interactions by gateway" : "interactions endpoint")}"))];
        }
    }

    public IReadOnlyList<ChatEntry> Messages(string botId, ChatPerson person)
    {
        lock (network.Sync)
        {
            if (network.FindBot(botId) is null)
            {
                return [];
            }
            var (channel, _) = people.Place(botId, IdOf(person), person.Name, null);
            var entries = channel.Messages.ConvertAll(Entry);
            if (channel.TypingUntil > network.Now)
            {
                entries.Add(new ChatEntry("typing", FromBot: true, ChatText.Plain("")) { At = network.Now, IsTyping = true });
            }
            return entries;
        }
    }

    public void Send(string botId, ChatPerson person, ChatInput input)
    {
        try
        {
            // A written slash command is one on Discord, if the application has it.
            if (input.Files.Count == 0 && input.Text.StartsWith('/') && TryCommand(botId, person, input.Text))
            {
                return;
            }
            people.Write(new PersonMessage(
                botId, IdOf(person), input.Text, person.Name, Files: [.. input.Files.Select(f => new PersonFile(f.Name, f.MimeType, Convert.ToBase64String(f.Bytes)))]));
        }
        catch (ControlException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    public void Press(string botId, ChatPerson person, string messageId, string buttonId)
    {
        try
        {
            var (channel, user) = people.Place(botId, IdOf(person), person.Name, null);
            var (_, message) = people.Find(channel.Id, messageId);
            // The page does not wait for the bot.
            _ = interactions.PressAsync(network.GetBot(botId), channel, user, message, buttonId);
        }
        catch (ControlException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    private bool TryCommand(string botId, ChatPerson person, string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var name = blank < 0 ? text[1..] : text[1..blank];
        lock (network.Sync)
        {
            var command = network.GetBot(botId).Commands.FirstOrDefault(c => c?["name"]?.ToString() == name);
            if (command is null)
            {
                return false;
            }
            var (channel, user) = people.Place(botId, IdOf(person), person.Name, null);
            var options = new Dictionary<string, JsonNode?>();
            if (command["options"] is JsonArray { Count: > 0 } declared && blank > 0)
            {
                options[declared[0]!["name"]!.ToString()] = text[(blank + 1)..];
            }
            _ = interactions.CommandAsync(network.GetBot(botId), channel, user, name, options);
            return true;
        }
    }

    private static string IdOf(ChatPerson person) => (FirstPerson + person.Id).ToString(CultureInfo.InvariantCulture);

    private static ChatEntry Entry(DiscordMessage message) => new(message.Id, message.Author.Bot, DiscordMarkup.Read(message.Content))
    {
        At = message.Timestamp,
        Edited = message.EditedTimestamp is not null,
        Reactions = message.Reactions.Count > 0 ? string.Concat(message.Reactions.Select(r => r.Emoji).Distinct()) : null,
        IsTyping = (message.Flags & Loading) != 0,
        Media =
        [
            .. message.Embeds.Where(e => e?["image"]?["url"] is not null).Select(e => new ChatMedia("image", e!["image"]!["url"]!.ToString(), e["description"]?.ToString())),
            .. message.Attachments.Select(a => new ChatMedia(KindOf(a!["content_type"]?.ToString() ?? ""), a["url"]!.ToString(), a["filename"]?.ToString())),
        ],
        Buttons = [.. message.Components.Select(row => row!["components"]!.AsArray().Select(b =>
            new ChatButton(b!["custom_id"]?.ToString() ?? b["label"]!.ToString(), b["label"]!.ToString(), b["url"]?.ToString())).ToArray())],
    };

    private static string KindOf(string contentType) => contentType.Split('/')[0] is var kind && kind is "image" or "audio" or "video" ? kind : "document";
}
