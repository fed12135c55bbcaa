using System.Text.Json.Nodes;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class BotEndpoints
{
    public static void MapBotEndpoints(this IEndpointRouteBuilder api)
    {
        var bots = api.MapGroup("/bots").WithTags("Bots");
        bots.MapPost("/", CreateAsync).WithName("CreateBot").RequirePermission(Permissions.BotsWrite, BotLimit.AllBots).AcceptsIdempotencyKey().WithSummary("Creates a bot").ProducesProblem(400).ProducesProblem(422);
        bots.MapGet("/", ListAsync).WithName("ListBots").RequirePermission(Permissions.BotsRead, BotLimit.Filtered).WithSummary("Lists the bots, oldest first").ProducesProblem(400);
        bots.MapGet("/{id:guid}", GetAsync).WithName("GetBot").RequirePermission(Permissions.BotsRead, BotLimit.Bot).WithSummary("Reads a bot").ProducesProblem(404);
        bots.MapPatch("/{id:guid}", ChangeAsync).WithName("ChangeBot").RequirePermission(Permissions.BotsWrite, BotLimit.Bot).WithSummary("Changes the given fields of a bot (JSON merge patch)")
            .Accepts<CreateBotRequest>("application/json", "application/merge-patch+json")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(412).ProducesProblem(422);
        bots.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteBot").ProducesProblem(412).RequirePermission(Permissions.BotsWrite, BotLimit.Bot).WithSummary("Deletes a bot, its connections and everything said there").ProducesProblem(404);
    }

    private static async Task<Created<BotResponse>> CreateAsync(CreateBotRequest request, CreateBot create, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var bot = await create.HandleAsync(new BotInput(request.Name ?? "", request.Ai ?? new(), request.Processing ?? new()), acting.Actor, cancellationToken);
        Requests.WriteVersion(response, bot.Version);
        return TypedResults.Created($"/api/v1/bots/{bot.Id}", BotResponse.Of(bot));
    }

    private static async Task<Ok<PageResponse<BotResponse>>> ListAsync(int? limit, string? cursor, ReadBots read, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<BotResponse>.Of(await read.HandleAsync(acting.Caller.Bots, Requests.Page(limit, cursor), cancellationToken), BotResponse.Of));

    private static async Task<Ok<BotResponse>> GetAsync(Guid id, ReadBots read, HttpResponse response, CancellationToken cancellationToken)
    {
        var bot = await read.HandleAsync(new BotId(id), cancellationToken);
        Requests.WriteVersion(response, bot.Version);
        return TypedResults.Ok(BotResponse.Of(bot));
    }

    private static async Task<Ok<BotResponse>> ChangeAsync(Guid id, JsonObject patch, ChangeBot change, Acting acting, HttpContext http, CancellationToken cancellationToken)
    {
        Requests.RequireKnown<BotResponse>(patch.Select(field => field.Key));
        var bot = await change.HandleAsync(new BotId(id), stored => Requests.Merge(stored, patch), Requests.ExpectedVersions(http.Request), acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, bot.Version);
        return TypedResults.Ok(BotResponse.Of(bot));
    }

    private static async Task<NoContent> DeleteAsync(Guid id, DeleteBot delete, Acting acting, HttpRequest request, CancellationToken cancellationToken)
    {
        await delete.HandleAsync(new BotId(id), Requests.ExpectedVersions(request), acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }
}
