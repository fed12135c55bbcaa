using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>A <see href="https://docs.slack.dev/interactivity/implementing-slash-commands/#app_command_handling">slash command</see>: a form over HTTP, the same fields as JSON in Socket Mode.</summary>
internal sealed class SlashCommand
{
    public string? Command { get; set; }

    public string? TeamId { get; set; }

    public string? Text { get; set; }

    public string? ChannelId { get; set; }

    public string? ChannelName { get; set; }

    public string? UserId { get; set; }

    public string? UserName { get; set; }

    public string? ResponseUrl { get; set; }

    public string? TriggerId { get; set; }

    public static SlashCommand Of(Dictionary<string, byte[]> form)
    {
        return new SlashCommand
        {
            Command = Field("command"),
            TeamId = Field("team_id"),
            Text = Field("text"),
            ChannelId = Field("channel_id"),
            ChannelName = Field("channel_name"),
            UserId = Field("user_id"),
            UserName = Field("user_name"),
            ResponseUrl = Field("response_url"),
            TriggerId = Field("trigger_id"),
        };

        string? Field(string name) => form.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value).Replace('\0', '\uFFFD') : null;
    }
}

/// <summary>Reads slash commands: the bot's own ones are commands, any other (<c>/ask …</c>) is a text.</summary>
internal static class SlackCommandReader
{
    private const int LongestTrigger = 56;

    /// <param name="body">What names the command when Slack gave it no trigger.</param>
    /// <exception cref="MalformedPayloadException">A field is missing that every command has.</exception>
    public static InboundEvent Read(SlackConnection connection, SlashCommand command, ReadOnlySpan<byte> body)
    {
        if (command is not { Command: ['/', _, ..] name, ChannelId: { Length: > 0 and <= 30 } channel, UserId: { Length: > 0 and <= 30 } user })
        {
            throw new MalformedPayloadException("A slash command has no name, channel or user.");
        }
        var argument = SlackText.Read(command.Text ?? "", connection.BotUserId, connection.BotName);
        var isDirect = SlackMessageReader.IsDirect(channel) || command.ChannelName == "directmessage";
        var via = AnswerVia.Of(command.ResponseUrl, user, connection.AnswersSlashInChannel);
        var isOwn = SlackText.IsCommand(name);
        return new InboundMessage
        {
            PlatformId = command.TriggerId is { Length: > 0 and <= LongestTrigger } trigger ? $"cmd:{trigger}" : SlackBody.IdOf(body),
            Chat = new(channel),
            IsGroup = !isDirect,
            ChatTitle = isDirect || string.IsNullOrEmpty(command.ChannelName) ? null : $"#{command.ChannelName}",
            Author = new(user, Username: command.UserName),
            Kind = isOwn ? MessageKind.Command : MessageKind.Text,
            Text = isOwn ? $"{name} {argument.Text}".TrimEnd() : argument.Text.Length > 0 ? argument.Text : name,
            Content = via is null && argument.Mentions.Count == 0 ? null : new MessageContent { Mentions = argument.Mentions, AnswerVia = via },
        };
    }
}
