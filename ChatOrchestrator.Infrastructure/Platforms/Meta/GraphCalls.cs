using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>Calls that concern a connection and no part: they answer with an object or fail.</summary>
internal static class GraphCalls
{
    /// <param name="tokenName">The secret that the call is made with.</param>
    /// <exception cref="PlatformException">The platform refuses, cannot be reached, or answers with something else.</exception>
    public static Task<JsonElement> CallAsync(this ConnectionSnapshot connection, string tokenName, Func<string, Task<PlatformAnswer>> call) =>
        CallAsync(connection.Secret(tokenName) ?? throw new PlatformException("token_missing", permanent: true), call);

    /// <exception cref="PlatformException">The platform refuses, cannot be reached, or answers with something else.</exception>
    public static async Task<JsonElement> CallAsync(string token, Func<string, Task<PlatformAnswer>> call)
    {
        PlatformAnswer answer;
        try
        {
            answer = await call(token);
        }
        catch (PlatformCallException)
        {
            throw new PlatformException("unreachable", permanent: false);
        }
        if (!answer.IsSuccess)
        {
            throw MetaRefusal.ExceptionOf(answer);
        }
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new PlatformException("unreachable", permanent: false);
        }
    }
}
