using System.Globalization;
using System.Text.Json;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>What the stores write of a <see cref="ModerationRecord"/>.</summary>
internal static class ModerationWords
{
    private const int MaxDetail = 200;

    public static string Json(ModerationRecord record) => JsonSerializer.Serialize(record.Categories, JsonSerializerOptions.Web);

    /// <summary>For the timeline: <c>input blocked: violence 0.97, word_list</c>.</summary>
    public static string Detail(ModerationRecord record)
    {
        var action = record.Action switch
        {
            ModerationAction.Block => "blocked",
            ModerationAction.Flag => "flagged",
            _ => "recorded",
        };
        var why = record.Reason == ModerationRecord.Unavailable && record.Categories.Count == 0
            ? "not judged"
            : string.Join(", ", record.Categories.OrderByDescending(c => c.Value).Select(c => c.Key == ModerationSettings.WordList ? c.Key : string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value:0.00}")));
        var detail = $"{(record.Direction == ModerationDirection.Input ? "input" : "output")} {action}: {why}";
        return detail.Length <= MaxDetail ? detail : detail[..MaxDetail];
    }
}
