using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Reads an <see href="https://discord.com/developers/docs/interactions/receiving-and-responding">interaction</see>, which
/// comes by webhook, or through the Gateway while the application has no endpoint.
/// </summary>
internal static class DiscordInteractionReader
{
    private const int Ping = 1;
    private const int Command = 2;
    private const int ComponentPress = 3;
    private const int Autocomplete = 4;

    /// <exception cref="MalformedPayloadException">It is not an interaction, or not complete.</exception>
    public static InboundEvent Read(DiscordConnection connection, ReadOnlySpan<byte> body) =>
        Read(connection, DiscordMessageReader.Parse(body, DiscordJson.Default.Interaction));

    /// <summary>
    /// What Discord wants to hear at once
    /// (https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type):
    /// PONG, "is thinking…", or for a button nothing visible. Null: nothing.
    /// </summary>
    public static string? Acknowledge(Interaction interaction) => interaction.Type switch
    {
        Ping => """{"type":1}""",
        Command => """{"type":5}""",
        ComponentPress => """{"type":6}""",
        Autocomplete => """{"type":8,"data":{"choices":[]}}""",
        _ => null,
    };

    public static InboundEvent Read(DiscordConnection connection, Interaction interaction)
    {
        if (!Snowflake.IsValid(interaction.Id) || interaction.Type is not { } type)
        {
            throw new MalformedPayloadException("An interaction has no id or no type.");
        }
        connection.Learn(null, interaction.ApplicationId);
        return type switch
        {
            Command => ReadCommand(interaction),
            ComponentPress => ReadPress(interaction),
            _ => DiscordMessageReader.Ignored(interaction.Id!, type switch { Ping => "ping", Autocomplete => "autocomplete", _ => "interaction" }),
        };
    }

    private static InboundMessage ReadCommand(Interaction interaction)
    {
        if (interaction.Data?.Name is not { Length: > 0 and <= 100 } name)
        {
            throw new MalformedPayloadException("A command has no name.");
        }
        var argument = string.Join(' ', Values(interaction.Data.Options));
        var isOwn = DiscordCommands.IsOwnName(name);
        var text = isOwn || argument.Length == 0 ? $"/{name} {argument}".TrimEnd()
            : argument;
        return MessageOf(interaction, isOwn ? MessageKind.Command : MessageKind.Text, text, new MessageContent { AnswerVia = InteractionToken.Of(interaction)?.ToString() });
    }

    private static InboundMessage ReadPress(Interaction interaction)
    {
        if (interaction.Data?.CustomId is not { Length: > 0 } customId)
        {
            throw new MalformedPayloadException("A component has no custom_id.");
        }
        var label = Find(interaction.Message?.Components, customId)?.Label;
        var payload = DiscordButtons.PayloadOf(customId);
        return MessageOf(
            interaction, MessageKind.ButtonPress, string.IsNullOrWhiteSpace(label) ? payload : label, new MessageContent { Button = new ButtonPress(payload, label) });
    }

    private static InboundMessage MessageOf(Interaction interaction, MessageKind kind, string text, MessageContent content)
    {
        var user = interaction.Member?.User ?? interaction.User;
        var channel = interaction.ChannelId ?? interaction.Channel?.Id;
        if (user is null || !Snowflake.IsValid(user.Id) || !Snowflake.IsValid(channel))
        {
            throw new MalformedPayloadException("An interaction has no user or no channel.");
        }
        var isGuild = interaction.GuildId is not null;
        return new InboundMessage
        {
            PlatformId = interaction.Id!,
            Chat = new(channel!),
            IsGroup = isGuild,
            ChatTitle = isGuild ? Title(interaction.Channel?.Name) : DiscordMessageReader.NameOf(user, interaction.Member),
            Author = DiscordMessageReader.AuthorOf(user, interaction.Member) with { Language = interaction.Locale is { Length: > 0 and <= 10 } locale ? locale : null },
            Kind = kind,
            Text = text,
            Content = content,
            SentAt = SentAt(interaction.Id!),
        };
    }

    private static IEnumerable<string> Values(List<CommandOption>? options)
    {
        foreach (var option in options ?? [])
        {
            if (!string.IsNullOrWhiteSpace(option?.Value))
            {
                yield return option.Value;
            }
            foreach (var nested in Values(option?.Options))
            {
                yield return nested;
            }
        }
    }

    private static Component? Find(List<Component>? components, string customId)
    {
        foreach (var component in components ?? [])
        {
            if (component?.CustomId == customId)
            {
                return component;
            }
            if (Find(component?.Components, customId) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    private static string? Title(string? name) => string.IsNullOrEmpty(name) ? null : $"#{name}";

    /// <summary>An id holds the time it was made: milliseconds since 2015, above 22 bits.</summary>
    private static DateTimeOffset? SentAt(string id) =>
        ulong.TryParse(id, out var number) ? DateTimeOffset.FromUnixTimeMilliseconds((long)(number >> 22) + 1_420_070_400_000) : null;
}

/// <summary>By what an interaction is answered; kept as <see cref="MessageContent.AnswerVia"/>.</summary>
internal readonly record struct InteractionToken(string ApplicationId, string Token)
{
    private const int MaxTokenLength = 1024;

    public override string ToString() => $"{ApplicationId}/{Token}";

    public static InteractionToken? Of(Interaction interaction) =>
        Snowflake.IsValid(interaction.ApplicationId) && IsToken(interaction.Token) ? new(interaction.ApplicationId!, interaction.Token!) : null;

    public static InteractionToken? Parse(string? text)
    {
        var slash = text?.IndexOf('/') ?? -1;
        return slash > 0 && Snowflake.IsValid(text![..slash]) && IsToken(text[(slash + 1)..]) ? new(text[..slash], text[(slash + 1)..]) : null;
    }

    /// <summary>It becomes a part of an address.</summary>
    private static bool IsToken(string? token) =>
        token is { Length: > 0 and <= MaxTokenLength } && token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '=' or '+');
}
