using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Formatting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatOrchestrator.Infrastructure.Ai;

public static class ModerationRegistration
{
    /// <summary>Adds the moderations endpoint that the configuration names, or the model's own (<see cref="IScoresTexts"/>).</summary>
    public static IServiceCollection AddModeration(this IServiceCollection services)
    {
        services.TryAddSingleton<IScoresTexts, ModerationsEndpoint>();
        services.TryAddSingleton<IFindsPictures, AnswerPictures>();
        return services;
    }
}
