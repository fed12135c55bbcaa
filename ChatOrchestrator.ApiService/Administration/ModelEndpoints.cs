using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class ModelEndpoints
{
    public static void MapModelEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/models", List).WithTags("Models").WithName("ListModels").RequirePermission(Permissions.BotsRead, BotLimit.None).WithSummary("The models that bots can name, and those for speech and moderation, with their prices");
        api.MapGet("/bots/{id:guid}/budget", ReadAsync).WithTags("Bots").WithName("GetBudget").RequirePermission(Permissions.BotsRead, BotLimit.Bot)
            .WithSummary("What a bot may spend and has spent on a day (of UTC; today when left out)").ProducesProblem(400).ProducesProblem(404);
    }

    private static Ok<ModelsResponse> List(ReadModels read) => TypedResults.Ok(ModelsResponse.Of(read.Handle()));

    private static async Task<Ok<BudgetResponse>> ReadAsync(Guid id, DateOnly? day, ReadBudget read, CancellationToken cancellationToken) =>
        TypedResults.Ok(BudgetResponse.Of(await read.HandleAsync(new BotId(id), day, cancellationToken)));
}

/// <param name="Currency">What prices are in: three letters (ISO 4217).</param>
/// <param name="Items">The models that bots can name, the default first.</param>
/// <param name="Others">The models of the price table that answer nobody: they put speech into words, or judge texts.</param>
internal sealed record ModelsResponse(string Currency, IReadOnlyList<ModelResponse> Items, IReadOnlyList<OtherModelResponse> Others)
{
    public static ModelsResponse Of(ModelsView view) => new(view.Currency, [.. view.Answering.Select(ModelResponse.Of)], [.. view.Others.Select(OtherModelResponse.Of)]);
}

/// <summary>A model that answers nobody.</summary>
/// <param name="Name">Also what its endpoint calls it.</param>
/// <param name="Use"><c>transcription</c> or <c>moderation</c>; null: nothing asks it.</param>
/// <param name="Price">What a million tokens cost; null: it is not paid by the token.</param>
/// <param name="MinutePrice">What a minute of speech costs; null: it is not paid by the minute.</param>
/// <param name="RequestPrice">What a request costs; null: it is not paid by the request.</param>
internal sealed record OtherModelResponse(string Name, ModelUse? Use, ModelPrice? Price, decimal? MinutePrice, decimal? RequestPrice)
{
    public static OtherModelResponse Of(OtherModel other) =>
        new(other.Model.Name, other.Use, other.Model.Price, other.CallPrice?.Minute, other.CallPrice?.Request);
}

/// <summary>A model that bots can name.</summary>
/// <param name="Provider">The provider's name; null: the deployment's default.</param>
/// <param name="ProviderModel">What the provider calls it.</param>
/// <param name="Fallbacks">Which models answer when it does not.</param>
/// <param name="Price">What a million tokens cost; null: not known.</param>
internal sealed record ModelResponse(string Name, string? Provider, string ProviderModel, bool IsDefault, IReadOnlyList<string> Fallbacks, ModelPrice? Price)
{
    public static ModelResponse Of(ModelListing model) => new(model.Name, model.Provider, model.ProviderModel, model.IsDefault, model.Fallbacks, model.Price);
}

/// <summary>What a bot may spend, and has spent, on a day. Nothing is counted for a bot without a budget.</summary>
/// <param name="Cost">What its answers have cost, exact to a billionth.</param>
/// <param name="ReservedCost">What is set aside for answers that are being made.</param>
internal sealed record BudgetResponse(
    DateOnly Day, string Currency, decimal Cost, decimal? CostLimit, decimal ReservedCost, long Tokens, long? TokenLimit, long ReservedTokens)
{
    public static BudgetResponse Of(BudgetView view) => new(
        view.Day,
        view.Currency,
        view.Spending.Nanos / (decimal)ModelPrice.NanosPerUnit,
        view.Settings?.CostPerDay,
        view.Spending.ReservedNanos / (decimal)ModelPrice.NanosPerUnit,
        view.Spending.Tokens,
        view.Settings?.TokensPerDay,
        view.Spending.ReservedTokens);
}
