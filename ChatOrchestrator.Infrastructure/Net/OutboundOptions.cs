using System.Net;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Net;

/// <summary>Where calls to addresses that users give may go: the configuration section <c>Outbound</c>.</summary>
public sealed class OutboundOptions
{
    public const string Section = "Outbound";

    /// <summary>Private addresses too. For development only.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Networks that are not public and may be called all the same, such as <c>10.20.0.0/16</c>.</summary>
    public IList<string> AllowedNetworks { get; } = [];
}

internal sealed class OutboundOptionsValidation : IValidateOptions<OutboundOptions>
{
    public ValidateOptionsResult Validate(string? name, OutboundOptions options) =>
        options.AllowedNetworks.FirstOrDefault(n => !IPNetwork.TryParse(n, out _)) is { } wrong
            ? ValidateOptionsResult.Fail($"Outbound:AllowedNetworks: '{wrong}' is not a network such as '10.20.0.0/16'.")
            : ValidateOptionsResult.Success;
}
