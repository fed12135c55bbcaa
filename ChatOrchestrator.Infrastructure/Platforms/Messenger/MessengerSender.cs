using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>Sends parts with the <see href="https://developers.facebook.com/docs/messenger-platform/reference/send-api">Send API</see>, within its window.</summary>
internal sealed partial class MessengerSender(GraphApi graph, TimeProvider time, ILogger logger)
{
    /// <summary>The <see href="https://developers.facebook.com/docs/messenger-platform/policy/policy-overview#standard_messaging">standard messaging window</see>.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>How long a person of the page may write under the <see href="https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags">HUMAN_AGENT</see> tag.</summary>
    public static readonly TimeSpan HumanAgentWindow = TimeSpan.FromDays(7);

    private const string Path = "me/messages";

    /// <summary>Sends once; again, as a text, only where Messenger refused to fetch the file.</summary>
    public async Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Secret(MessengerSettings.PageAccessToken) is not { } token)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        if (TagOf(part) is not { } tag)
        {
            return new DeliveryOutcome.Failed(MetaRefusal.WindowClosed, FailureScope.Part);
        }
        try
        {
            var answer = await graph.PostAsync(Path, token, Json(part, tag, part.Text, part.Format), cancellationToken);
            if (!answer.IsSuccess && part is { Format: not null, PlainText: { } plain } && MetaRefusal.OutcomeOf(answer, part) is DeliveryOutcome.Failed { Reason: MetaRefusal.MediaRefused })
            {
                SentAsText(part.MessageId, part.Ordinal);
                answer = await graph.PostAsync(Path, token, Json(part, tag, plain, null), cancellationToken);
            }
            return !answer.IsSuccess ? MetaRefusal.OutcomeOf(answer, part)
                : IdOf(answer) is { } id ? new DeliveryOutcome.Delivered(id)
                : new DeliveryOutcome.Unknown("unreadable_answer");
        }
        catch (PlatformCallException failure)
        {
            return failure.OutcomeFor(part);
        }
    }

    /// <summary>Marks the chat as seen and shows that the bot types, <see href="https://developers.facebook.com/docs/messenger-platform/send-messages/sender-actions">for up to 20 seconds</see>.</summary>
    public async Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        if (connection.Secret(MessengerSettings.PageAccessToken) is not { } token)
        {
            return;
        }
        try
        {
            foreach (var action in (string[])["mark_seen", "typing_on"])
            {
                await graph.PostAsync(Path, token, GraphApi.Json(json =>
                {
                    WriteRecipient(json, chat);
                    json.WriteString("sender_action", action);
                }), cancellationToken);
            }
        }
        catch (Exception e) when (e is PlatformCallException or OperationCanceledException)
        {
            // Of no consequence: the answer itself meets the same trouble and has an outcome.
        }
    }

    /// <summary>How the message is to be declared; empty: as a response; null: it may not be sent any more.</summary>
    private string? TagOf(OutboundPart part)
    {
        var silence = part.LastInboundAt is { } last ? time.GetUtcNow() - last : TimeSpan.MaxValue;
        return silence <= Window ? ""
            : part.Author == MessageAuthor.Agent && silence <= HumanAgentWindow ? "HUMAN_AGENT"
            : null;
    }

    private static ReadOnlyMemory<byte> Json(OutboundPart part, string tag, string text, string? format) => GraphApi.Json(json =>
    {
        WriteRecipient(json, part.Chat);
        json.WriteString("messaging_type", tag.Length == 0 ? "RESPONSE" : "MESSAGE_TAG");
        if (tag.Length > 0)
        {
            json.WriteString("tag", tag);
        }
        json.WriteStartObject("message");
        if (format == MessengerParts.MessageFormat)
        {
            using var message = JsonDocument.Parse(text);
            foreach (var field in message.RootElement.EnumerateObject())
            {
                field.WriteTo(json);
            }
        }
        else
        {
            json.WriteString("text", text);
        }
        // Comes back in the echo: so a part is known whose outcome is not.
        json.WriteString("metadata", part.Reference.ToString());
        json.WriteEndObject();
    });

    private static void WriteRecipient(Utf8JsonWriter json, ChatAddress chat)
    {
        json.WriteStartObject("recipient");
        json.WriteString("id", chat.ChatId);
        json.WriteEndObject();
    }

    private static string? IdOf(PlatformAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return MetaWebhook.TextOf(document.RootElement, "message_id") is { Length: > 0 } id ? id : null;
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Messenger could not take the file of message {MessageId} part {Ordinal}; it goes out as a link")]
    private partial void SentAsText(Guid messageId, int ordinal);
}
