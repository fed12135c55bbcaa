using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Sends parts with <see href="https://discord.com/developers/docs/resources/message#create-message">Create Message</see>, or
/// as the answer to an interaction, and the typing indicator.
/// </summary>
internal sealed class DiscordSender(DiscordRest rest, ILogger logger)
{
    /// <summary>How often the acknowledgement of an interaction is waited for, one second and then two: it comes within three or not at all.</summary>
    private const int AcknowledgementTries = 2;

    /// <summary>
    /// Sends once; again only where Discord refused the first try: into the channel when the interaction has run out, and
    /// as text when it cannot use the buttons or pictures.
    /// </summary>
    public async Task<DeliveryOutcome> SendAsync(DiscordConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Token is null)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        if (!Snowflake.IsValid(part.Chat.ChatId))
        {
            return new DeliveryOutcome.Failed("unknown_channel", FailureScope.Chat);
        }
        if (InteractionToken.Parse(part.AnswerVia) is { } interaction)
        {
            // The first part takes the place of "is thinking…"; making it so twice shows nothing twice.
            var route = part.Ordinal == 0
                ? DiscordRoute.EditOriginal(interaction.ApplicationId, interaction.Token)
                : DiscordRoute.FollowUp(interaction.ApplicationId, interaction.Token);
            var isTooEarly = false;
            if (await TryAsync(connection, route, part, nonce: null, IsRefused, cancellationToken) is { } answered)
            {
                return answered;
            }
            if (isTooEarly)
            {
                return new DeliveryOutcome.Retry(Pauses.After(part), "interaction_not_acknowledged", Throttled: false);
            }
            DiscordLog.InteractionExpired(logger, part.MessageId, part.Ordinal);

            bool IsRefused(PlatformAnswer answer)
            {
                isTooEarly = part is { Ordinal: 0, Attempt: < AcknowledgementTries } && DiscordRefusal.IsOfAcknowledgement(answer);
                return DiscordRefusal.IsOfInteraction(answer);
            }
        }
        return await SendToChannelAsync(connection, part, cancellationToken);
    }

    /// <summary>Makes a message that is shown already the part.</summary>
    public async Task<DeliveryOutcome> EditAsync(DiscordConnection connection, OutboundPart part, string messageId, CancellationToken cancellationToken) =>
        await TryAsync(connection, DiscordRoute.EditMessage(part.Chat.ChatId, messageId), part, nonce: null, answer => (int)answer.Status == 404, cancellationToken)
            ?? new DeliveryOutcome.Failed("unknown_message", FailureScope.Part);

    public async Task ShowTypingAsync(DiscordConnection connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token || !Snowflake.IsValid(chat.ChatId))
        {
            return;
        }
        try
        {
            await rest.CallAsync(token, DiscordRoute.Typing(chat.ChatId), null, cancellationToken);
        }
        catch (Exception e) when (e is PlatformCallException or RateLimitedException or OperationCanceledException)
        {
            // Of no consequence: the answer itself meets the same trouble and has an outcome.
        }
    }

    /// <summary>Looks for the part among the channel's latest messages, by its nonce. Null: it is not there, or cannot be looked for.</summary>
    public async Task<string?> FindAsync(DiscordConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token || !Snowflake.IsValid(part.Chat.ChatId))
        {
            return null;
        }
        try
        {
            var answer = await rest.CallAsync(token, DiscordRoute.RecentMessages(part.Chat.ChatId), null, cancellationToken);
            var nonce = part.Reference.ToString();
            return answer.IsSuccess
                ? DiscordRest.Read(answer, DiscordJson.Default.ListMessage)?.Find(m =>
                    m?.Nonce == nonce && m.Author?.Id == connection.BotUserId)?.Id
                : null;
        }
        catch (Exception e) when (e is PlatformCallException or RateLimitedException)
        {
            return null;
        }
    }

    private async Task<DeliveryOutcome> SendToChannelAsync(DiscordConnection connection, OutboundPart part, CancellationToken cancellationToken) =>
        (await TryAsync(connection, DiscordRoute.CreateMessage(part.Chat.ChatId), part, part.Reference.ToString(), _ => false, cancellationToken))!;

    /// <summary>Null: refused in the way that <paramref name="elsewhere"/> knows another way for.</summary>
    private async Task<DeliveryOutcome?> TryAsync(
        DiscordConnection connection, DiscordRoute route, OutboundPart part, string? nonce, Func<PlatformAnswer, bool> elsewhere, CancellationToken cancellationToken)
    {
        var asText = part.Format != DiscordParts.Json;
        while (true)
        {
            PlatformAnswer answer;
            try
            {
                answer = await rest.CallAsync(connection.Token!, route, BodyOf(part, asText, nonce), cancellationToken);
            }
            catch (RateLimitedException limited)
            {
                return new DeliveryOutcome.Retry(limited.After, "too_many_requests", Throttled: true);
            }
            catch (PlatformCallException failure)
            {
                return failure.OutcomeFor(part);
            }
            if (answer.IsSuccess)
            {
                return DiscordRest.Read(answer, DiscordJson.Default.Message)?.Id is { } id && Snowflake.IsValid(id)
                    ? new DeliveryOutcome.Delivered(id)
                    : new DeliveryOutcome.Unknown("unreadable_answer");
            }
            if (elsewhere(answer))
            {
                return null;
            }
            if (!asText && part.PlainText is not null && DiscordRefusal.IsOfForm(answer))
            {
                DiscordLog.FormRefused(logger, part.MessageId, part.Ordinal);
                asText = true;
                continue;
            }
            return DiscordRefusal.OutcomeOf(answer, part);
        }
    }

    private static byte[] BodyOf(OutboundPart part, bool asText, string? nonce)
    {
        var message = asText
            ? new JsonObject { ["content"] = part.Format == DiscordParts.Json ? part.PlainText : part.Text }
            : JsonNode.Parse(part.Text)!.AsObject();
        // Whoever makes the model write @everyone must not call everyone.
        message["allowed_mentions"] = new JsonObject { ["parse"] = new JsonArray() };
        if (nonce is null && !message.ContainsKey("content"))
        {
            // An edit: what was shown before goes away.
            message["content"] = null;
        }
        if (nonce is not null)
        {
            message["nonce"] = nonce;
            message["enforce_nonce"] = true;
        }
        return JsonSerializer.SerializeToUtf8Bytes(message);
    }
}
