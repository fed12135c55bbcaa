using System.ComponentModel.DataAnnotations;
using ChatOrchestrator.Application.Access;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>How callers are recognised beside API keys.</summary>
internal sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary>Signs access tokens, at least 32 characters; the same in every replica. Absent: made once and kept, encrypted, in the store.</summary>
    [MinLength(32)]
    public string? SigningKey { get; init; }

    /// <summary>How long an access token lives.</summary>
    [Range(1, 15)]
    public int TokenMinutes { get; init; } = 10;

    public OidcOptions Oidc { get; init; } = new();
}

/// <summary>Whose bearer tokens are accepted, too.</summary>
internal sealed class OidcOptions
{
    /// <summary>The issuer's address; its metadata is below it. Absent: only our own tokens are accepted.</summary>
    public string? Authority { get; init; }

    /// <summary>Whom the tokens are meant for: this API, as the issuer names it.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim that decides on the role; it may have several values.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>Which value of the claim means which role. Of several the highest counts; without any the caller may do nothing.</summary>
    public Dictionary<string, string> Roles { get; init; } = [];

    /// <summary>The claim with the ids of the bots that the caller is limited to. Absent: no limits.</summary>
    public string? BotsClaim { get; init; }

    public bool IsConfigured => !string.IsNullOrWhiteSpace(Authority);
}

/// <summary>A wrong setting stops the start with its name.</summary>
internal sealed class AuthOptionsRules : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var oidc = options.Oidc;
        if (!oidc.IsConfigured)
        {
            return ValidateOptionsResult.Success;
        }
        if (!Uri.TryCreate(oidc.Authority, UriKind.Absolute, out var authority) || (authority.Scheme != Uri.UriSchemeHttps && !authority.IsLoopback))
        {
            return ValidateOptionsResult.Fail("Auth:Oidc:Authority: an https address.");
        }
        if (string.IsNullOrWhiteSpace(oidc.Audience))
        {
            return ValidateOptionsResult.Fail("Auth:Oidc:Audience: required with Auth:Oidc:Authority; a token for another audience must not be accepted.");
        }
        return oidc.Roles.FirstOrDefault(r => RoleNames.Parse(r.Value) is null) is { Key: not null } wrong
            ? ValidateOptionsResult.Fail($"Auth:Oidc:Roles:{wrong.Key}: viewer, agent, admin or owner.")
            : ValidateOptionsResult.Success;
    }
}
