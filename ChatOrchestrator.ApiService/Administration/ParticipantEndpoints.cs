using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>A person as one platform knows them.</summary>
/// <param name="UserId">The platform's own id of the user.</param>
/// <param name="Language">IETF language tag, as the platform tells it.</param>
/// <param name="BlockedAt">Since when the participant refuses the bot's messages.</param>
internal sealed record ParticipantResponse(
    Guid Id, Guid BotId, Guid ConnectionId, string Platform, string UserId, string? DisplayName, string? Username, string? Language,
    DateTimeOffset? BlockedAt, DateTimeOffset CreatedAt)
{
    public static ParticipantResponse Of(ParticipantView view)
    {
        var p = view.Participant;
        return new ParticipantResponse(
            p.Id, view.Bot.Value, p.ConnectionId.Value, view.Platform.Value, p.UserId, p.DisplayName, p.Username, p.Language, p.BlockedAt, p.CreatedAt);
    }
}

/// <summary>Proof that a participant was erased; it names nobody.</summary>
/// <param name="ParticipantId">Our id of the participant; null: the platform named somebody we did not know.</param>
/// <param name="RequestedBy">Who asked for it; <c>platform</c>: the platform passed the user's wish on.</param>
/// <param name="Counts">How many rows of each kind were deleted or emptied.</param>
internal sealed record ErasureResponse(Guid Id, DateTimeOffset At, Guid ConnectionId, Guid? ParticipantId, string RequestedBy, JsonElement Counts)
{
    public static ErasureResponse Of(ErasureReceipt receipt)
    {
        using var counts = JsonDocument.Parse(receipt.Counts);
        return new ErasureResponse(receipt.Id, receipt.At, receipt.ConnectionId.Value, receipt.ParticipantId, receipt.RequestedBy, counts.RootElement.Clone());
    }
}

internal static class ParticipantEndpoints
{
    private const string JsonLines = "application/jsonl";
    private const int MaxQueryLength = 200;

