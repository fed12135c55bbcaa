using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// Reads a body of the <see href="https://docs.slack.dev/apis/events-api/">Events API</see>. A message is known by its channel and
/// <c>ts</c>, whatever event tells of it: <c>app_mention</c> and <c>message</c> tell of the same one. Everything else is
/// known by its <c>event_id</c>, which a retry repeats.
/// </summary>
internal static class SlackEventReader
{
    private const int LongestId = 64;

    /// <exception cref="MalformedPayloadException">Not a JSON object of Slack's.</exception>
    public static IReadOnlyList<InboundEvent> Read(SlackConnection connection, ReadOnlySpan<byte> body)
    {
        var head = Deserialize(body, SlackJson.Default.EventHeadWrapper) ?? throw new MalformedPayloadException("The body is not an event of Slack's.");
        switch (head.Type)
        {
            case null or "":
                throw new MalformedPayloadException("The body has no type.");
            case "url_verification":
                return [];
            case "event_callback" when head.Event?.Type is { Length: > 0 }:
                break;
            case "event_callback":
                throw new MalformedPayloadException("The body has no event.");
            default:
                return [Ignored(SlackBody.IdOf(body), head.Type)];
        }
        var id = head.EventId is { Length: > 0 and <= LongestId } given ? given : SlackBody.IdOf(body);
        if (!IsForUs(connection, head))
        {
            return [Ignored(id, "other_workspace")];
        }
        try
        {
            return [ReadEvent(connection, head, id, body)];
        }
        catch (MalformedPayloadException)
        {
            // Signed by Slack, of a known kind, and yet not as documented: sent again it would be the same.
            return [Ignored(id, "unreadable")];
        }
    }

    /// <summary>The challenge of <c>url_verification</c>; null: it is something else.</summary>
    public static string? Challenge(ReadOnlySpan<byte> body)
    {
        if (!SlackBody.IsJson(body))
        {
            return null;
        }
        try
        {
            return Deserialize(body, SlackJson.Default.EventHeadWrapper) is { Type: "url_verification", Challenge: { Length: > 0 } challenge } ? challenge : null;
        }
        catch (MalformedPayloadException)
        {
            return null;
        }
    }

    public static IgnoredEvent Ignored(string id, string type) => new() { PlatformId = id, Type = type.Length <= LongestId ? type : type[..LongestId] };

    /// <exception cref="MalformedPayloadException">It is not the JSON that is expected.</exception>
    public static T? Deserialize<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // Without the exception: it can quote the body.
            throw new MalformedPayloadException("The body is not what Slack sends.");
        }
    }

    /// <summary>
    /// An app that is installed in several workspaces gets the events of all of them at one address; one with another
    /// workspace's token is not for this connection. https://docs.slack.dev/apis/events-api/#authorizations
    /// </summary>
    private static bool IsForUs(SlackConnection connection, EventWrapper head) =>
        connection.TeamId is not { } team || head.Authorizations is not { Length: > 0 } all
        || Array.Exists(all, a => a is null || a.IsEnterpriseInstall || a.TeamId is null || a.TeamId == team);

    private static InboundEvent ReadEvent(SlackConnection connection, EventWrapper<EventHead> head, string id, ReadOnlySpan<byte> body)
    {
        switch (head.Event!.Type)
        {
            case "message":
            case "app_mention":
                return Deserialize(body, SlackJson.Default.MessageWrapper)?.Event is { } message
                    ? new SlackMessageReader(connection, head).Read(id, message, isMention: head.Event.Type == "app_mention")
                    : throw new MalformedPayloadException("There is no message.");
            case "reaction_added" or "reaction_removed":
                return Deserialize(body, SlackJson.Default.ReactionWrapper)?.Event is
                { Reaction: { Length: > 0 } reaction, Item: { Type: "message" or null, Channel: { Length: > 0 } channel, Ts: { Length: > 0 } ts } }
                    ? new InboundReaction
                    {
                        PlatformId = id,
                        Chat = new(channel),
                        ReactedPlatformId = SlackMessageReader.KeyOf(channel, ts),
                        Reaction = reaction,
                        InAnyThread = true,
                        Removed = head.Event.Type == "reaction_removed",
                    }
                    : Ignored(id, head.Event.Type);
            case "member_joined_channel" or "member_left_channel":
                return Deserialize(body, SlackJson.Default.MembershipWrapper)?.Event is { User: { Length: > 0 } user, Channel: { Length: > 0 } room }
                    ? new MembershipChanged { PlatformId = id, Chat = new(room), UserId = user, Joined = head.Event.Type == "member_joined_channel" }
                    : throw new MalformedPayloadException("Nobody joined or left.");
            default:
                return Ignored(id, head.Event.Type!);
        }
    }
}
