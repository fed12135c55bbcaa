using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>Tokens that were made with intent, against a process whose signing key the test knows, and which trusts an issuer that the test is.</summary>
public sealed class BearerTokenTests : IAsyncLifetime
{
    private const string SigningKey = "a-signing-key-that-the-test-knows-0123456789";
    private const string Audience = "chat-api";
    private const string Ours = "chatorchestrator";
    private const string OurAudience = "chatorchestrator-api";

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly RsaSecurityKey _issuersKey = new(RSA.Create(2048)) { KeyId = "k1" };
    private readonly int _port = FreePort.Next();
    private WebApplication _issuer = null!;
    private ApiProcess _api = null!;

    private string Authority => $"http://127.0.0.1:{_port}";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(Authority);
        _issuer = builder.Build();
        _issuer.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Authority, jwks_uri = $"{Authority}/keys" }));
        var key = _issuersKey.Rsa.ExportParameters(false);
        _issuer.MapGet("/keys", () => Results.Json(new
        {
            keys = new[] { new { kty = "RSA", use = "sig", kid = "k1", alg = "RS256", n = Base64UrlEncoder.Encode(key.Modulus!), e = Base64UrlEncoder.Encode(key.Exponent!) } },
        }));
        await _issuer.StartAsync();
        var settings = ApiProcess.Settings();
        settings["Auth__SigningKey"] = SigningKey;
        settings["Auth__Oidc__Authority"] = Authority;
        settings["Auth__Oidc__Audience"] = Audience;
        settings["Auth__Oidc__BotsClaim"] = "bots";
        settings["Auth__Oidc__Roles__chat-readers"] = "viewer";
        settings["Auth__Oidc__Roles__chat-admins"] = "admin";
        _api = await ApiProcess.StartAsync(settings);
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _issuer.DisposeAsync();
        _issuersKey.Rsa.Dispose();
    }

    [Fact]
    public async Task What_the_issuer_signed_comes_in_with_the_role_that_its_claim_means()
    {
        var bot = await _api.CreateBotAsync();
        var other = await _api.CreateBotAsync();

        (await StatusAsync("bots", External(["chat-readers", "something-else"]))).ShouldBe(200);
        (await StatusAsync("audit", External(["chat-readers"]))).ShouldBe(403);
        (await StatusAsync("audit", External(["chat-readers", "chat-admins"]))).ShouldBe(200);
        (await StatusAsync("bots", External(["strangers"]))).ShouldBe(403);
        (await StatusAsync($"bots/{bot}", External(["chat-admins"], bots: bot))).ShouldBe(200);
        (await StatusAsync($"bots/{other}", External(["chat-admins"], bots: bot))).ShouldBe(404);
    }

    [Fact]
    public async Task What_the_issuer_did_not_sign_for_us_is_refused()
    {
        using var stranger = RSA.Create(2048);
        var wrongKey = new SigningCredentials(new RsaSecurityKey(stranger) { KeyId = "k1" }, SecurityAlgorithms.RsaSha256);
        // The public key as an HMAC secret: the classic confusion.
        var publicKey = new SigningCredentials(new SymmetricSecurityKey(Encoding.ASCII.GetBytes(_issuersKey.Rsa.ExportSubjectPublicKeyInfoPem())) { KeyId = "k1" }, SecurityAlgorithms.HmacSha256);
        string[] bad =
        [
            External(["chat-admins"], audience: "another-api"), External(["chat-admins"], issuer: "http://127.0.0.1:1"), External(["chat-admins"], life: TimeSpan.FromMinutes(-2)),
            External(["chat-admins"], life: null, noExpiry: true), External(["chat-admins"], credentials: wrongKey), External(["chat-admins"], credentials: publicKey),
            Unsigned(External(["chat-admins"])), Tampered(External(["chat-readers"])),
        ];
        foreach (var token in bad)
        {
            (await StatusAsync("bots", token)).ShouldBe(401, token);
        }
    }

    [Fact]
    public async Task A_forged_token_of_ours_is_refused()
    {
        var made = (await _api.PostAsync("api/v1/api-keys", new { name = "Real", role = "owner" })).Ok().Json;
        var subject = $"key:{made.GetProperty("id").GetString()}";
        var issued = (await _api.PostAsync("api/v1/auth/token", null, ("X-Api-Key", made.GetProperty("key").GetString()!))).Ok().Json.GetProperty("accessToken").GetString()!;
        (await StatusAsync("bots", issued)).ShouldBe(200);
        (await StatusAsync("bots", Token(subject))).ShouldBe(200, "as it is signed it would be good");

        string[] bad =
        [
            "", "x", "a.b.c", "....", new string('A', 10_000), Unsigned(issued), Unsigned(issued, "None"), Unsigned(issued, "nOnE"), Tampered(issued), issued[..^2], issued + "A",
            issued.Split('.')[0] + "." + issued.Split('.')[1] + ".", Token(subject, key: SigningKey + "!"), Token(subject, algorithm: SecurityAlgorithms.HmacSha512),
            Token(subject, audience: Audience), Token(subject, issuer: "somebody"), Token(subject, type: "JWT"), Token(subject, stamp: 2), Token(subject, stamp: null),
            Token(subject, life: TimeSpan.FromMinutes(-1)), Token(subject, life: TimeSpan.FromDays(1)), Token(subject, noExpiry: true), Token(subject, from: TimeSpan.FromMinutes(5)),
            Token("owner", stamp: 1), Token($"key:{Guid.CreateVersion7()}"), Token("key:"), Token("user:"), Token($"user:{Guid.CreateVersion7()}"), Token("root"), Token(""),
        ];
        foreach (var token in bad)
        {
            (await StatusAsync("bots", token)).ShouldBe(401, token);
        }
        _api.Service.Output.ShouldNotContain(issued);
    }

    [Fact]
    public async Task A_wrong_setting_refuses_the_start_in_one_line()
    {
        foreach (var (key, value) in new[] { ("Auth__SigningKey", "short"), ("Auth__TokenMinutes", "60"), ("Auth__Oidc__Authority", "http://issuer.example.org"), ("Auth__Oidc__Audience", ""), ("Auth__Oidc__Roles__x", "king") })
        {
            var settings = ApiProcess.Settings();
            settings["Auth__Oidc__Authority"] = Authority;
            settings["Auth__Oidc__Audience"] = Audience;
            settings[key] = value;
            var (code, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["validate-config"], settings, TimeSpan.FromMinutes(1));
            code.ShouldBe(2, output);
            output.ShouldContain("Cannot start");
            output.ShouldNotContain("   at ");
        }
    }

    private static string Token(
        string subject, string key = SigningKey, string algorithm = SecurityAlgorithms.HmacSha256, string audience = OurAudience, string issuer = Ours,
        string type = "at+jwt", int? stamp = 1, TimeSpan? life = null, bool noExpiry = false, TimeSpan from = default)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object> { ["sub"] = subject };
        if (stamp is { } given)
        {
            claims["stamp"] = given;
        }
        var bytes = Encoding.UTF8.GetBytes(algorithm == SecurityAlgorithms.HmacSha512 ? key.PadRight(64, '-') : key);
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            TokenType = type,
            IssuedAt = now,
            NotBefore = now + from,
            Expires = noExpiry ? null : now + from + (life ?? TimeSpan.FromMinutes(5)),
            Claims = claims,
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(bytes), algorithm),
        });
    }

    private static string Unsigned(string token, string algorithm = "none") =>
        $"{Base64UrlEncoder.Encode($$"""{"alg":"{{algorithm}}","typ":"at+jwt"}""")}.{token.Split('.')[1]}.";

    private static string Tampered(string token)
    {
        var parts = token.Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("viewer", "owner", StringComparison.Ordinal).Replace("chat-readers", "chat-admins", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload.Insert(1, "\"x\":1,"))}.{parts[2]}";
    }

    private string External(
        string[] roles, string? bots = null, string audience = Audience, string? issuer = null, TimeSpan? life = null, bool noExpiry = false, SigningCredentials? credentials = null)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object> { ["sub"] = "ada-1", ["name"] = "Ada", ["roles"] = roles };
        if (bots is not null)
        {
            claims["bots"] = new[] { bots };
        }
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Authority,
            Audience = audience,
            IssuedAt = now - TimeSpan.FromHours(1),
            NotBefore = now - TimeSpan.FromHours(1),
            Expires = noExpiry ? null : now + (life ?? TimeSpan.FromMinutes(5)),
            Claims = claims,
            SigningCredentials = credentials ?? new SigningCredentials(_issuersKey, SecurityAlgorithms.RsaSha256),
        });
    }

    private async Task<int> StatusAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_api.Service.Address, $"api/v1/{path}"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}").ShouldBeTrue();
        using var response = await _api.Client.SendAsync(request);
        if ((int)response.StatusCode is >= 400)
        {
            response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
            (await response.Content.ReadAsStringAsync()).ShouldNotContain("IDX");
            response.Headers.WwwAuthenticate.ShouldAllBe(h => h.Parameter == null);
        }
        return (int)response.StatusCode;
    }
}
