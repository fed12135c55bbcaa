using System.Buffers;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.AspNetCore.Mvc;

namespace ChatOrchestrator.ApiService.Webhooks;

/// <summary>The ingress of every platform. It runs for every message, so the body is read as bytes and nothing is bound from it.</summary>
internal static class WebhookEndpoints
{
    /// <summary>The largest body that is read, in bytes.</summary>
    /// <remarks>WhatsApp's batches reach 3 MB: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks.</remarks>
    public const int MaxBodyBytes = 4 * 1024 * 1024;

    public static void MapWebhookEndpoints(this IEndpointRouteBuilder app)
    {
        app.MapPost("/webhooks/{platform}/{connectionId:guid}", HandleAsync)
            .WithName("ReceiveWebhook")
            .WithSummary("Takes in what a platform pushes; answered only after it is stored.")
            .WithTags("Webhooks")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK), new RequestSizeLimitAttribute(MaxBodyBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .AllowAnonymous();
        app.MapGet("/webhooks/{platform}/{connectionId:guid}", VerifyAsync)
            .WithName("VerifyWebhook")
            .WithSummary("Answers the challenge of a platform that checks the address first (Meta).")
            .WithTags("Webhooks")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .AllowAnonymous();
    }

    private static async Task VerifyAsync(string platform, Guid connectionId, ReceiveWebhook receive, HttpContext http)
    {
        try
        {
            await AnswerAsync(
                http, await receive.VerifyAsync(platform, new ConnectionId(connectionId), name => http.Request.Query[name], http.RequestAborted));
        }
        catch (StoreUnavailableException)
        {
            http.Response.Headers.RetryAfter = "1";
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "The store is unavailable; try again.");
        }
    }

    private static async Task HandleAsync(string platform, Guid connectionId, ReceiveWebhook receive, IngressGate gate, HttpContext http)
    {
        try
        {
            using var ticket = gate.Enter(Math.Min(http.Request.ContentLength ?? 0, MaxBodyBytes));
            await ReceiveAsync(platform, connectionId, receive, ticket, http);
        }
        catch (Exception e) when (e is StoreUnavailableException or OverloadedException or PlatformException)
        {
            http.Response.Headers.RetryAfter = "1";
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "It could not be stored; deliver it again.");
        }
    }

    private static async Task ReceiveAsync(string platform, Guid connectionId, ReceiveWebhook receive, IngressGate.Ticket ticket, HttpContext http)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(http.Request.ContentLength ?? 4096, 1024, MaxBodyBytes + 1));
        try
        {
            // Up to one byte over the limit. Here and not in a method of its own: whatever throws, the buffer that is given back
            // is the one in hand, for one that is given back twice would be two requests' at a time.
            int read, length = 0;
            while ((read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted)) > 0 && (length += read) <= MaxBodyBytes)
            {
                if (length == buffer.Length)
                {
                    ticket.GrowTo(Math.Min(buffer.Length * 2, MaxBodyBytes));
                    var smaller = buffer;
                    buffer = ArrayPool<byte>.Shared.Rent(Math.Min(smaller.Length * 2, MaxBodyBytes + 1));
                    smaller.AsSpan().CopyTo(buffer);
                    ArrayPool<byte>.Shared.Return(smaller);
                }
            }
            if (length > MaxBodyBytes)
            {
                await RefuseAsync(http, StatusCodes.Status413PayloadTooLarge, "The body is larger than 4 MiB.");
                return;
            }
            var request = new WebhookRequest(buffer.AsMemory(0, length), name => http.Request.Headers[name]);
            await AnswerAsync(http, await receive.HandleAsync(platform, new ConnectionId(connectionId), request, http.RequestAborted));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task AnswerAsync(HttpContext http, WebhookAnswer answer)
    {
        switch (answer)
        {
            case { Result: WebhookResult.Stored, Reply: { } reply }:
                http.Response.ContentType = reply.ContentType;
                await http.Response.WriteAsync(reply.Body, http.RequestAborted);
                break;
            case { Result: WebhookResult.Stored }:
                http.Response.StatusCode = StatusCodes.Status200OK;
                http.Response.ContentLength = 0;
                break;
            case { Result: WebhookResult.UnknownConnection }:
                await RefuseAsync(http, StatusCodes.Status404NotFound, "There is no such connection on this platform.");
                break;
            case { Result: WebhookResult.Unauthorized }:
                await RefuseAsync(http, StatusCodes.Status401Unauthorized, "The request's signature is missing or wrong.");
                break;
            default:
                await RefuseAsync(http, StatusCodes.Status400BadRequest, "The body is not what the platform sends.");
                break;
        }
    }

    private static Task RefuseAsync(HttpContext http, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(http);
}
