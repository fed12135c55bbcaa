namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Settings of the deployment for Slack, section <c>Platforms:Slack</c>.</summary>
public sealed class SlackOptions
{
    public const string Section = "Platforms:Slack";

    /// <summary>
    /// Where the <see href="https://docs.slack.dev/apis/web-api/">Web API</see> is: an absolute http or https address. Without a
    /// path the methods are below <c>/api</c>. A simulator may stand in.
    /// </summary>
    public string ApiBaseUrl { get; set; } = "https://slack.com/api";
}
