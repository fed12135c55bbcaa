using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Response URLs: five answers within half an hour. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses</summary>
internal sealed class SlackResponses(SlackNetwork network, SlackEvents events)
{
    private const int MaxUses = 5;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly BoundedMap<string, Ticket> _tickets = new(10_000);

    /// <summary>A new address. The caller holds the lock.</summary>
    /// <param name="origin">The message whose button was pressed.</param>
    public string Issue(SlackApp app, SlackChannel channel, string user, SlackMessage? origin)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _tickets.Set(id, new Ticket(app, channel, user, origin, network.Now));
        return $"{network.BaseUrl}/slack/response/{id}";
    }

    public async Task HandleAsync(HttpContext http, string id)
    {
        string body;
        using (var reader = new StreamReader(http.Request.Body))
        {
            body = await reader.ReadToEndAsync(http.RequestAborted);
        }

        string? error;
        lock (network.Sync)
        {
            error = !_tickets.TryGetValue(id, out var ticket) || network.Now - ticket.IssuedAt > Lifetime ? "expired_url"
                : ticket.Uses >= MaxUses ? "used_url"
                : Post(ticket, body);
        }

        network.Stats.Increment(error is null ? "slack.response" : $"slack.response.{error}");
        http.Response.StatusCode = error switch { null => 200, "expired_url" or "used_url" => 404, _ => 400 };
        http.Response.ContentType = error is null ? "text/plain" : "application/json";
        await http.Response.WriteAsync(error is null ? "ok" : $$"""{"ok":false,"error":"{{error}}"}""", http.RequestAborted);
    }

    /// <summary>Shows what a slash command was answered with at once: text, or a message as JSON.</summary>
    public void Show(SlackApp app, SlackChannel channel, string user, string answer)
    {
        lock (network.Sync)
        {
            Post(new Ticket(app, channel, user, null, network.Now), answer.StartsWith('{') ? answer : new JsonObject { ["text"] = answer }.ToJsonString());
        }
    }

    private string? Post(Ticket ticket, string body)
    {
        try
        {
            if (JsonNode.Parse(body) is not JsonObject message)
            {
                return "invalid_payload";
            }

            ticket.Uses++;
            var text = BlockRules.Text(message["text"]) ?? "";
            var blocks = BlockRules.Check(message["blocks"]?.DeepClone());
            if (message["delete_original"]?.GetValueKind() == JsonValueKind.True && ticket.Origin is { } gone)
            {
                ticket.Channel.Remove(gone);
                events.Deleted(ticket.Channel, gone);
                return null;
            }

            if (text.Length == 0 && blocks is null)
            {
                return "no_text";
            }

            if (message["replace_original"]?.GetValueKind() == JsonValueKind.True && ticket.Origin is { } origin)
            {
                var before = origin.ToJson(network, ticket.Channel);
                (origin.Text, origin.Blocks, origin.EditedTs) = (text, blocks, network.TakeTs());
                events.Edited(ticket.Channel, origin, before);
                return null;
            }

            var posted = new SlackMessage
            {
                Ts = network.TakeTs(),
                ThreadTs = BlockRules.Text(message["thread_ts"]) ?? ticket.Origin?.ThreadTs,
                User = ticket.App.BotUserId,
                App = ticket.App,
                Text = text,
                Blocks = blocks,
                IsPlain = message["mrkdwn"]?.GetValueKind() == JsonValueKind.False,
                OnlyFor = BlockRules.Text(message["response_type"]) == "in_channel" ? null : ticket.User,
            };
            ticket.Channel.Add(posted);
            if (posted.OnlyFor is null)
            {
                events.Posted(ticket.Channel, posted);
            }
            else
            {
                network.Show(ticket.App);
            }

            return null;
        }
        catch (JsonException)
        {
            return "invalid_payload";
        }
        catch (SlackApiException refusal)
        {
            return refusal.Message;
        }
    }

    private sealed class Ticket(SlackApp app, SlackChannel channel, string user, SlackMessage? origin, DateTimeOffset issuedAt)
    {
        public SlackApp App { get; } = app;

        public SlackChannel Channel { get; } = channel;

        public string User { get; } = user;

        public SlackMessage? Origin { get; } = origin;

        public DateTimeOffset IssuedAt { get; } = issuedAt;

        public int Uses { get; set; }
    }
}
