using System.Text.Json.Nodes;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>A new user, or changes to one.</summary>
/// <param name="Email">What they sign in with; it cannot be changed.</param>
/// <param name="Name">What others read; 1 to 100 characters.</param>
/// <param name="Password">12 to 128 characters; never shown.</param>
/// <param name="Role"><c>viewer</c>, <c>agent</c>, <c>admin</c> or <c>owner</c>; not more than the caller's own.</param>
/// <param name="BotIds">The only bots that they see; all when left out.</param>
/// <param name="Permissions">The only permissions of the role that they have; all of them when left out.</param>
internal sealed record CreateUserRequest(
    string? Email, string? Name, string? Password, string? Role, IReadOnlyList<Guid>? BotIds = null, IReadOnlyList<string>? Permissions = null);

/// <summary>Changes to a user; what is left out stays, limits given as null are taken away.</summary>
/// <param name="Password">A new password ends every session.</param>
/// <param name="Disabled">True: they may not sign in, and every session ends.</param>
internal sealed record ChangeUserRequest(
    string? Name = null, string? Password = null, string? Role = null, IReadOnlyList<Guid>? BotIds = null, IReadOnlyList<string>? Permissions = null, bool? Disabled = null);

internal sealed record UserResponse(
    Guid Id,
    string Email,
    string Name,
    Role Role,
    IReadOnlyList<Guid>? BotIds,
    IReadOnlyList<string>? Permissions,
    bool Disabled,
    DateTimeOffset? LastLoginAt,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static UserResponse Of(User u) => new(
        u.Id, u.Email, u.Name, u.Role, u.Scope.BotIds, u.Scope.Permissions, u.DisabledAt is not null, u.LastLoginAt, u.Version, u.CreatedAt, u.UpdatedAt);
}

internal static class UserEndpoints
{
    public static void MapUserEndpoints(this IEndpointRouteBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users");
        users.MapPost("/", CreateAsync).WithName("CreateUser").WithSummary("Makes a user who signs in with a password")
            .RequirePermission(Permissions.UsersWrite, BotLimit.AllBots).AcceptsIdempotencyKey().ProducesProblem(400).ProducesProblem(422);
        users.MapGet("/", ListAsync).WithName("ListUsers").WithSummary("Lists the users, oldest first")
            .RequirePermission(Permissions.UsersRead, BotLimit.AllBots).ProducesProblem(400);
        users.MapGet("/{id:guid}", GetAsync).WithName("GetUser").WithSummary("Reads a user").RequirePermission(Permissions.UsersRead, BotLimit.AllBots).ProducesProblem(404);
        users.MapPatch("/{id:guid}", ChangeAsync).WithName("ChangeUser").WithSummary("Changes the given fields of a user (JSON merge patch)")
            .RequirePermission(Permissions.UsersWrite, BotLimit.AllBots).Accepts<ChangeUserRequest>("application/json", "application/merge-patch+json")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(412).ProducesProblem(422);
        users.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteUser").WithSummary("Deletes a user with every session")
            .RequirePermission(Permissions.UsersWrite, BotLimit.AllBots).ProducesProblem(404).ProducesProblem(412);
    }

    private static async Task<Created<UserResponse>> CreateAsync(
        CreateUserRequest request, AdministerUsers users, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var input = new UserInput(request.Email, request.Name, request.Password, request.Role, request.BotIds, request.Permissions);
        var user = await users.CreateAsync(input, acting.Caller, acting.Actor, cancellationToken);
        Requests.WriteVersion(response, user.Version);
        return TypedResults.Created($"/api/v1/users/{user.Id}", UserResponse.Of(user));
    }

    private static async Task<Ok<PageResponse<UserResponse>>> ListAsync(int? limit, string? cursor, AdministerUsers users, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<UserResponse>.Of(await users.ListAsync(Requests.Page(limit, cursor), cancellationToken), UserResponse.Of));

    private static async Task<Ok<UserResponse>> GetAsync(Guid id, AdministerUsers users, HttpResponse response, CancellationToken cancellationToken)
    {
        var user = await users.ReadAsync(id, cancellationToken);
        Requests.WriteVersion(response, user.Version);
        return TypedResults.Ok(UserResponse.Of(user));
    }

    private static async Task<Ok<UserResponse>> ChangeAsync(
        Guid id, JsonObject patch, AdministerUsers users, Acting acting, HttpContext http, CancellationToken cancellationToken)
    {
        var user = await users.ChangeAsync(
            id, stored => Requests.Merge(stored, patch), Requests.ExpectedVersions(http.Request), acting.Caller, acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, user.Version);
        return TypedResults.Ok(UserResponse.Of(user));
    }

    private static async Task<NoContent> DeleteAsync(Guid id, AdministerUsers users, Acting acting, HttpRequest request, CancellationToken cancellationToken)
    {
        await users.DeleteAsync(id, Requests.ExpectedVersions(request), acting.Caller, acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }
}