    public static void MapParticipantEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/participants").WithTags("Participants");
        group.MapGet("/", ListAsync).WithName("ListParticipants").RequirePermission(Permissions.ParticipantsRead, BotLimit.Filtered).WithSummary("Lists the people who write to the bots, oldest first").ProducesProblem(400).ProducesProblem(404);
        group.MapGet("/{id:guid}", GetAsync).WithName("GetParticipant").RequirePermission(Permissions.ParticipantsRead, BotLimit.Participant).WithSummary("Reads a participant").ProducesProblem(404);
        group.MapGet("/{id:guid}/export", ExportAsync).WithName("ExportParticipant").RequirePermission(Permissions.ParticipantsPrivacy, BotLimit.Participant)
            .WithSummary("Everything that is stored of a participant, one JSON object a line, each with its type").Produces(200, contentType: JsonLines).ProducesProblem(404);
        group.MapDelete("/{id:guid}", EraseAsync).WithName("EraseParticipant").RequirePermission(Permissions.ParticipantsPrivacy, BotLimit.Participant)
            .WithSummary("Erases a participant everywhere, and gives a receipt").ProducesProblem(404);
        var erasures = api.MapGroup("/erasures").WithTags("Participants");
        erasures.MapGet("/", ListErasuresAsync).WithName("ListErasures").RequirePermission(Permissions.ParticipantsPrivacy, BotLimit.Filtered).WithSummary("Lists the receipts of erasures, newest first").ProducesProblem(400);
        erasures.MapGet("/{id:guid}", GetErasureAsync).WithName("GetErasure").RequirePermission(Permissions.ParticipantsPrivacy, BotLimit.Erasure).WithSummary("Reads a receipt").ProducesProblem(404);
    }

    private static async Task<Ok<PageResponse<ParticipantResponse>>> ListAsync(
        Guid? botId, Guid? connectionId, string? userId, string? query, int? limit, string? cursor, ReadParticipants read, Acting acting, CancellationToken cancellationToken)
    {
        if (query?.Length > MaxQueryLength)
        {
            throw new MalformedQueryException("query", $"query has at most {MaxQueryLength} characters.");
        }
        var filter = new ParticipantFilter(
            BotLimits.Named(botId, acting.Caller), connectionId is { } connection ? new ConnectionId(connection) : null,
            Wanted(userId), Wanted(query), acting.Caller.Bots);
        return TypedResults.Ok(PageResponse<ParticipantResponse>.Of(await read.HandleAsync(filter, Requests.Page(limit, cursor), cancellationToken), ParticipantResponse.Of));
    }

    private static async Task<Ok<ParticipantResponse>> GetAsync(Guid id, ReadParticipants read, CancellationToken cancellationToken) =>
        TypedResults.Ok(ParticipantResponse.Of(await read.HandleAsync(id, cancellationToken)));

    private static async Task ExportAsync(
        Guid id, ReadParticipants read, IAuditLog log, TimeProvider time, Acting acting, HttpResponse response, CancellationToken cancellationToken)
    {
        var view = await read.HandleAsync(id, cancellationToken);
        await log.AppendAsync(AuditEntry.Of(acting.Actor, "participant.exported", "participant", id, time.GetUtcNow(), view.Bot), cancellationToken);
        response.ContentType = JsonLines;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = $"attachment; filename=\"participant-{id}.jsonl\"";
        await foreach (var piece in read.ExportAsync(view.Participant, cancellationToken))
        {
            var line = Line(piece, view);
            await JsonSerializer.SerializeAsync(response.Body, line, ApiJson.Options, cancellationToken);
            await response.Body.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }

    private static async Task<Ok<ErasureResponse>> EraseAsync(Guid id, EraseParticipant erase, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(ErasureResponse.Of(await erase.HandleAsync(id, acting.Actor, cancellationToken)));

    private static async Task<Ok<PageResponse<ErasureResponse>>> ListErasuresAsync(
        int? limit, string? cursor, ReadParticipants read, Acting acting, CancellationToken cancellationToken) =>
        TypedResults.Ok(PageResponse<ErasureResponse>.Of(await read.ListErasuresAsync(acting.Caller.Bots, Requests.Page(limit, cursor), cancellationToken), ErasureResponse.Of));

    private static async Task<Ok<ErasureResponse>> GetErasureAsync(Guid id, ReadParticipants read, CancellationToken cancellationToken) =>
        TypedResults.Ok(ErasureResponse.Of(await read.FindErasureAsync(id, cancellationToken)));

    private static string? Wanted(string? text) => string.IsNullOrEmpty(text) || text.Contains('\0') ? null : text;

    private static JsonObject Line(object piece, ParticipantView view)
    {
        var (type, data) = piece switch
        {
            Participant => ("participant", (object)ParticipantResponse.Of(view)),
            Conversation c => ("conversation", new { Id = c.Id.Value, c.ChatId, c.ThreadId, c.IsGroup, c.Title, c.State, c.CreatedAt, c.LastActivityAt }),
            Message m => ("message", new
            {
                m.Id,
                ConversationId = m.ConversationId.Value,
                m.Author,
                m.Kind,
                m.Text,
                Content = m.Content is { } content ? content with { AnswerVia = null } : null,
                m.PlatformMessageId,
                m.SentAt,
                m.CreatedAt,
                m.EditedAt,
                m.DeletedAt,
            }),
            DeadLetter d => ("dead_letter", new { d.Id, d.MessageId, d.Stage, d.Reason, d.State, d.CreatedAt, d.ResolvedAt }),
            Suggestion s => ("suggestion", new { s.Id, ConversationId = s.ConversationId.Value, s.Text, s.State, s.CreatedAt }),
            Insight i => ("insight", new { i.MessageId, i.Sentiment, i.SentimentScore, i.Intent, i.Language, i.Urgency, i.Source, i.CreatedAt }),
            ModerationRecord r => ("moderation", new { r.Id, r.MessageId, r.Direction, r.Action, r.Reason, r.Categories, r.Text, r.State, r.CreatedAt }),
            RememberedSummary r => ("summary", new { ConversationId = r.ConversationId.Value, r.Text, r.UpdatedAt }),
            InboxEvent e => ("event", new { e.Kind, e.Subject, e.CreatedAt }),
            _ => throw new InvalidOperationException($"An export has no line for {piece.GetType().Name}."),
        };
        var line = JsonSerializer.SerializeToNode(data, ApiJson.Options)!.AsObject();
        line.Insert(0, "type", type);
        return line;
    }
}
