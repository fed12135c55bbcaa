using ChatOrchestrator.Application.Access;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Application.Administration;

public static class AdministrationRegistration
{
    /// <summary>The use cases of the admin API. <paramref name="publicUrl"/> is <c>PublicUrl</c>, or null when it is not configured.</summary>
    public static IServiceCollection AddAdministration(this IServiceCollection services, Uri? publicUrl) => services
        .AddSingleton(new PublicAddress(publicUrl))
        .AddSingleton<RequirePrices>()
        .AddSingleton<ReadBudget>()
        .AddSingleton<ReadModels>()
        .AddSingleton<CreateBot>()
        .AddSingleton<ReadBots>()
        .AddSingleton<ChangeBot>()
        .AddSingleton<DeleteBot>()
        .AddSingleton<ExportBots>()
        .AddSingleton<ImportBots>()
        .AddSingleton<IntroduceConnection>()
        .AddSingleton<CreateConnection>()
        .AddSingleton<ReadConnections>()
        .AddSingleton<ReadConnectionHealth>()
        .AddSingleton<ChangeConnection>()
        .AddSingleton<DeleteConnection>()
        .AddSingleton<GrantAccess>()
        .AddSingleton<FindCaller>()
        .AddSingleton<AdministerApiKeys>()
        .AddSingleton<AdministerUsers>()
        .AddSingleton<SignIn>()
        .AddHostedService<AccessUpkeep>()
        .AddSingleton<ReadConversations>()
        .AddSingleton<ExportConversation>()
        .AddSingleton<SendAgentMessage>()
        .AddSingleton<StartConversation>()
        .AddSingleton<SteerConversation>()
        .AddSingleton<SuggestAnswers>()
        .AddSingleton<ReviewModeration>()
        .AddSingleton<ReadDeadLetters>()
        .AddSingleton<ResolveDeadLetters>()
        .AddSingleton<ReadTimeline>()
        .AddSingleton<ReadParticipants>()
        .AddSingleton<EraseParticipant>()
        .AddSingleton<CreateDemoBot>();
}
