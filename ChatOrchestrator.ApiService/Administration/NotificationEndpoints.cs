using System.Text.Json;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class NotificationEndpoints
{
    public static void MapNotificationEndpoints(this IEndpointRouteBuilder api)
    {
        var rules = api.MapGroup("/bots/{id:guid}/notification-rules").WithTags("Notifications");
        rules.MapPost("/", CreateAsync).WithName("CreateNotificationRule").RequirePermission(Permissions.NotificationsWrite, BotLimit.Bot).AcceptsIdempotencyKey()
            .WithSummary("Tells somebody of a bot's events: by e-mail, webhook or push message").ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        rules.MapGet("/", ListAsync).WithName("ListNotificationRules").RequirePermission(Permissions.NotificationsRead, BotLimit.Bot)
            .WithSummary("Lists a bot's notification rules, oldest first").ProducesProblem(400).ProducesProblem(404);
        rules.MapGet("/{ruleId:guid}", GetAsync).WithName("GetNotificationRule").RequirePermission(Permissions.NotificationsRead, BotLimit.Bot)
            .WithSummary("Reads a notification rule, without its secrets").ProducesProblem(404);
        rules.MapPatch("/{ruleId:guid}", ChangeAsync).WithName("ChangeNotificationRule").RequirePermission(Permissions.NotificationsWrite, BotLimit.Bot)
            .WithSummary("Changes the given fields of a notification rule; enabled switches it on again with what waits").ProducesProblem(400).ProducesProblem(404).ProducesProblem(412).ProducesProblem(422);
        rules.MapDelete("/{ruleId:guid}", DeleteAsync).WithName("DeleteNotificationRule").RequirePermission(Permissions.NotificationsWrite, BotLimit.Bot)
            .WithSummary("Deletes a notification rule with its delivery log").ProducesProblem(404);
        rules.MapPost("/{ruleId:guid}/test", TestAsync).WithName("TestNotificationRule").RequirePermission(Permissions.NotificationsWrite, BotLimit.Bot)
            .WithSummary("Sends a test through a notification rule").ProducesProblem(404);
        rules.MapGet("/{ruleId:guid}/deliveries", ListDeliveriesAsync).WithName("ListNotifications").RequirePermission(Permissions.NotificationsRead, BotLimit.Bot)
            .WithSummary("Lists what a rule was told, newest first").ProducesProblem(400).ProducesProblem(404);
        rules.MapGet("/{ruleId:guid}/deliveries/{eventId:guid}", GetDeliveryAsync).WithName("GetNotification").RequirePermission(Permissions.NotificationsRead, BotLimit.Bot)
            .WithSummary("Reads a notification and its attempts").ProducesProblem(404);
        rules.MapPost("/{ruleId:guid}/deliveries/{eventId:guid}/replay", ReplayAsync).WithName("ReplayNotification").RequirePermission(Permissions.NotificationsWrite, BotLimit.Bot)
            .WithSummary("Delivers a notification again, with the same id").ProducesProblem(404).ProducesProblem(409);
        api.MapGet("/notifications/web-push-key", GetWebPushKeyAsync).WithTags("Notifications").WithName("GetWebPushKey").RequirePermission(Permissions.NotificationsRead, BotLimit.None)
            .WithSummary("The key that a browser subscribes to push messages with (applicationServerKey)");
    }

    private static async Task<Created<NotificationRuleResponse>> CreateAsync(
        Guid id, NotificationRuleRequest request, AdministerNotificationRules rules, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var view = await rules.CreateAsync(new BotId(id), request.ToInput(), acting.Actor, cancellationToken);
        Requests.WriteVersion(response, view.Rule.Version);
        return TypedResults.Created($"/api/v1/bots/{id}/notification-rules/{view.Rule.Id}", NotificationRuleResponse.Of(view));
    }

    private static async Task<Ok<PageResponse<NotificationRuleResponse>>> ListAsync(
        Guid id, int? limit, string? cursor, AdministerNotificationRules rules, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<NotificationRuleResponse>.Of(
            await rules.ListAsync(new BotId(id), Requests.Page(limit, cursor), cancellationToken), NotificationRuleResponse.Of));

    private static async Task<Ok<NotificationRuleResponse>> GetAsync(Guid id, Guid ruleId, AdministerNotificationRules rules, HttpResponse response, CancellationToken cancellationToken)
    {
        var view = await rules.ReadAsync(new BotId(id), ruleId, cancellationToken);
        Requests.WriteVersion(response, view.Rule.Version);
        return TypedResults.Ok(NotificationRuleResponse.Of(view));
    }

    private static async Task<Ok<NotificationRuleResponse>> ChangeAsync(
        Guid id, Guid ruleId, NotificationRuleRequest request, AdministerNotificationRules rules, Acting acting, HttpContext http, CancellationToken cancellationToken)
    {
        var view = await rules.ChangeAsync(new BotId(id), ruleId, request.ToInput(), Requests.ExpectedVersions(http.Request), acting.Actor, cancellationToken);
        Requests.WriteVersion(http.Response, view.Rule.Version);
        return TypedResults.Ok(NotificationRuleResponse.Of(view));
    }

    private static async Task<NoContent> DeleteAsync(Guid id, Guid ruleId, AdministerNotificationRules rules, Acting acting, CancellationToken cancellationToken)
    {
        await rules.DeleteAsync(new BotId(id), ruleId, acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Accepted<NotificationTestResponse>> TestAsync(Guid id, Guid ruleId, AdministerNotificationRules rules, Acting acting, CancellationToken cancellationToken)
    {
        var eventId = await rules.TestAsync(new BotId(id), ruleId, acting.Actor, cancellationToken);
        return TypedResults.Accepted($"/api/v1/bots/{id}/notification-rules/{ruleId}/deliveries/{eventId}", new NotificationTestResponse(eventId));
    }

    private static async Task<Ok<PageResponse<NotificationResponse>>> ListDeliveriesAsync(
        Guid id, Guid ruleId, string? state, int? limit, string? cursor, ReadNotifications read, CancellationToken cancellationToken)
    {
        NotificationState? wanted = state switch
        {
            null or "" => null,
            "pending" => NotificationState.Pending,
            "delivered" => NotificationState.Delivered,
            "failed" => NotificationState.Failed,
            _ => throw new MalformedQueryException("state", "state is 'pending', 'delivered' or 'failed'."),
        };
        var page = await read.ListAsync(new BotId(id), ruleId, wanted, Requests.Page(limit, cursor), cancellationToken);
        return TypedResults.Ok(PageResponse<NotificationResponse>.Of(page, n => NotificationResponse.Of(n, null)));
    }

    private static async Task<Ok<NotificationResponse>> GetDeliveryAsync(Guid id, Guid ruleId, Guid eventId, ReadNotifications read, CancellationToken cancellationToken)
    {
        var (notification, attempts) = await read.ReadAsync(new BotId(id), ruleId, eventId, cancellationToken);
        return TypedResults.Ok(NotificationResponse.Of(notification, attempts));
    }

    private static async Task<NoContent> ReplayAsync(Guid id, Guid ruleId, Guid eventId, ReadNotifications read, Acting acting, CancellationToken cancellationToken)
    {
        await read.ReplayAsync(new BotId(id), ruleId, eventId, acting.Actor, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<WebPushKeyResponse>> GetWebPushKeyAsync(IWebPushKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(new WebPushKeyResponse(keys.IsConfigured ? await keys.ReadPublicKeyAsync(cancellationToken) : null));
}

/// <summary>A notification rule, or changes to one; what is left out has its default, or stays.</summary>
/// <param name="Channel"><c>email</c>, <c>webhook</c> or <c>web_push</c>; it cannot be changed.</param>
/// <param name="Name">1 to 100 characters; the channel's name when left out.</param>
/// <param name="Events">Any of <c>handoff_requested</c>, <c>dead_letter</c>, <c>connection_down</c>, <c>budget_reached</c>, <c>sentiment_low</c>, <c>conversation_ended</c>.</param>
/// <param name="QuietSeconds">After one event others of the same kind are not told for so long, 0 to 86,400.</param>
/// <param name="Settings">E-mail: <c>to</c> (addresses), <c>subject</c> and <c>body</c> (templates). Webhook: <c>url</c>. Push message: <c>endpoint</c>, <c>p256dh</c>.</param>
/// <param name="Secrets">Webhook: <c>secret</c> (made when left out). Push message: <c>auth</c>. Never shown again.</param>
/// <param name="Enabled">False: nothing is told; true: it works again, and what waits is delivered.</param>
internal sealed record NotificationRuleRequest(
    string? Channel = null,
    string? Name = null,
    IReadOnlyList<string>? Events = null,
    int? QuietSeconds = null,
    JsonElement? Settings = null,
    Dictionary<string, string?>? Secrets = null,
    bool? Enabled = null)
{
    public NotificationRuleInput ToInput() => new(Channel, Name, Events, QuietSeconds, Settings, Secrets, Enabled);
}

/// <summary>A notification rule.</summary>
/// <param name="SecretNames">Which secrets are set.</param>
/// <param name="RevealedSecrets">Those that were made just now, shown this once; null otherwise.</param>
/// <param name="DisabledReason">Why nothing is told (<c>switched_off</c>, <c>keeps_failing</c>, <c>gone</c>), or null while it works.</param>
/// <param name="Failures">How many notifications in a row were given up.</param>
internal sealed record NotificationRuleResponse(
    Guid Id,
    Guid BotId,
    string Channel,
    string Name,
    IReadOnlyList<string> Events,
    int QuietSeconds,
    JsonElement Settings,
    IReadOnlyList<string> SecretNames,
    IReadOnlyDictionary<string, string>? RevealedSecrets,
    string? DisabledReason,
    int Failures,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static NotificationRuleResponse Of(NotificationRuleView view)
    {
        var r = view.Rule;
        using var settings = JsonDocument.Parse(r.Settings);
        return new NotificationRuleResponse(
            r.Id, r.BotId.Value, r.Channel, r.Name, r.Events, r.QuietSeconds, settings.RootElement.Clone(), view.SecretNames, view.Revealed, r.DisabledReason, r.Failures,
            r.Version, r.CreatedAt, r.UpdatedAt);
    }
}

internal sealed record NotificationTestResponse(Guid EventId);

/// <summary>One event that a rule is told of.</summary>
/// <param name="EventId">The id that the receiver gets, the same at every attempt.</param>
/// <param name="Data">What is known about it.</param>
/// <param name="Attempts">How often it was tried since it was last due anew.</param>
/// <param name="NextAttemptAt">When it is tried next; null: it is settled, or its rule is off.</param>
/// <param name="Error">Why the last attempt failed: a stable word.</param>
/// <param name="Log">Every attempt, oldest first; null in lists.</param>
internal sealed record NotificationResponse(
    Guid EventId,
    Guid RuleId,
    string Type,
    JsonElement Data,
    NotificationState State,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    string? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? SettledAt,
    IReadOnlyList<NotificationAttemptResponse>? Log)
{
    public static NotificationResponse Of(Notification n, IReadOnlyList<NotificationAttempt>? attempts)
    {
        using var data = JsonDocument.Parse(n.Payload);
        return new NotificationResponse(
            n.EventId, n.RuleId, n.Kind, data.RootElement.Clone(), n.State, n.Attempts, n.DueAt, n.Error, n.CreatedAt, n.SettledAt,
            attempts is null ? null : [.. attempts.Select(a => new NotificationAttemptResponse(a.At, a.DurationMs, a.Status, a.Error))]);
    }
}

/// <param name="Status">The HTTP or SMTP status, if there was one.</param>
/// <param name="Error">Why it failed; null: it was delivered.</param>
internal sealed record NotificationAttemptResponse(DateTimeOffset At, int DurationMs, int? Status, string? Error);

/// <param name="PublicKey">Base64url; null: there are no push messages here.</param>
internal sealed record WebPushKeyResponse(string? PublicKey);
