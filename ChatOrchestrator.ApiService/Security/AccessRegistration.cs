using System.Security.Claims;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>Who is who, and who may do what.</summary>
internal static class AccessRegistration
{
    /// <summary>Recognises callers by whatever they present: an API key, one of our access tokens, or one of the configured issuer.</summary>
    public const string Scheme = "Caller";

    private const string Oidc = "Oidc";

    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsRules>();
        services.AddSingleton<AccessTokens>();
        services.AddSettingsRule(provider => AdminKey.Require(provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton<AdminKey>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<AdminKey>());
        // No default scheme: nothing is read of requests that need no caller, such as webhooks.
        services.AddAuthentication()
            .AddPolicyScheme(Scheme, null, options => options.ForwardDefaultSelector = Choose)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, AccessTokenAuthentication>(AccessTokenAuthentication.SchemeName, null)
            .AddJwtBearer(Oidc, _ => { });
        services.AddOptions<JwtBearerOptions>(Oidc).Configure<IOptions<AuthOptions>>((bearer, auth) => Configure(bearer, auth.Value.Oidc));
        return services.AddPermissions();
    }

    /// <summary>Says how to come in; the problem document is written where all are.</summary>
    public static Task ChallengeAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.WWWAuthenticate = new([ApiKeyAuthentication.SchemeName, "Bearer"]);
        return Task.CompletedTask;
    }

    private static string Choose(HttpContext http) =>
        http.Request.Headers.ContainsKey(ApiKeyAuthentication.Header) ? ApiKeyAuthentication.SchemeName
        : AccessTokenAuthentication.BearerOf(http.Request) is { } token
            && http.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value.Oidc.IsConfigured && !AccessTokens.ClaimsToBeOurs(token) ? Oidc
        : AccessTokenAuthentication.SchemeName;

    private static void Configure(JwtBearerOptions bearer, OidcOptions oidc)
    {
        if (!oidc.IsConfigured)
        {
            return;
        }
        bearer.Authority = oidc.Authority;
        bearer.Audience = oidc.Audience;
        bearer.RequireHttpsMetadata = !new Uri(oidc.Authority!).IsLoopback;
        bearer.MapInboundClaims = false;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudience = oidc.Audience,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            // The issuer's keys are public: with a symmetric algorithm anybody could sign.
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
                SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384,
                SecurityAlgorithms.EcdsaSha512,
            ],
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        bearer.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                context.Principal = CallerOf(context.Principal!, oidc) is { } caller ? new ClaimsPrincipal(new CallerIdentity(caller, Oidc)) : context.Principal;
                return Task.CompletedTask;
            },
            OnChallenge = context =>
            {
                context.HandleResponse();
                return ChallengeAsync(context.Response);
            },
        };
    }

    /// <summary>Null: the issuer knows them, but gave them no role here.</summary>
    private static Caller? CallerOf(ClaimsPrincipal principal, OidcOptions oidc)
    {
        var roles = principal.FindAll(oidc.RoleClaim).Select(c => RoleNames.Parse(oidc.Roles.GetValueOrDefault(c.Value))).OfType<Domain.Access.Role>().ToList();
        var subject = principal.FindFirst("sub")?.Value;
        if (roles.Count == 0 || string.IsNullOrEmpty(subject))
        {
            return null;
        }
        var name = principal.FindFirst("name")?.Value ?? principal.FindFirst("preferred_username")?.Value ?? subject;
        return new Caller
        {
            Name = name.Length <= 100 ? name : name[..100],
            Actor = $"oidc:{name}/{subject}",
            Role = roles.Max(),
            Subject = $"oidc:{subject}",
            Bots = oidc.BotsClaim is null
                ? BotScope.All
                : new BotScope([.. principal.FindAll(oidc.BotsClaim).Select(c => Guid.TryParse(c.Value, out var id) ? new BotId(id) : (BotId?)null).OfType<BotId>()]),
        };
    }
}
