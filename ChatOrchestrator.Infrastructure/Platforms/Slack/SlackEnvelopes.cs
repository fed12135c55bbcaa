using System.Runtime.InteropServices;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Reads what a socket's envelopes hold: the same as the bodies of requests, as JSON.</summary>
internal static class SlackEnvelopes
{
    /// <summary>For which workspace's installation of the app it is; null: it does not say, or is for a whole organisation.</summary>
    public static string? TeamOf(SocketEnvelope envelope)
    {
        var payload = PayloadOf(envelope);
        try
        {
            return envelope.Type switch
            {
                "events_api" => SlackBody.TeamOf(payload),
                "interactive" => SlackEventReader.Deserialize(payload, SlackJson.Default.InteractionHead)?.Team?.Id,
                "slash_commands" => SlackEventReader.Deserialize(payload, SlackJson.Default.SlashCommand)?.TeamId,
                _ => null,
            };
        }
        catch (MalformedPayloadException)
        {
            // Whoever reads it will say so.
            return null;
        }
    }

    public static IReadOnlyList<InboundEvent> Read(SlackConnection connection, ConnectionId id, SocketEnvelope envelope, ILogger logger)
    {
        var payload = PayloadOf(envelope);
        try
        {
            return envelope.Type switch
            {
                "events_api" => SlackEventReader.Read(connection, payload),
                // Interactions and commands name their workspace otherwise than events do.
                "interactive" or "slash_commands" when connection.TeamId is { } own && TeamOf(envelope) is { } team && team != own =>
                    [SlackEventReader.Ignored(SlackBody.IdOf(payload), "other_workspace")],
                "interactive" => SlackInteractionReader.Read(connection, payload),
                "slash_commands" when SlackEventReader.Deserialize(payload, SlackJson.Default.SlashCommand) is { } command =>
                    [SlackCommandReader.Read(connection, command, payload)],
                _ => [SlackEventReader.Ignored(SlackBody.IdOf(payload), envelope.Type!)],
            };
        }
        catch (MalformedPayloadException)
        {
            SlackLog.UnreadableEnvelope(logger, id);
            return [SlackEventReader.Ignored(SlackBody.IdOf(payload), "unreadable")];
        }
    }

    private static ReadOnlySpan<byte> PayloadOf(SocketEnvelope envelope) =>
        envelope.Payload.ValueKind == JsonValueKind.Undefined ? default : JsonMarshal.GetRawUtf8Value(envelope.Payload);
}
