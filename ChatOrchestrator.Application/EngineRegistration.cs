using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Delivery;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Memory;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Retention;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Application.Understanding;
using ChatOrchestrator.Application.Watching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ChatOrchestrator.Application;

public static class EngineRegistration
{
    /// <summary>What every process needs that takes messages in: the inbox and the doorbell.</summary>
    public static IServiceCollection AddIngress(this IServiceCollection services)
    {
        services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(WorkerIdentity.Create());
        services.TryAddSingleton<Platforms>();
        services.TryAddSingleton<Doorbell>();
        services.TryAddSingleton<IngressGate>();
        services.TryAddSingleton<LearnNames>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LearnNames>(provider => provider.GetRequiredService<LearnNames>()));
        services.TryAddSingleton<Inbox>();
        services.TryAddSingleton<ReceiveWebhook>();
        services.TryAddSingleton<ReadStuckLanes>();
        services.TryAddSingleton<WakeRestingLanes>();
        services.AddHostedService<MeasureStore>();
        services.AddNotifications();
        services.AddAnalytics();
        return services;
    }

    /// <summary>The engine itself: takes lanes, answers, delivers, and listens to platforms that need no webhook.</summary>
    public static IServiceCollection AddEngine(this IServiceCollection services)
    {
        services.AddIngress();
        services.TryAddSingleton<EngineState>();
        services.TryAddSingleton<LanePlaces>();
        services.TryAddSingleton<LaneLeases>();
        services.TryAddSingleton<LaneCommits>();
        services.TryAddSingleton<ConnectionPlaces>();
        services.TryAddSingleton<AdmitMessages>();
        services.TryAddSingleton<TranscribeSpeech>();
        services.TryAddSingleton<ReadAttachments>();
        services.TryAddSingleton<ChargeCall>();
        services.TryAddSingleton<AskBeside>();
        services.TryAddSingleton<ReserveBudget>();
        services.AddOptions<ModerationOptions>().BindConfiguration(ModerationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<ModerateText>();
        services.TryAddSingleton<ModerateHistory>();
        services.TryAddSingleton<ModerateTurn>();
        services.TryAddSingleton<DueSummaries>();
        services.TryAddSingleton<RecallHistory>();
        services.TryAddSingleton<WriteSummary>();
        services.TryAddSingleton<KeepSummaries>();
        services.TryAddSingleton<SteerConversation>();
        services.TryAddSingleton<JudgeByModel>();
        services.TryAddSingleton<HandOverByRule>();
        services.TryAddSingleton<GenerateAnswer>();
        services.TryAddSingleton<ReconcileDelivery>();
        services.TryAddSingleton<DeliverParts>();
        services.TryAddSingleton<KeepSuggestion>();
        services.TryAddSingleton<ProcessLane>();
        services.AddHostedService<LanePump>();
        services.AddHostedService<ListenToPlatforms>();
        services.AddHostedService<WatchLanes>();
        services.AddHostedService<DeleteOldMessages>();
        services.AddNotificationDelivery();
        services.AddRollUps();
        services.AddHostedService(provider => provider.GetRequiredService<KeepSummaries>());
        services.AddHostedService<UnderstandMessages>();
        return services;
    }
}
