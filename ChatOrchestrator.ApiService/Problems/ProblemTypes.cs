namespace ChatOrchestrator.ApiService.Problems;

/// <summary>The stable names of what can go wrong; they do not change between versions.</summary>
internal static class ProblemTypes
{
    private const string Prefix = "urn:chatorchestrator:problem:";

    public static string Of(int status) => Prefix + status switch
    {
        400 => "bad-request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not-found",
        405 => "method-not-allowed",
        409 => "conflict",
        412 => "stale-version",
        413 => "too-large",
        415 => "unsupported-media-type",
        422 => "validation",
        429 => "too-many-requests",
        503 => "unavailable",
        >= 500 => "internal",
        _ => "request",
    };
}
