using Microsoft.Extensions.Options;
using MimeKit;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>The server that takes e-mail: the configuration section <c>Notifications:Smtp</c>. Without a host there is no e-mail.</summary>
public sealed class SmtpOptions
{
    public const string Section = "Notifications:Smtp";

    /// <summary>The server's name; absent: there is no e-mail.</summary>
    public string? Host { get; set; }

    /// <summary>The server's port, 1 to 65,535.</summary>
    public int Port { get; set; } = 587;

    /// <summary><c>starttls</c> (required), <c>tls</c> (from the first byte), or <c>none</c>.</summary>
    public string Security { get; set; } = "starttls";

    /// <summary>Who signs in at the server; absent: nobody does.</summary>
    public string? Username { get; set; }

    /// <summary>The password that goes with the user name.</summary>
    public string? Password { get; set; }

    /// <summary>The sender, such as <c>Chat &lt;chat@example.org&gt;</c>.</summary>
    public string? From { get; set; }

    internal bool IsConfigured => !string.IsNullOrWhiteSpace(Host);

    internal MailboxAddress? Sender => MailboxAddress.TryParse(From, out var sender) ? sender : null;

    /// <summary>Whether <see cref="From"/> is an address. Asked only where there is e-mail: the e-mail library is loaded with it.</summary>
    internal bool HasSender => Sender is { } sender && sender.Address.Contains('@', StringComparison.Ordinal);
}

/// <summary>Stops the start with one line for each wrong key.</summary>
internal sealed class SmtpOptionsValidation : IValidateOptions<SmtpOptions>
{
    public ValidateOptionsResult Validate(string? name, SmtpOptions options)
    {
        if (!options.IsConfigured)
        {
            return ValidateOptionsResult.Success;
        }
        List<string> wrong = [];
        if (options.Port is < 1 or > 65_535)
        {
            wrong.Add("Notifications:Smtp:Port must lie between 1 and 65,535.");
        }
        if (options.Security is not ("starttls" or "tls" or "none"))
        {
            wrong.Add("Notifications:Smtp:Security must be 'starttls', 'tls' or 'none'.");
        }
        if (!options.HasSender)
        {
            wrong.Add("Notifications:Smtp:From must be the sender's address, such as chat@example.org.");
        }
        if (string.IsNullOrEmpty(options.Username) != string.IsNullOrEmpty(options.Password))
        {
            wrong.Add("Notifications:Smtp:Username and Notifications:Smtp:Password go together.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
