using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal sealed record LoginRequest(string? Email, string? Password);

internal sealed record RefreshRequest(string? RefreshToken);

/// <summary>An access token.</summary>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresIn">In seconds.</param>
/// <param name="RefreshToken">Exchanged once for the next; only after a sign-in.</param>
internal sealed record TokenResponse(string AccessToken, string TokenType, int ExpiresIn, Role Role, string? RefreshToken);

/// <summary>Who one is, and what one may do.</summary>
/// <param name="BotIds">The only bots one sees; null: all.</param>
internal sealed record MeResponse(string Name, Role Role, IEnumerable<string> Permissions, IEnumerable<Guid>? BotIds);

internal static class AuthEndpoints
{
    public static void MapAuthEndpoints(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Sign-in");
        auth.MapPost("/token", ExchangeAsync).WithName("IssueToken").WithSummary("Exchanges the API key in X-Api-Key for a short-lived access token")
            .RequirePermission(Permissions.Self, BotLimit.None);
        auth.MapGet("/me", Me).WithName("GetMe").WithSummary("Who one is, and what one may do").RequirePermission(Permissions.Self, BotLimit.None);
        auth.MapPost("/login", LoginAsync).WithName("Login").WithSummary("Signs a user in").ProducesProblem(400).ProducesProblem(429).AllowAnonymous();
        auth.MapPost("/refresh", RefreshAsync).WithName("RefreshSession").WithSummary("Exchanges a refresh token, once, for the next and an access token")
            .ProducesProblem(400).AllowAnonymous();
        auth.MapPost("/logout", LogoutAsync).WithName("Logout").WithSummary("Ends the session of a refresh token, and its access tokens").ProducesProblem(400).AllowAnonymous();
    }

    private static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ExchangeAsync(Acting acting, AccessTokens tokens, HttpContext http, CancellationToken cancellationToken)
    {
        if (!http.Request.Headers.ContainsKey(ApiKeyAuthentication.Header))
        {
            // An access token that could be exchanged for the next would never end.
            return TypedResults.Problem($"The API key belongs into the header {ApiKeyAuthentication.Header}.", statusCode: StatusCodes.Status401Unauthorized);
        }
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(Of(await tokens.IssueAsync(acting.Caller, null, cancellationToken), acting.Caller, null));
    }

    private static Ok<MeResponse> Me(Acting acting) => TypedResults.Ok(new MeResponse(
        acting.Caller.Name, acting.Caller.Role, acting.Caller.EffectivePermissions, acting.Caller.Bots.Only?.Select(b => b.Value)));

    private static async Task<Ok<TokenResponse>> LoginAsync(
        LoginRequest request, SignIn signIn, FindCaller callers, AccessTokens tokens, HttpContext http, CancellationToken cancellationToken) =>
        await AnswerAsync(await signIn.LoginAsync(request.Email, request.Password, Acting.AddressOf(http), cancellationToken), callers, tokens, http, cancellationToken);

    private static async Task<Ok<TokenResponse>> RefreshAsync(
        RefreshRequest request, SignIn signIn, FindCaller callers, AccessTokens tokens, HttpContext http, CancellationToken cancellationToken) =>
        await AnswerAsync(await signIn.RefreshAsync(request.RefreshToken, Acting.AddressOf(http), cancellationToken), callers, tokens, http, cancellationToken);

    private static async Task<NoContent> LogoutAsync(RefreshRequest request, SignIn signIn, HttpContext http, CancellationToken cancellationToken)
    {
        await signIn.LogoutAsync(request.RefreshToken, Acting.AddressOf(http), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<TokenResponse>> AnswerAsync(
        SignedIn signedIn, FindCaller callers, AccessTokens tokens, HttpContext http, CancellationToken cancellationToken)
    {
        var caller = await callers.BySessionAsync(signedIn.User, signedIn.Session, cancellationToken) ?? throw new SignInRefusedException();
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(Of(await tokens.IssueAsync(caller, signedIn.Session, cancellationToken), caller, signedIn.Refresh.Value));
    }

    private static TokenResponse Of(IssuedToken token, Caller caller, string? refresh) =>
        new(token.Token, "Bearer", (int)token.Life.TotalSeconds, caller.Role, refresh);
}
