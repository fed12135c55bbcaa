using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>A new API key.</summary>
/// <param name="Name">What it is for; 1 to 100 characters.</param>
/// <param name="Role"><c>viewer</c>, <c>agent</c>, <c>admin</c> or <c>owner</c>; not more than the caller's own.</param>
/// <param name="BotIds">The only bots that it sees; all when left out.</param>
/// <param name="Permissions">The only permissions of its role that it has; all of them when left out.</param>
/// <param name="ExpiresAt">From when on it is refused; never when left out.</param>
internal sealed record CreateApiKeyRequest(
    string? Name, string? Role, IReadOnlyList<Guid>? BotIds = null, IReadOnlyList<string>? Permissions = null, DateTimeOffset? ExpiresAt = null);

/// <summary>How a key is replaced.</summary>
/// <param name="OverlapSeconds">For so long the old one goes on working, up to seven days; an hour when left out.</param>
internal sealed record RotateApiKeyRequest(int? OverlapSeconds = null);

/// <summary>A key without its secret.</summary>
/// <param name="Prefix">How it begins.</param>
/// <param name="LastUsedAt">Exact to about a minute.</param>
/// <param name="PreviousExpiresAt">Until when the key from before the last rotation goes on working.</param>
internal sealed record ApiKeyResponse(
    Guid Id,
    string Name,
    string Prefix,
    Role Role,
    IReadOnlyList<Guid>? BotIds,
    IReadOnlyList<string>? Permissions,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? PreviousExpiresAt,
    DateTimeOffset? LastUsedAt,
    string CreatedBy,
    DateTimeOffset CreatedAt)
{
    public static ApiKeyResponse Of(ApiKey k) =>
        new(k.Id, k.Name, k.Prefix, k.Role, k.Scope.BotIds, k.Scope.Permissions, k.ExpiresAt, k.PreviousExpiresAt, k.LastUsedAt, k.CreatedBy, k.CreatedAt);
}

/// <param name="Key">The key itself: shown now and never again.</param>
internal sealed record IssuedApiKeyResponse(Guid Id, string Key, ApiKeyResponse ApiKey)
{
    public static IssuedApiKeyResponse Of(IssuedApiKey issued) => new(issued.Key.Id, issued.Secret.Value, ApiKeyResponse.Of(issued.Key));
}

internal static class ApiKeyEndpoints
{
    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(1);

    public static void MapApiKeyEndpoints(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys");
        keys.MapPost("/", CreateAsync).WithName("CreateApiKey").WithSummary("Makes an API key; it is shown once")
            .RequirePermission(Permissions.ApiKeysWrite, BotLimit.AllBots).AcceptsIdempotencyKey().ProducesProblem(400).ProducesProblem(422);
        keys.MapGet("/", ListAsync).WithName("ListApiKeys").WithSummary("Lists the API keys, oldest first; prefix finds those that begin like it")
            .RequirePermission(Permissions.ApiKeysRead, BotLimit.AllBots).ProducesProblem(400);
        keys.MapGet("/{id:guid}", GetAsync).WithName("GetApiKey").WithSummary("Reads an API key, without its secret")
            .RequirePermission(Permissions.ApiKeysRead, BotLimit.AllBots).ProducesProblem(404);
        keys.MapPost("/{id:guid}/rotate", RotateAsync).WithName("RotateApiKey").WithSummary("Gives a key a new secret; the old one goes on working for a while")
            .RequirePermission(Permissions.ApiKeysWrite, BotLimit.AllBots).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        keys.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteApiKey").WithSummary("Deletes a key; it is refused from now on")
            .RequirePermission(Permissions.ApiKeysWrite, BotLimit.AllBots).ProducesProblem(404);
    }

    private static async Task<Created<IssuedApiKeyResponse>> CreateAsync(
        CreateApiKeyRequest request, AdministerApiKeys keys, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var input = new NewApiKey(request.Name, request.Role, request.BotIds, request.Permissions, request.ExpiresAt);
        var issued = await keys.CreateAsync(input, acting.Caller, acting.Actor, cancellationToken);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/api/v1/api-keys/{issued.Key.Id}", IssuedApiKeyResponse.Of(issued));
    }

    private static async Task<Ok<PageResponse<ApiKeyResponse>>> ListAsync(
        string? prefix, int? limit, string? cursor, AdministerApiKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ApiKeyResponse>.Of(
            await keys.ListAsync(string.IsNullOrEmpty(prefix) ? null : prefix.Replace("\0", "", StringComparison.Ordinal), Requests.Page(limit, cursor), cancellationToken), ApiKeyResponse.Of));

    private static async Task<Ok<ApiKeyResponse>> GetAsync(Guid id, AdministerApiKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(ApiKeyResponse.Of(await keys.ReadAsync(id, cancellationToken)));

    private static async Task<Ok<IssuedApiKeyResponse>> RotateAsync(
        Guid id, RotateApiKeyRequest? request, AdministerApiKeys keys, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var overlap = request?.OverlapSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultOverlap;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(IssuedApiKeyResponse.Of(await keys.RotateAsync(id, overlap, acting.Caller, acting.Actor, cancellationToken)));
    }

    private static async Task<NoContent> DeleteAsync(Guid id, AdministerApiKeys keys, Acting acting, CancellationToken cancellationToken)
    {
        await keys.DeleteAsync(id, acting.Caller, acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }
}
