namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>How a slash command or a button of a private message is answered: through its <see href="https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses">response_url</see>.</summary>
/// <param name="InChannel">Whether everybody in the channel sees the answer.</param>
/// <param name="UserId">Who else would see it alone.</param>
internal sealed record AnswerVia(bool InChannel, string UserId, Uri ResponseUrl)
{
    /// <summary>The text that is kept with the message; null: there is no usable address.</summary>
    public static string? Of(string? responseUrl, string userId, bool inChannel) =>
        Uri.TryCreate(responseUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && responseUrl!.Length <= 1024
            ? $"{(inChannel ? "in_channel" : "ephemeral")} {userId} {url.AbsoluteUri}"
            : null;

    public static AnswerVia? Parse(string? text) =>
        text?.Split(' ', 3) is [var visibility, var user, var address] && Uri.TryCreate(address, UriKind.Absolute, out var url)
            ? new AnswerVia(visibility == "in_channel", user, url)
            : null;
}
