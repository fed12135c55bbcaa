using System.Text.Json;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>
/// An <see href="https://developers.facebook.com/docs/graph-api/guides/error-handling">error of the Graph API</see>: its numbers only.
/// The texts are the platform's and may quote what was sent.
/// </summary>
/// <param name="IsTransient">The platform says itself that another try may succeed.</param>
internal readonly record struct GraphError(int Code, int Subcode, bool IsTransient)
{
    /// <summary>The code of an error that gives none; 0 is one.</summary>
    private const int Unnumbered = -1;

    /// <summary>Reads what a call was answered with; null: it is no error of the documented form (a proxy's page).</summary>
    public static GraphError? TryRead(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                ? new GraphError(
                    Number(error, "code") ?? Unnumbered,
                    Number(error, "error_subcode") ?? 0,
                    error.TryGetProperty("is_transient", out var transient) && transient.ValueKind == JsonValueKind.True)
                : null;
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            return null;
        }
    }

    private static int? Number(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
