using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class ConnectionEndpoints
{
    public static void MapConnectionEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Connections");
        group.MapPost("/bots/{id:guid}/connections", CreateAsync).WithName("CreateConnection").RequirePermission(Permissions.ConnectionsWrite, BotLimit.Bot).AcceptsIdempotencyKey().WithSummary("Connects a bot to a platform")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        group.MapGet("/bots/{id:guid}/connections", ListAsync).WithName("ListConnections").RequirePermission(Permissions.ConnectionsRead, BotLimit.Bot).WithSummary("Lists a bot's connections, oldest first")
            .ProducesProblem(400).ProducesProblem(404);
        group.MapGet("/connections/{id:guid}", GetAsync).WithName("GetConnection").RequirePermission(Permissions.ConnectionsRead, BotLimit.Connection).WithSummary("Reads a connection, without its secrets").ProducesProblem(404);
        group.MapPatch("/connections/{id:guid}", ChangeAsync).WithName("ChangeConnection").RequirePermission(Permissions.ConnectionsWrite, BotLimit.Connection).WithSummary("Changes the given fields of a connection")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(412).ProducesProblem(422);
        group.MapDelete("/connections/{id:guid}", DeleteAsync).WithName("DeleteConnection").ProducesProblem(412).RequirePermission(Permissions.ConnectionsWrite, BotLimit.Connection).WithSummary("Deletes a connection and everything said there").ProducesProblem(404);
    }

    private static async Task<Created<ConnectionResponse>> CreateAsync(
        Guid id, CreateConnectionRequest request, CreateConnection create, Acting acting, PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        var view = await create.HandleAsync(
            new BotId(id), new NewConnection(request.Platform, request.DisplayName, request.Secrets, request.Settings), acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, view.Connection.Version);
        return TypedResults.Created($"/api/v1/connections/{view.Connection.Id}", ConnectionResponse.Of(view, address, http.Request));
    }

    private static async Task<Ok<PageResponse<ConnectionResponse>>> ListAsync(
        Guid id, int? limit, string? cursor, ReadConnections read, Acting acting, PublicAddress address, HttpRequest http, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ConnectionResponse>.Of(
            await read.HandleAsync(new BotId(id), Requests.Page(limit, cursor), acting.Actor, cancellationToken), view => ConnectionResponse.Of(view, address, http)));

    private static async Task<Ok<ConnectionResponse>> GetAsync(Guid id, ReadConnections read, Acting acting, PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        var view = await read.HandleAsync(new ConnectionId(id), acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, view.Connection.Version);
        return TypedResults.Ok(ConnectionResponse.Of(view, address, http.Request));
    }

    private static async Task<Ok<ConnectionResponse>> ChangeAsync(
        Guid id, ChangeConnectionRequest request, ChangeConnection change, Acting acting, PublicAddress address, HttpContext http, CancellationToken cancellationToken)
    {
        Requests.RequireKnown<ConnectionResponse>(request.Rest?.Keys.AsEnumerable() ?? []);
        var view = await change.HandleAsync(
            new ConnectionId(id), new ConnectionChange(request.DisplayName, request.Secrets, request.Settings, request.Enabled),
            Requests.ExpectedVersions(http.Request), acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, view.Connection.Version);
        return TypedResults.Ok(ConnectionResponse.Of(view, address, http.Request));
    }

    private static async Task<NoContent> DeleteAsync(Guid id, DeleteConnection delete, Acting acting, HttpRequest request, CancellationToken cancellationToken)
    {
        await delete.HandleAsync(new ConnectionId(id), Requests.ExpectedVersions(request), acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }
}
