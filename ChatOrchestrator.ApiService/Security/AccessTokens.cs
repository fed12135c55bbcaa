using System.Text;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>What was issued.</summary>
internal sealed record IssuedToken(string Token, TimeSpan Life);

/// <summary>
/// Issues and reads our access tokens (RFC 9068, HS256). A token says whom it was issued to; what they may do is asked of the
/// store at every request, so that a deleted key or a changed role counts at once.
/// </summary>
internal sealed class AccessTokens(IOptions<AuthOptions> options, ISharedSecrets secrets, AdminKey admin, FindCaller callers, TimeProvider time) : IDisposable
{
    public const string Issuer = "chatorchestrator";

    private const string Audience = "chatorchestrator-api";
    private const string Type = "at+jwt";
    private const string Session = "sid";
    private const string Stamp = "stamp";
    private const int MaxLength = 4_096;

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxLength, MapInboundClaims = false };

    private readonly SemaphoreSlim _one = new(1);
    private volatile SymmetricSecurityKey? _key;

    /// <summary>Whether a token claims to be one of ours; nothing is verified yet.</summary>
    public static bool ClaimsToBeOurs(string token)
    {
        try
        {
            return token.Length <= MaxLength && Handler.CanReadToken(token) && Handler.ReadJsonWebToken(token).Issuer == Issuer;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            return false;
        }
    }

    public void Dispose() => _one.Dispose();

    /// <param name="session">The user's session; null for keys.</param>
    public async Task<IssuedToken> IssueAsync(Caller caller, Guid? session, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var life = TimeSpan.FromMinutes(options.Value.TokenMinutes);
        if (caller.ExpiresAt is { } end && end - now < life)
        {
            life = TimeSpan.FromSeconds(Math.Max(1, Math.Floor((end - now).TotalSeconds)));
        }
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Sub] = caller.Subject,
            [JwtRegisteredClaimNames.Name] = caller.Name,
            [JwtRegisteredClaimNames.Jti] = Guid.CreateVersion7(now).ToString(),
            [Stamp] = caller.Stamp,
            ["roles"] = new[] { RoleNames.Of(caller.Role) },
        };
        if (session is { } id)
        {
            claims[Session] = id.ToString();
        }
        var token = Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            TokenType = Type,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + life).UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(await KeyAsync(cancellationToken), SecurityAlgorithms.HmacSha256),
        });
        return new IssuedToken(token, life);
    }

    /// <summary>Who holds a token, or null: it is not one of ours, has expired, or its holder may not come in any more.</summary>
    public async Task<Caller?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > MaxLength)
        {
            return null;
        }
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidTypes = [Type],
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = await KeyAsync(cancellationToken),
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ValidateIssuerSigningKey = true,
            LifetimeValidator = IsAlive,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read || !read.TryGetPayloadValue<int>(Stamp, out var stamp))
        {
            return null;
        }
        var subject = read.Subject ?? "";
        if (subject == "owner")
        {
            return admin.Owner is { } owner && owner.Stamp == stamp ? owner : null;
        }
        return subject.Split(':') switch
        {
            ["key", var key] when Guid.TryParse(key, out var id) => await callers.ByKeyIdAsync(id, stamp, cancellationToken),
            ["user", var user] when Guid.TryParse(user, out var id) && read.TryGetPayloadValue<string>(Session, out var sid) && Guid.TryParse(sid, out var session) =>
                await callers.BySessionAsync(id, session, cancellationToken),
            _ => null,
        };
    }

    /// <summary>Also refuses what lives longer than we ever let anything live.</summary>
    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var skew = TimeSpan.FromSeconds(30);
        return expires > now && expires - now <= TimeSpan.FromMinutes(15) + skew && notBefore <= now + skew;
    }

    private async Task<SymmetricSecurityKey> KeyAsync(CancellationToken cancellationToken)
    {
        if (_key is { } known)
        {
            return known;
        }
        await _one.WaitAsync(cancellationToken);
        try
        {
            return _key ??= new SymmetricSecurityKey(options.Value.SigningKey is { } configured
                ? Encoding.UTF8.GetBytes(configured)
                : await secrets.GetAsync("access-tokens", 32, cancellationToken));
        }
        finally
        {
            _one.Release();
        }
    }
}
