using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>
/// WhatsApp's <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/reference">Cloud API</see>: messages, media and the
/// number's own node. A message that is taken gets its statuses <c>sent</c> and <c>delivered</c> at once, or <c>failed</c>.
/// </summary>
internal sealed class CloudApi(MetaNetwork network, WhatsAppPeople people, MetaWebhooks webhooks)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    public JsonNode Call(GraphCall call)
    {
        JsonNode answer;
        string? person = null;
        lock (network.Sync)
        {
            switch (call.Method, call.Path)
            {
                case ("POST", [var id, "messages"]):
                    (answer, person) = Message(NumberOf(id, call.Token), call.Body);
                    break;
                case ("POST", [var id, "media"]):
                    NumberOf(id, call.Token);
                    answer = Upload(call);
                    break;
                case ("GET", [var id]) when network.FindMedium(id) is { } medium:
                    answer = new JsonObject
                    {
                        ["messaging_product"] = "whatsapp",
                        ["url"] = network.UrlOf(medium),
                        ["mime_type"] = medium.MimeType,
                        ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(medium.Bytes)),
                        ["file_size"] = medium.Bytes.Length,
                        ["id"] = medium.Id,
                    };
                    break;
                case ("DELETE", [var id]) when network.RemoveMedium(id):
                    answer = new JsonObject { ["success"] = true };
                    break;
                case ("GET", [var id]) when call.Query.ContainsKey("fields") || network.FindAccount(MetaProduct.WhatsApp, id) is not null:
                    var number = NumberOf(id, call.Token);
                    answer = new JsonObject { ["display_phone_number"] = "+" + number.DisplayPhoneNumber, ["verified_name"] = number.Name, ["quality_rating"] = "GREEN", ["id"] = number.Id };
                    answer["webhook_configuration"] = number.Webhook is { } address ? new JsonObject { ["phone_number"] = address.AbsoluteUri } : new JsonObject();
                    break;
                case ("POST", [var id]) when call.Body["webhook_configuration"] is JsonObject configuration:
                    answer = Configure(NumberOf(id, call.Token), configuration);
                    break;
                default:
                    throw new GraphException(400, 100, "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation.", 33);
            }
        }
        if (person is not null)
        {
            network.Notify(MetaProduct.WhatsApp, person);
        }
        return answer;
    }

    private MetaAccount NumberOf(string id, string token)
    {
        if (id.Length is < 5 or > 20 || !id.All(char.IsAsciiDigit))
        {
            throw new GraphException(400, 100, $"Unsupported post request. Object with ID '{id}' does not exist.", 33);
        }
        var number = network.Account(MetaProduct.WhatsApp, id);
        number.Token ??= token;
        return number.Token != token || number.IsRevoked ? throw new GraphException(401, 190, "Invalid OAuth access token - Cannot parse access token") : number;
    }

    /// <summary>The address is checked before it is used; the answer does not wait for it here, the first webhook does.</summary>
    private JsonObject Configure(MetaAccount number, JsonObject configuration)
    {
        var address = configuration["override_callback_uri"]?.ToString() ?? "";
        if (address.Length == 0)
        {
            number.Webhook = null;
            return new JsonObject { ["success"] = true };
        }
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            throw GraphException.Invalid("override_callback_uri is not a URL");
        }
        var verifyToken = configuration["verify_token"]?.ToString() ?? throw GraphException.Invalid("verify_token is required");
        _ = Task.Run(async () =>
        {
            if (await webhooks.VerifyAsync(url, verifyToken, CancellationToken.None))
            {
                lock (network.Sync)
                {
                    number.Webhook = url;
                }
                network.Notify(MetaProduct.WhatsApp, null);
            }
        });
        return new JsonObject { ["success"] = true };
    }

    private (JsonNode Answer, string? Person) Message(MetaAccount number, JsonObject body)
    {
        if (body["messaging_product"]?.ToString() != "whatsapp")
        {
            throw GraphException.Invalid("The parameter messaging_product is required.");
        }
        if (body["status"]?.ToString() == "read")
        {
            return (new JsonObject { ["success"] = true }, people.MarkRead(number, body["message_id"]?.ToString() ?? "", body["typing_indicator"] is JsonObject));
        }
        var person = body["to"]?.ToString().TrimStart('+') ?? body["recipient"]?.ToString() ?? throw GraphException.Invalid("The parameter to is required.");
        var thread = network.Thread(number, person);
        if (body["recipient_type"]?.ToString() == "group" != thread.IsGroup)
        {
            throw new GraphException(400, 131009, "(#131009) Parameter value is not valid: recipient_type");
        }
        if (thread.IsGroup && body["type"]?.ToString() is not ("text" or "image" or "audio" or "video" or "document" or "sticker" or "template"))
        {
            throw new GraphException(400, 131051, "(#131051) Unsupported message type");
        }
        CheckPair(thread);
        var shown = WhatsAppMessage.Check(network, body);
        var message = new MetaMessage(network.TakeMessageId(MetaProduct.WhatsApp), fromBot: true, network.Now)
        {
            Text = shown.Text,
            Content = (JsonObject)body.DeepClone(),
            Files = shown.Files,
            Buttons = shown.Buttons,
            Reference = body["biz_opaque_callback_data"]?.ToString(),
        };
        thread.TypingUntil = null;
        var isOpen = thread.LastInboundAt is { } last && network.Now - last <= Window;
        // An accepted call is not a delivery: that the window is closed, only a status says.
        var failure = network.Faults.Take(number.Id, person, MetaFaultKind.FailLater)?.Code
            ?? (thread.IsBlocked ? 131026 : !isOpen && body["type"]?.ToString() != "template" ? 131047 : null as int?);
        if (failure is { } code)
        {
            message.State = "failed";
            people.Status(thread, message, code);
        }
        else
        {
            thread.Add(message);
            people.Status(thread, message);
            message.State = "delivered";
            people.Status(thread, message);
        }
        return (new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["contacts"] = new JsonArray(person.All(char.IsAsciiDigit)
                ? new JsonObject { ["input"] = body["to"]?.ToString(), ["wa_id"] = person }
                : new JsonObject { ["input"] = person, ["user_id"] = person }),
            ["messages"] = new JsonArray(new JsonObject { ["id"] = message.Id }),
        }, person);
    }

    private void CheckPair(MetaThread thread)
    {
        if (network.Settings.PairMessagesPerSixSeconds is not (> 0 and var most))
        {
            return;
        }
        while (thread.Recent.TryPeek(out var oldest) && network.Now - oldest >= TimeSpan.FromSeconds(6))
        {
            thread.Recent.Dequeue();
        }
        if (thread.Recent.Count >= most)
        {
            throw new GraphException(400, 131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit");
        }
        thread.Recent.Enqueue(network.Now);
    }

    private JsonObject Upload(GraphCall call)
    {
        var file = call.File ?? throw GraphException.Invalid("The parameter file is required.");
        if (file.Length > 100 << 20)
        {
            throw new GraphException(400, 131053, "(#131053) Media upload error");
        }
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return new JsonObject { ["id"] = network.Store(call.Body["type"]?.ToString() ?? file.ContentType, bytes.ToArray(), file.FileName).Id };
    }
}
