namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>Settings of the deployment for Messenger and WhatsApp, section <c>Platforms:Meta</c>.</summary>
public sealed class MetaOptions
{
    public const string Section = "Platforms:Meta";

    /// <summary>Where the <see href="https://developers.facebook.com/docs/graph-api">Graph API</see> is: an absolute http or https address without a path. A simulator may stand in.</summary>
    public string ApiBaseUrl { get; set; } = "https://graph.facebook.com";
}
