using System.Security.Claims;
using ChatOrchestrator.Application.Access;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>The identity of a caller who was recognised, by whatever scheme.</summary>
internal sealed class CallerIdentity(Caller caller, string scheme) : ClaimsIdentity(
    [new(ClaimTypes.Name, caller.Name), new(ClaimTypes.Role, RoleNames.Of(caller.Role)), new(ClaimTypes.NameIdentifier, caller.Actor)], scheme)
{
    public Caller Caller { get; } = caller;
}

/// <summary>Who calls an endpoint, bound from the request.</summary>
/// <param name="Actor">The same for the audit log.</param>
internal sealed record Acting(Caller Caller, Actor Actor)
{
    public static ValueTask<Acting?> BindAsync(HttpContext http) => ValueTask.FromResult<Acting?>(Of(http));

    public static Acting Of(HttpContext http) =>
        Find(http.User) is { } caller ? new Acting(caller, new Actor(caller.Actor, AddressOf(http))) : throw new InvalidOperationException("The endpoint lets anonymous callers in.");

    public static Caller? Find(ClaimsPrincipal principal) => principal.Identities.OfType<CallerIdentity>().FirstOrDefault()?.Caller;

    public static string? AddressOf(HttpContext http) => http.Connection.RemoteIpAddress switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        var address => address.ToString(),
    };
}
