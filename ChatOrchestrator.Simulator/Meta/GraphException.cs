using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>A refusal in the <see href="https://developers.facebook.com/docs/graph-api/guides/error-handling">Graph API's form</see>.</summary>
internal sealed class GraphException(int status, int code, string message, int subcode = 0) : Exception(message)
{
    public int Status { get; } = status;

    public int Code { get; } = code;

    public int? RetryAfter { get; init; }

    public static GraphException Invalid(string message) => new(400, 100, $"(#100) {message}");

    public JsonObject ToJson()
    {
        var error = new JsonObject { ["message"] = Message, ["type"] = "OAuthException", ["code"] = Code, ["fbtrace_id"] = "AsimulatedTraceId" };
        if (subcode != 0)
        {
            error["error_subcode"] = subcode;
        }
        if (Code is 1 or 2)
        {
            error["is_transient"] = true;
        }
        return new JsonObject { ["error"] = error };
    }
}
