using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Tells Telegram that a press of a button arrived, or the button keeps spinning:
/// <see href="https://core.telegram.org/bots/api#answercallbackquery">answerCallbackQuery</see>.
/// </summary>
internal static class TelegramCallbacks
{
    /// <summary>
    /// A call that is made by answering a webhook, <see href="https://core.telegram.org/bots/api#making-requests-when-getting-updates"/>;
    /// null: the update is no press of a button.
    /// </summary>
    public static WebhookReply? Reply(ReadOnlySpan<byte> body)
    {
        // Most updates are messages: they are not read a second time.
        if (body.IndexOf("\"callback_query\""u8) < 0)
        {
            return null;
        }
        var id = JsonSerializer.Deserialize(body, TelegramJson.Default.Update)?.CallbackQuery?.Id;
        return string.IsNullOrEmpty(id)
            ? null
            : new WebhookReply("application/json", new JsonObject { ["method"] = "answerCallbackQuery", ["callback_query_id"] = id }.ToJsonString());
    }

    /// <summary>For what came by polling. Without consequence when it fails: after a while the button stops by itself.</summary>
    public static async Task AnswerAsync(TelegramConnection connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken)
    {
        foreach (var inbound in events)
        {
            if (inbound is InboundMessage { Content.Button: not null } && inbound.PlatformId.StartsWith(TelegramEvents.CallbackPrefix, StringComparison.Ordinal)
                && connection.Client is { } client)
            {
                try
                {
                    var arguments = new JsonObject { ["callback_query_id"] = inbound.PlatformId[TelegramEvents.CallbackPrefix.Length..] };
                    await client.CallAsync("answerCallbackQuery", arguments, cancellationToken);
                }
                catch (TelegramCallException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
    }
}
