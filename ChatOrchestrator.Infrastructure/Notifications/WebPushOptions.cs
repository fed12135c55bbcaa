using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>Push messages to browsers: the configuration section <c>Notifications:WebPush</c>. Without a subject there are none.</summary>
public sealed class WebPushOptions
{
    public const string Section = "Notifications:WebPush";

    /// <summary>How a push service reaches who runs this: <c>mailto:</c> or <c>https:</c> (RFC 8292, 2.1).</summary>
    public string? Subject { get; set; }

    internal bool IsConfigured => !string.IsNullOrWhiteSpace(Subject);
}

internal sealed class WebPushOptionsValidation : IValidateOptions<WebPushOptions>
{
    public ValidateOptionsResult Validate(string? name, WebPushOptions options) =>
        !options.IsConfigured || (Uri.TryCreate(options.Subject, UriKind.Absolute, out var subject) && subject.Scheme is "mailto" or "https")
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Notifications:WebPush:Subject must be a mailto: or an https: address.");
}
