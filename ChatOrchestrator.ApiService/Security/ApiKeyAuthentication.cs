using System.Security.Claims;
using System.Text.Encodings.Web;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>Recognises callers by the header <c>X-Api-Key</c>: the configured owner key, or one of those in the store.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    AdminKey admin,
    IApiKeyStore keys) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-Api-Key";

    /// <summary>The role that may do everything.</summary>
    public const string Owner = "owner";

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
        if (admin.Matches(key))
        {
            return Success("owner", Owner, "owner");
        }
        return await keys.FindAsync(AdminKey.HashOf(key), Context.RequestAborted) is { } found
            ? Success(found.Name, found.Role, $"{found.Name}/{found.Id}")
            : AuthenticateResult.Fail("The API key is unknown.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = SchemeName;
        return Task.CompletedTask;
    }

    /// <summary>The caller as the audit log names it.</summary>
    public static string ActorOf(ClaimsPrincipal caller) => caller.FindFirstValue(ClaimTypes.NameIdentifier) ?? "unknown";

    private static AuthenticateResult Success(string name, string role, string actor) => AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, name), new(ClaimTypes.Role, role), new(ClaimTypes.NameIdentifier, actor)], SchemeName)), SchemeName));
}
