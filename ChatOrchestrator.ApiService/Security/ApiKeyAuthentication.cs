using System.Security.Claims;
using System.Text.Encodings.Web;
using ChatOrchestrator.Application.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>Recognises callers by the header <c>X-Api-Key</c>: the configured owner key, or one of those in the store.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    AdminKey admin,
    FindCaller callers) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-Api-Key";

    private const int MaxKeyLength = 512;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var given = Request.Headers[Header];
        if (given.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }
        if (given.Count > 1 || given[0] is not { Length: > 0 and <= MaxKeyLength } key)
        {
            return AuthenticateResult.Fail("The API key is malformed.");
        }
        return (admin.Matches(key) ? admin.Owner : await callers.ByKeyAsync(key, Context.RequestAborted)) is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new CallerIdentity(caller, SchemeName)), SchemeName))
            : AuthenticateResult.Fail("The API key is unknown.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => AccessRegistration.ChallengeAsync(Response);
}
