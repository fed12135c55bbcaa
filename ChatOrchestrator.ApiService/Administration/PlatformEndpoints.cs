using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatOrchestrator.ApiService.Administration;

internal static class PlatformEndpoints
{
    public static void MapPlatformEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/platforms", List).WithTags("Platforms").WithName("ListPlatforms").RequirePermission(Permissions.PlatformsRead, BotLimit.None).WithSummary("What each platform can carry");

    private static Ok<IReadOnlyList<PlatformResponse>> List(Platforms platforms) =>
        TypedResults.Ok<IReadOnlyList<PlatformResponse>>([.. platforms.Names.Select(name => platforms.TryFind(name, out var p) ? PlatformResponse.Of(p) : null!)]);
}

/// <summary>What a platform can carry; what it cannot degrades as its documentation says.</summary>
/// <param name="MaxTextLength">The longest text of one message, in <paramref name="TextUnit"/>; longer answers come in several.</param>
/// <param name="TextUnit">In what text is counted: <c>utf16</c> or <c>codepoint</c>.</param>
/// <param name="QuietPeriodMs">How long a burst of messages is waited for when the bot does not say.</param>
/// <param name="WindowHours">After a participant's message the bot may write for so many hours; 0: for ever.</param>
internal sealed record PlatformResponse(
    string Name,
    string Markup,
    int MaxTextLength,
    string TextUnit,
    int QuietPeriodMs,
    IReadOnlyList<AttachmentKind> SendsMedia,
    IReadOnlyList<AttachmentKind> ReceivesMedia,
    int MaxButtons,
    int MaxButtonLabel,
    bool ReceivesEdits,
    bool ReceivesDeletions,
    bool ReceivesReactions,
    bool ReceivesQuotes,
    bool DeliveryReceipts,
    bool ReadReceipts,
    bool Typing,
    bool Streaming,
    bool Groups,
    bool Threads,
    bool StartsConversations,
    int WindowHours)
{
    public static PlatformResponse Of(IPlatformAdapter adapter)
    {
        var c = adapter.Capabilities;
        return new PlatformResponse(
            adapter.Platform.Value, c.Markup, c.MaxTextLength, c.TextUnit, c.QuietPeriodMs, c.SendsMedia, c.ReceivesMedia, c.MaxButtons, c.MaxButtonLabel,
            c.ReceivesEdits, c.ReceivesDeletions, c.ReceivesReactions, c.ReceivesQuotes, c.DeliveryReceipts, c.ReadReceipts, c.ShowsTyping, c.Streaming, c.Groups,
            c.Threads, c.StartsConversations, c.WindowHours);
    }
}
