using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>What the answer of somebody's server means.</summary>
internal static class HttpOutcomes
{
    public static async Task<NotificationOutcome> SendAsync(HttpClient client, HttpRequestMessage request, Func<HttpResponseMessage, NotificationOutcome> read, CancellationToken cancellationToken)
    {
        try
        {
            // Nobody reads what it says beside the status.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return read(response);
        }
        catch (HttpRequestException e)
        {
            return e.InnerException switch
            {
                ForbiddenAddressException => new NotificationOutcome(NotificationResult.Refused, Error: "forbidden_address"),
                AuthenticationException => new NotificationOutcome(NotificationResult.Retry, Error: "tls"),
                SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => new NotificationOutcome(NotificationResult.Retry, Error: "host_not_found"),
                _ => new NotificationOutcome(NotificationResult.Retry, Error: "unreachable"),
            };
        }
    }

    public static NotificationOutcome Retry(HttpResponseMessage response, TimeProvider time) => new(
        NotificationResult.Retry,
        (int)response.StatusCode,
        response.StatusCode is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest ? "redirect" : "http_status",
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        });
}
