using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>
/// Messenger's <see href="https://developers.facebook.com/docs/messenger-platform/reference/send-api">Send API</see>, attachments,
/// profiles and the page's own nodes. A message that is taken is echoed, and delivered to the person at once.
/// </summary>
internal sealed class SendApi(MetaNetwork network, MessengerPeople people)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);
    private static readonly TimeSpan HumanAgentWindow = TimeSpan.FromDays(7);

    public JsonNode Call(GraphCall call)
    {
        MetaAccount page;
        JsonNode answer;
        string? person;
        lock (network.Sync)
        {
            page = network.PageOf(call.Token);
            if (page.IsRevoked)
            {
                throw new GraphException(401, 190, "Error validating access token: The session has been invalidated.", 460);
            }
            (answer, person) = (call.Method, call.Path) switch
            {
                ("POST", [_, "messages"]) => Message(page, call.Body),
                ("POST", [_, "message_attachments"]) => (Upload(call), null),
                ("POST" or "DELETE", [_, "subscribed_apps"]) => (Subscribe(page, call.Method == "POST"), null),
                ("GET", [_, "subscribed_apps"]) => (Subscriptions(page), null),
                ("GET", ["me"]) => (new JsonObject { ["id"] = page.Id, ["name"] = page.Name }, null),
                ("GET", [var id]) when id == page.Id => (new JsonObject { ["id"] = page.Id, ["name"] = page.Name }, null),
                ("GET", [var id]) => (Profile(page, id), null),
                _ => throw new GraphException(400, 100, "Unsupported request.", 33),
            };
        }
        if (person is not null)
        {
            network.Notify(MetaProduct.Messenger, person);
        }
        return answer;
    }

    private static JsonObject Subscribe(MetaAccount page, bool on)
    {
        page.IsSubscribed = on;
        return new JsonObject { ["success"] = true };
    }

    private static JsonObject Subscriptions(MetaAccount page) =>
        new() { ["data"] = page.IsSubscribed ? new JsonArray(new JsonObject { ["id"] = "simulator", ["subscribed_fields"] = new JsonArray("messages") }) : new JsonArray() };

    private (JsonNode Answer, string? Person) Message(MetaAccount page, JsonObject body)
    {
        var person = (body["recipient"] as JsonObject)?["id"]?.ToString() ?? throw GraphException.Invalid("Param recipient must be non-empty.");
        var thread = network.FindThread(page, person);
        if (thread?.LastInboundAt is not { } last)
        {
            throw new GraphException(400, 100, "(#100) No matching user found", 2018001);
        }
        if (thread.IsBlocked)
        {
            throw new GraphException(400, 551, "(#551) This person isn't available right now.", 1545041);
        }
        if (body["sender_action"]?.ToString() is { } action)
        {
            thread.TypingUntil = action switch { "typing_on" => network.Now.AddSeconds(20), "typing_off" => null, _ => thread.TypingUntil };
            if (action == "mark_seen")
            {
                foreach (var own in thread.Messages.Where(m => !m.FromBot))
                {
                    own.State = "read";
                }
            }
            return (new JsonObject { ["recipient_id"] = person }, person);
        }
        var message = body["message"] as JsonObject ?? throw GraphException.Invalid("Param message or sender_action is required.");
        var silence = network.Now - last;
        var mayWrite = silence <= Window || (body["messaging_type"]?.ToString() == "MESSAGE_TAG" && body["tag"]?.ToString() == "HUMAN_AGENT" && silence <= HumanAgentWindow);
        if (!mayWrite)
        {
            throw new GraphException(400, 10, "(#10) This message is sent outside of allowed window.", 2018278);
        }
        var (text, files, buttons) = MessengerMessage.Check(network, message);
        var shown = new MetaMessage(network.TakeMessageId(MetaProduct.Messenger), fromBot: true, network.Now)
        {
            Text = text,
            Content = (JsonObject)message.DeepClone(),
            Files = files,
            Buttons = buttons,
            Reference = message["metadata"]?.ToString(),
            State = "delivered",
        };
        thread.Add(shown);
        thread.TypingUntil = null;
        people.Echo(thread, shown);
        people.Deliver(thread, shown);
        return (new JsonObject { ["recipient_id"] = person, ["message_id"] = shown.Id }, person);
    }

    private JsonObject Upload(GraphCall call)
    {
        if (call.File is { } file)
        {
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return new JsonObject { ["attachment_id"] = network.Store(file.ContentType, bytes.ToArray(), file.FileName).Id };
        }
        var url = ((call.Body["message"] as JsonObject)?["attachment"] as JsonObject)?["payload"]?["url"]?.ToString();
        return Uri.TryCreate(url, UriKind.Absolute, out _)
            ? new JsonObject { ["attachment_id"] = network.Store("text/uri-list", System.Text.Encoding.UTF8.GetBytes(url), null).Id }
            : throw new GraphException(400, 100, "(#100) Failed to fetch the file from the url", 2018008);
    }

    private JsonObject Profile(MetaAccount page, string person)
    {
        var thread = network.FindThread(page, person) ?? throw new GraphException(400, 100, "Unsupported get request. Object does not exist.", 33);
        var names = thread.Name.Split(' ', 2);
        return new JsonObject { ["first_name"] = names[0], ["last_name"] = names.Length > 1 ? names[1] : "", ["profile_pic"] = $"{network.BaseUrl}/icon.svg", ["id"] = person };
    }
}
