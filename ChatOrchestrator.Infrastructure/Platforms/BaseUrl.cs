namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>The address of a platform's API in the deployment's settings.</summary>
internal static class BaseUrl
{
    /// <summary>Absolute, http or https (<paramref name="socket"/>: ws or wss), without a query, a fragment or credentials; a path only where it is allowed.</summary>
    public static bool IsValid(string? value, bool path = false, bool socket = false) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url)
        && (socket ? url.Scheme is "ws" or "wss" : url.Scheme is "http" or "https")
        && (path || url.AbsolutePath == "/") && url.Query.Length == 0 && url.Fragment.Length == 0 && url.UserInfo.Length == 0;
}
